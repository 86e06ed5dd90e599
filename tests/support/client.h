// A client of a test server that stays connected: several of them are several sessions, whose statements a test
// can interleave as it likes.
#pragma once

#include <string>
#include <string_view>

#include "common/mysql/connection.h"
#include "tests/support/database_server.h"

namespace dw::test {

class Client {
 public:
  // As root. `database` may be empty.
  explicit Client(const DatabaseServer& server, std::string_view database = "");

  // Runs one statement. Throws mysql::SqlError.
  void run(std::string_view sql) { connection_.execute(sql); }
  // Runs one statement that the server refuses.
  void run_in_vain(std::string_view sql);
  // The first row's first value, "NULL" for NULL.
  std::string value(std::string_view sql) { return connection_.value(sql).value_or("NULL"); }

 private:
  mysql::Connection connection_;
};

}  // namespace dw::test
