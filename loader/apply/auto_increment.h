// The next AUTO_INCREMENT value of every table, kept with the checkpoint.
//
// A transaction that is rolled back, because dw-load or the server was killed, gives its rows back but not
// the ids that it took (facts.md, "What a row is"). Run again, the same INSERTs would get other ids than
// production gave them. So the counters are written down at each commit, and set back before the next run
// begins.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "common/mysql/connection.h"

namespace dw::load {

// The table's next value, as the server shows it; nullopt: it does not show the table. Throws mysql::SqlError
// when the connection is gone.
std::optional<std::uint64_t> shown_counter_of(mysql::Connection& connection, const std::string& schema,
                                              const std::string& table);

class AutoIncrements {
 public:
  explicit AutoIncrements(mysql::Connection& connection) : connection_(connection) {}

  // Outside a transaction: sets the counters to what the last commit wrote down.
  void restore();
  // Tables whose counters tell nothing: rows stand in them that production has not.
  void leave_out(std::set<std::pair<std::string, std::string>> tables) { left_out_ = std::move(tables); }
  // Inside the transaction, before its commit: writes down those that have changed.
  void record();

 private:
  using Table = std::pair<std::string, std::string>;  // schema and name
  using Counters = std::map<Table, std::uint64_t>;

  // Of all tables at once. MySQL's may be one too few for a table that is not open (common/rows/counter.h).
  Counters present();
  // Of one table, as the next INSERT will have it; `read` when the server will not show the table.
  std::uint64_t exactly(const Table& table, std::uint64_t read);
  Counters written_down();
  void write_down(const Counters& counters);

  mysql::Connection& connection_;
  Counters known_;
  bool opened_ = false;  // every table, by this object
  std::set<std::pair<std::string, std::string>> left_out_;
};

}  // namespace dw::load
