// The fate of each statement of a batch: which transaction it is in, and how that ended. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/sql/statement.h"
#include "loader/plan/call_effect.h"
#include "loader/plan/held.h"
#include "loader/plan/savepoints.h"
#include "loader/plan/session_table.h"

namespace dw::load {

enum class Fate : std::uint8_t {
  committed,
  rolled_back,
  open,
  held,     // open, and set aside
  refused,  // production gave an error: a change in a read-only transaction, DDL between XA START and XA END
};

// Follows the transactions of all sessions through a batch. Statements are known by their number.
class Transactions {
 public:
  Transactions(bool default_autocommit, const std::vector<HeldTransaction>& held);

  // `before`: the session as it was before the statement. Statements that are in no transaction are committed
  // at once. `time`: of its event.
  void observe(std::size_t number, std::uint64_t thread, const Session& before,
               const sql::Statement& statement, Micros time);

  // A CALL that ends the session's transaction.
  void observe_call(std::size_t number, std::uint64_t thread, const CallEffect& effect);

  // The session ended or was reset before statement `number`: its open transaction is rolled back (MySQL
  // manual 15.3.1, "a session that ends with an open transaction is rolled back"). A prepared XA transaction
  // stays.
  void end_session(std::size_t number, std::uint64_t thread);

  // The session's open transaction ended before statement `number` in a way that the log does not show, and
  // may have been rolled back; the session goes on. What it changed runs, and is in doubt.
  void end_unseen(std::size_t number, std::uint64_t thread);
  // Sessions whose open transaction changed something, held or not.
  [[nodiscard]] std::vector<std::uint64_t> changing_threads() const;

  // Sets aside what is open and falls under the rule. `now`: the log's time.
  void set_aside(const HoldRule& rule, Micros now);
  // Sets aside the open transaction that begins first.
  void set_aside_first();

  [[nodiscard]] Fate fate(std::size_t number) const;
  // Of a statement that is held: the key of its transaction.
  [[nodiscard]] const std::string& held_key_of(std::size_t number) const { return held_keys_.at(number); }
  // Of a statement that is rolled back: the one before it whose changes it saw, and that is rolled back too.
  [[nodiscard]] std::optional<std::size_t> undone_before(std::size_t number) const;
  // How the session's first transaction that ended did so; empty: none did.
  [[nodiscard]] std::optional<Fate> first_end(std::uint64_t thread) const;
  // Why a statement's fate is in doubt; empty where it is not.
  [[nodiscard]] std::string_view suspicion(std::size_t number) const;
  // What happens to held transactions, by unit.
  [[nodiscard]] std::vector<HeldStep> steps() const;

  // Transactions that are open, have statements in this batch, and are not held.
  [[nodiscard]] std::size_t open_count() const;
  // The first statement of any of these; `none` when there is no such.
  [[nodiscard]] std::size_t first_open(std::size_t none) const;

 private:
  struct Transaction {
    std::uint64_t thread = 0;
    std::vector<std::size_t> statements;            // changes, less those that ROLLBACK TO took back
    std::vector<std::size_t> savepoint_statements;  // behind its first change
    Savepoints savepoints;                          // places: how many statements were before them
    Micros since = 0;                               // its first statement's time
    std::size_t bytes = 0;
    bool touched = false;                    // it had a change, taken back or not
    std::size_t undecided = 0;               // so many statements stand before a text that is not understood
    std::optional<std::size_t> prepared_at;  // XA PREPARE
    std::string xid;
    std::string held;  // its key; empty: it is not held
  };

  Transaction& current(std::uint64_t thread, const Session& before);
  void end(std::size_t number, std::uint64_t thread, Fate fate, std::string_view suspicion = {});
  void end(std::size_t number, Transaction& transaction, Fate fate, std::string_view suspicion);
  void prepare(std::size_t number, std::uint64_t thread, const std::string& xid);
  void settle(std::size_t number, const std::string& xid, Fate fate);
  void follow_savepoint(std::size_t number, Transaction& transaction, const sql::Statement& statement);
  void add_change(std::size_t number, Transaction& transaction, const sql::Statement& statement, Micros time);
  void keep_held(std::size_t number, const std::string& key);
  void hold(Transaction& transaction);
  [[nodiscard]] std::vector<Transaction*> waiting();

  bool default_autocommit_;
  std::map<std::uint64_t, Transaction> open_;
  std::map<std::string, Transaction> prepared_;  // XA transactions behind XA PREPARE, by their id
  std::map<std::size_t, Fate> fates_;            // only what is not committed
  std::map<std::size_t, std::string> held_keys_;
  std::map<std::size_t, std::string_view> suspicions_;
  std::map<std::size_t, std::size_t> seen_;  // by statement: the change before it in its transaction
  std::vector<HeldStep> steps_;
  std::map<std::uint64_t, Fate> first_ends_;
};

}  // namespace dw::load
