// Production's own triggers must not fire when the mirror is repaired: what they did in production is in
// production's rows already. They are taken off the table and put back behind the repair.
//
// DDL commits by itself, so their definitions stand in dw_meta.triggers_aside while they are off: a run that
// was killed in between is put right by the next one. Triggers of one time and event run in the order in
// which they were made (MySQL manual 27.3.1; MariaDB "Trigger Overview"): they are put back in that order.
// Not to be called inside a transaction. Throws mysql::SqlError.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/mysql/connection.h"
#include "loader/retention/archive/shape.h"

namespace dw::load {

class TriggersAside {
 public:
  explicit TriggersAside(mysql::Connection& connection) : connection_(connection) {}

  // Gives whether the table has any.
  bool take_off(const TableId& table);
  // All that are off. Gives whether there were any.
  bool put_back();

 private:
  void make(const std::vector<std::optional<std::string>>& row);

  mysql::Connection& connection_;
};

}  // namespace dw::load
