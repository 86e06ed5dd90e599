// The next AUTO_INCREMENT value of every table, kept with the checkpoint.
//
// A transaction that is rolled back, because dw-load or the server was killed, gives its rows back but not
// the ids that it took (facts.md, "What a row is"). Run again, the same INSERTs would get other ids than
// production gave them. So the counters are written down at each commit, and set back before the next run
// begins.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "common/mysql/connection.h"

namespace dw::load {

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
  using Counters = std::map<std::pair<std::string, std::string>, std::uint64_t>;  // by schema and table

  Counters present();
  Counters written_down();
  void write_down(const Counters& counters);

  mysql::Connection& connection_;
  Counters known_;
  std::set<std::pair<std::string, std::string>> left_out_;
};

}  // namespace dw::load
