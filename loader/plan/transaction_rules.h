// What a statement does to the transaction of its session, on both servers. Pure.
//
// Each rule was measured on MariaDB 10.11 and MySQL 9.7 (tests/integration/implicit_commit_test.cpp shows it
// again); MySQL manual 15.3.1 to 15.3.8.
#pragma once

#include <cstdint>
#include <string>

#include "common/sql/statement.h"
#include "loader/plan/session_table.h"

namespace dw::load {

struct TransactionEffect {
  enum class End : std::uint8_t {
    none,
    commit,
    roll_back,
    prepare,  // an XA transaction leaves its session, and is known by its id from here on
  };
  End end = End::none;                 // of the session's open transaction
  bool opens = false;                  // behind the statement a transaction is open
  bool read_only = false;              // … in which every change is refused
  bool refused = false;                // the server gives an error, and nothing changes
  bool ends_session = false;           // COMMIT RELEASE: no Quit row follows
  End settles = End::none;             // of the prepared XA transaction `xid`, whichever session prepared it
  std::string xid{};                   // normal form (common/sql/xa.h); of START, PREPARE and what settles
  Session::Xa xa = Session::Xa::none;  // the session's state behind the statement
};

// `session` as it was before the statement; `default_autocommit`: what SET autocommit=DEFAULT means.
TransactionEffect effect_of(const Session& session, const sql::Statement& statement, bool default_autocommit);

// The value of autocommit behind the statement, and whether it was 1 at any time within it: one SET may
// assign it twice.
struct AutocommitChange {
  bool value = true;
  bool was_on = false;
};
AutocommitChange autocommit_behind(const Session& session, const sql::Statement& statement,
                                   bool default_autocommit);

// The statement changes rows, within a transaction if there is one.
bool changes_rows(const sql::Statement& statement);

}  // namespace dw::load
