#include "tests/support/client.h"

#include <stdexcept>

#include "tests/support/temp_dir.h"

namespace dw::test {
namespace {

mysql::Connection connect(const DatabaseServer& server) {
  const TempDir directory;
  mysql::ConnectOptions options;
  options.defaults_file = directory / "client.cnf";
  server.write_option_file(options.defaults_file);
  return mysql::Connection::open(options);
}

}  // namespace

Client::Client(const DatabaseServer& server, std::string_view database) : connection_(connect(server)) {
  if (!database.empty()) run("USE " + std::string(database));
}

void Client::run_in_vain(std::string_view sql) {
  try {
    connection_.execute(sql);
  } catch (const mysql::SqlError&) {
    return;
  }
  throw std::runtime_error("the server took: " + std::string(sql));
}

}  // namespace dw::test
