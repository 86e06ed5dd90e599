// What a procedure does to the transaction that it is called in, as far as its body tells. Only the CALL is
// in the log (facts.md, "What a row is"). Pure.
//
// An error may end the procedure before any of this comes about: whoever runs the CALL must look.
#pragma once

#include <optional>
#include <string>

#include "loader/plan/session_table.h"
#include "loader/plan/stored_programs.h"

namespace dw::load {

struct CallEffect {
  bool commits = true;          // the transaction that it is called in; else it is rolled back
  bool opens = false;           // a new one by START TRANSACTION, which the procedure does not end
  bool changes_behind = false;  // it changes rows behind the last end: under autocommit=0 that opens one too
};

// Empty where the procedure ends no transaction, or is not known, or runs statements that are not.
std::optional<CallEffect> effect_of_call(const sql::Statement& call, const Session& session,
                                         const StoredPrograms& programs);

}  // namespace dw::load
