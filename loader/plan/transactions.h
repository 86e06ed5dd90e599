// The fate of each statement of a batch: which transaction it is in, and how that ended. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "common/sql/statement.h"
#include "loader/plan/session_table.h"

namespace dw::load {

enum class Fate : std::uint8_t { committed, rolled_back, open };

// Follows the transactions of all sessions through a batch. Statements are known by their number.
class Transactions {
 public:
  // `before`: the session as it was before the statement. Statements that are in no transaction are committed
  // at once.
  void observe(std::size_t number, std::uint64_t thread, const Session& before,
               const sql::Statement& statement);

  // The session ended or was reset: its open transaction is rolled back (MySQL manual 15.3.1, "a session that
  // ends with an open transaction is rolled back").
  void end_session(std::uint64_t thread);

  [[nodiscard]] Fate fate(std::size_t number) const;
  // Sessions with an open transaction that has statements in this batch.
  [[nodiscard]] std::vector<std::uint64_t> open_threads() const;
  // The first statement of any open transaction; `none` when there is no such.
  [[nodiscard]] std::size_t first_open(std::size_t none) const;

 private:
  struct Transaction {
    std::vector<std::size_t> statements;
    std::vector<std::pair<std::string, std::size_t>> savepoints;  // name in lower case, statements before it
    bool carried = false;                                         // it began in an earlier batch
  };

  void finish(std::uint64_t thread, Fate fate);
  void finish(Transaction& transaction, Fate fate);
  void observe_xa(std::uint64_t thread, const sql::Statement& statement);

  std::map<std::uint64_t, Transaction> open_;
  std::map<std::string, Transaction> prepared_;  // XA transactions behind XA PREPARE, by their id as written
  std::map<std::size_t, Fate> fates_;            // only what is not committed
};

}  // namespace dw::load
