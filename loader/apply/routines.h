// What a CALL may do to the transaction that it runs in. Only the CALL is in the log (facts.md, "What a row
// is").
#pragma once

#include <map>
#include <string>
#include <utility>

#include "common/mysql/connection.h"

namespace dw::load {

class Routines {
 public:
  explicit Routines(mysql::Connection& connection) : connection_(connection) {}
  // The mirror has the procedure, and its body holds no word with which it could end a transaction or call
  // another. Not to be called while statements are under way.
  bool keeps_transaction(const std::string& schema, const std::string& name);
  void forget() { known_.clear(); }

 private:
  mysql::Connection& connection_;
  std::map<std::pair<std::string, std::string>, bool> known_;
};

}  // namespace dw::load
