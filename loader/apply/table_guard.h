// Keeps tables from being taken away by a procedure whose statements cannot be known beforehand: another
// connection reads them in an open transaction, so that the server refuses TRUNCATE, DROP, RENAME and ALTER
// of them (metadata locks: MySQL manual 10.11.4; MariaDB, "Metadata Locking"), and lets rows be changed.
#pragma once

#include <cstdint>
#include <vector>

#include "common/mysql/connection.h"
#include "loader/retention/archive/shape.h"

namespace dw::load {

class TableGuard {
 public:
  // From here on until it goes. `connection`, which is to run the procedure, waits no longer than a second
  // for a lock. Throws mysql::SqlError.
  TableGuard(mysql::Connection& connection, const std::vector<TableId>& tables);
  TableGuard(const TableGuard&) = delete;
  TableGuard& operator=(const TableGuard&) = delete;
  TableGuard(TableGuard&&) = delete;
  TableGuard& operator=(TableGuard&&) = delete;
  ~TableGuard();

  // The error that a statement gets which would take a table.
  [[nodiscard]] static bool is_refusal(unsigned error) { return error == 1205; }  // ER_LOCK_WAIT_TIMEOUT
  // Statements of such kinds came from `connection` since: a handler of the procedure may have hidden that
  // they were refused. With no statement under way.
  [[nodiscard]] bool something_was_tried();

 private:
  std::uint64_t statements_tried();

  mysql::Connection& connection_;
  mysql::Connection holder_;
  std::uint64_t tried_before_ = 0;
};

}  // namespace dw::load
