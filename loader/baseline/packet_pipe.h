// Sends statements to the mirror one ahead: it runs one while the next is made.
#pragma once

#include <string_view>

#include "common/mysql/connection.h"

namespace dw::load {

class PacketPipe {
 public:
  explicit PacketPipe(mysql::Connection& connection) : connection_(connection) {}

  // Throws mysql::SqlError when the one before failed. Gives the number of rows that it changed.
  std::uint64_t send(std::string_view sql) {
    const std::uint64_t rows = settle();
    connection_.send(sql);
    under_way_ = true;
    return rows;
  }

  // Waits for the last one: before the connection is used for anything else.
  std::uint64_t settle() {
    if (!under_way_) return 0;
    under_way_ = false;
    std::uint64_t rows = 0;
    for (const mysql::StatementResult& one : connection_.collect()) {
      if (one.error != 0) throw mysql::SqlError(one.error, one.message);
      rows += one.affected_rows;
    }
    return rows;
  }

 private:
  mysql::Connection& connection_;
  bool under_way_ = false;
};

}  // namespace dw::load
