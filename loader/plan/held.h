// Transactions that are set aside ("held"): open for so long, or so large, that the mirror does not wait for
// them.
//
// Their statements are kept in dw_meta.held and run when the log shows a COMMIT, at its place. The statements
// of one transaction share a key: its session's thread, and behind XA PREPARE its XA id. Statements that wait
// for LOCK TABLES are kept in the same way. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/log/event.h"
#include "common/sql/statement.h"
#include "loader/plan/savepoints.h"
#include "loader/plan/session_table.h"

namespace dw::load {

std::string held_key(std::uint64_t thread);
std::string held_key(const std::string& xid);

// The key is that of a statement which waits for tables that others locked (loader/plan/lock_waits.h): it is
// of no open transaction.
bool is_wait(const std::string& key);

// One that is held already when a batch comes.
struct HeldTransaction {
  std::string key;
  std::optional<std::uint64_t> thread;  // none: a prepared XA transaction
  std::string xid;                      // of a prepared one; empty for one that waits
};

// From a key of dw_meta.held.
HeldTransaction held_transaction(const std::string& key);

// When to set an open transaction aside.
struct HoldRule {
  Micros after = 60'000'000;                                    // it is open for so long by the log's time
  std::size_t bytes = std::numeric_limits<std::size_t>::max();  // its text alone is larger
  bool whatever_blocks = false;  // the batch is full, cannot get larger, and no statement of it can run
};

// Something that happens to a held transaction within a batch, before unit `unit` is looked at.
struct HeldStep {
  enum class Action : std::uint8_t { commit, roll_back, rename } action = Action::commit;
  std::size_t unit = 0;
  std::string key;
  std::string new_key{};         // rename
  std::string_view suspicion{};  // why its outcome is in doubt; static text
};

// One statement of a held transaction, as dw_meta.held keeps it.
struct HeldStatement {
  enum class Kind : std::uint8_t {
    change,
    savepoint,  // SAVEPOINT, ROLLBACK TO or RELEASE behind the first change
    earlier,    // a savepoint from before it; its statement was counted where it stood
  } kind = Kind::change;
  std::string key;
  std::uint64_t number = 0;
  std::string cursor;
  std::uint32_t ordinal = 0;  // which statement of its event
  Event event;                // `text` is the statement's alone
  std::optional<std::string> database;
  SharedSettings settings;
  std::string sql_mode;
  std::string charset;          // character_set_client, as Session has it
  std::string server_version;   // of the source
  std::uint64_t insert_id = 0;  // the first AUTO_INCREMENT value that it took where it stood; 0: none
};

// How its text is read.
sql::LexerOptions lexer_options(const HeldStatement& held);

// Which statements of a held transaction its savepoints take back: all of its savepoint statements are added
// in order, each with its number.
class SavepointScript {
 public:
  void add(std::uint64_t number, const sql::Statement& statement);
  [[nodiscard]] bool took_back(std::uint64_t number) const;

 private:
  Savepoints savepoints_;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges_;  // exclusive
};

}  // namespace dw::load
