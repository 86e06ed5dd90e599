#include "loader/apply/table_guard.h"

namespace dw::load {

TableGuard::TableGuard(mysql::Connection& connection, const std::vector<TableId>& tables)
    : connection_(connection), holder_(connection.another()) {
  holder_.execute("START TRANSACTION");
  for (const TableId& table : tables) holder_.execute("SELECT 1 FROM " + quoted(table) + " LIMIT 0");
  tried_before_ = statements_tried();
  connection_.execute("SET lock_wait_timeout=1");
}

TableGuard::~TableGuard() {
  try {
    connection_.execute("SET lock_wait_timeout=DEFAULT");
  } catch (const mysql::SqlError&) {
    // The connection is gone, and its settings with it.
  }
}

bool TableGuard::something_was_tried() {
  return statements_tried() != tried_before_;
}

// The server counts what procedures run, too.
std::uint64_t TableGuard::statements_tried() {
  std::uint64_t out = 0;
  for (const auto& row : connection_.rows(
           "SHOW SESSION STATUS WHERE Variable_name IN "
           "('Com_truncate','Com_drop_table','Com_drop_db','Com_rename_table','Com_alter_table')"))
    out += std::stoull(row[1].value_or("0"));
  return out;
}

}  // namespace dw::load
