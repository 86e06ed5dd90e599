// The table dw_meta.held: statements of transactions that are set aside, until these end.
//
// Rows are written in the same transaction as the checkpoint that moves over their events, so each statement
// is either still to come from the log or here. Texts are kept as bytes: no character set of the connection
// changes them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "common/mysql/connection.h"
#include "loader/plan/held.h"

namespace dw::load {

// How many transactions are held; for reports.
struct HeldSummary {
  std::uint64_t transactions = 0;
  Micros since = 0;  // the oldest one's first statement; 0: none
};

class HeldStore {
 public:
  explicit HeldStore(mysql::Connection& connection) : connection_(connection) {}

  // What the table holds. Forgets what was added and not written. Throws mysql::SqlError, as all below.
  std::vector<HeldTransaction> load();
  HeldSummary summary();

  // Gives the statement its number in its transaction, and keeps it in memory until `write`. The reference is
  // good until then.
  HeldStatement& add(HeldStatement statement);
  [[nodiscard]] bool has(const std::string& key) const { return last_numbers_.contains(key); }
  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }
  [[nodiscard]] std::size_t bytes_waiting() const { return bytes_; }
  void write();

  // None of these sees what was added and not written.
  void rename(const std::string& key, const std::string& new_key);
  // The statements up to `number`; all of them: the transaction.
  void erase(const std::string& key, std::uint64_t number);
  void erase(const std::string& key);
  // Statements that count, by kind.
  std::uint64_t count(const std::string& key, HeldStatement::Kind kind);
  // In order, of the savepoint statements or all, those behind number `after`; some MiB of them at once.
  std::vector<HeldStatement> read(const std::string& key, std::uint64_t after, bool only_savepoints);

 private:
  mysql::Connection& connection_;
  std::map<std::string, std::uint64_t> last_numbers_;  // by key
  std::deque<HeldStatement> waiting_;
  std::size_t bytes_ = 0;
};

}  // namespace dw::load
