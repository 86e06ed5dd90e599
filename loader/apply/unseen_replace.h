// REPLACE and its like that the mirror did not run as production did: its file is not in the log, it failed
// here, or the order of sessions is in doubt. Verification writes production's row over the mirror's then,
// and the row that gives way is one that production had: the archive keeps it as replaced, not as repaired.
//
// Between the two stands the suspect: its reason begins so until it is cleared. Pure.
#pragma once

#include <string>

#include "common/sql/statement.h"

namespace dw::load {

inline constexpr const char* kReplacedUnseen = "rows may have been replaced unseen: ";

// It puts rows in the place of others: REPLACE, LOAD … REPLACE.
bool replaces_rows(const sql::Statement& statement, sql::LexerOptions lexer);

// It may take rows away whose keys come again: also DELETE, and a procedure's call where `call_may`.
bool takes_rows(const sql::Statement& statement, sql::LexerOptions lexer, bool call_may);

}  // namespace dw::load
