// Statements that wait in production for tables that other sessions hold by LOCK TABLES. Pure.
//
// The log has a statement where the server received it. One that needs such a table runs only when its
// holders let go of it: by UNLOCK TABLES, the next LOCK TABLES, START TRANSACTION, or their end (MySQL
// manual 15.3.6). So it is set aside, with a key of its own (loader/plan/held.h), and takes place there; a
// later batch may be the one that tells of it. Of those that one release sets free, changes of definitions
// come first, then changes of rows, each in the order in which they were received (measured on MariaDB 10.11
// and MySQL 9.7: tests/integration/lock_wait_test.cpp). That is in doubt: a RENAME waits for one table after
// the other, by their names, and a change of rows overtakes it where it does not wait for that table yet.
//
// A session says nothing while it waits. Where it goes on although a holder has not let go, its statement
// came to an end before: it gave up, or the lock was none (LOCK TABLES fails without a word in the log). A
// client that dies while it waits takes its statement with it on MariaDB; MySQL runs that all the same, and
// has the session in its process list until then (measured, ibidem).
//
// Not known are the tables of a CALL, those behind a view or a foreign key, and FLUSH TABLES … WITH READ
// LOCK.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/log/batch.h"
#include "loader/plan/held.h"
#include "loader/plan/session_table.h"

namespace dw::load {

struct Unit;

// What dw_meta.held's key says of one that waits.
struct LockWait {
  std::uint64_t number = 0;  // those that began later have higher ones
  bool definition = false;   // DDL
  bool sure = false;         // a holder had gone on behind its LOCK TABLES: that was no failure
  Micros since = 0;          // its event's time
  std::uint64_t thread = 0;
  std::set<std::uint64_t> holders;

  [[nodiscard]] std::string key() const;
  // Of a key that is_wait() (held.h).
  static LockWait from(const std::string& key);
};

// Sessions that were found to have ended without a row of the log, by the batch's end.
struct Vanished {
  std::vector<std::uint64_t> threads;
  bool restart = false;  // of the server
};

class LockWaits {
 public:
  // `held`: what waits already; `sessions`: as before the batch. The batch must outlive it.
  LockWaits(const Batch& batch, const std::vector<HeldTransaction>& held, const SessionTable& sessions,
            bool lower_case_names);

  // The next row of the log; `number`: its first unit.
  void begin_row(std::size_t number, std::uint32_t event);
  // A statement of that row, with the sessions as they were before it, and the units so far.
  void observe(const sql::Statement& statement, const SessionTable& sessions, const std::vector<Unit>& units);

  // The key of a unit that waits; empty: it does not. `keep`: it is set aside indeed.
  [[nodiscard]] std::string key_of(std::size_t number) const;
  void keep(std::size_t number);

  // What becomes of those that wait before unit `covered`.
  [[nodiscard]] std::vector<HeldStep> steps(std::size_t covered, const Vanished& vanished) const;

 private:
  // Something that a wait depends on, before unit `unit`.
  struct Turn {
    enum class Kind : std::uint8_t { released, went_on, killed } kind = Kind::released;
    std::size_t unit = 0;
    std::uint32_t event = 0;
    std::uint64_t thread = 0;
  };
  struct Wait {
    LockWait what;
    bool kept = false;
    std::set<std::uint64_t> left;  // holders that have not let go yet
    std::vector<Turn> turns;
  };
  using Name = std::pair<std::string, std::string>;

  void start_anew(std::size_t number, std::uint64_t connected);
  void release(std::size_t number, std::uint64_t holder);
  void kill(std::size_t number, const sql::Statement& statement);
  void end(std::uint64_t thread, Turn turn);
  void begin(std::size_t number, const sql::Statement& statement, std::set<std::uint64_t> holders);
  [[nodiscard]] std::set<std::uint64_t> holders_of(const sql::Statement& statement, const Session& session,
                                                   const SessionTable& sessions) const;
  [[nodiscard]] bool meets(const TableLock& lock, const sql::TableName& name, const Session& session) const;
  [[nodiscard]] bool uses_already(const sql::Statement& statement, const Session& session,
                                  const std::vector<Unit>& units) const;
  [[nodiscard]] Name folded(const sql::TableName& name, const Session& session) const;
  void add_steps(const Wait& wait, std::size_t covered, const Vanished& vanished,
                 std::vector<HeldStep>& out) const;
  [[nodiscard]] bool gave_up(const LockWait& now, const Turn& turn) const;
  [[nodiscard]] bool lives_behind(std::uint64_t thread, std::uint32_t event) const;

  const Batch& batch_;
  bool lower_case_names_;
  std::uint32_t event_ = 0;          // of the row under way
  std::set<std::uint64_t> lockers_;  // sessions that hold tables
  std::set<std::uint64_t> sure_;     // of these: they went on behind LOCK TABLES
  std::uint64_t last_number_ = 0;
  std::vector<Wait> waits_;
  std::map<std::uint64_t, std::size_t> waiting_;  // by thread: the wait that has not ended
  std::map<std::size_t, std::size_t> by_unit_;
};

// Whether production refuses a change for what its own session holds by LOCK TABLES: only those tables can be
// changed then, and of several tables in a statement those that it only reads need no lock for writing
// (errors 1099 and 1100). Not so the session's temporary tables, which are not known here. (That LOCK TABLES
// itself failed is not known either.)
bool refused_by_own_locks(const Session& session, const sql::Statement& statement, bool lower_case_names);

}  // namespace dw::load
