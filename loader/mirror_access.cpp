#include "loader/mirror_access.h"

#include <string>

#include "common/util/error.h"
#include "loader/local_servers.h"

namespace dw::load {
namespace {

constexpr int kRunLockWaitSeconds = 10;  // the server may take a moment to notice that a killed run is gone

FileLock lock_spool(const Spool& spool) {
  auto lock = FileLock::try_acquire(spool.lock_file());
  if (!lock) {
    throw Error(ExitCode::locked,
                "another dw-load runs with this spool folder (" + spool.lock_file().string() + ")",
                "wait until it has ended; under cron this is normal after a long run");
  }
  return std::move(*lock);
}

}  // namespace

HeldSpool::HeldSpool(const std::filesystem::path& folder) : spool_(folder), lock_(lock_spool(spool_)) {}

mysql::Connection open_mirror(const Config& config) {
  mysql::ConnectOptions options = config.mirror;
  options.multi_statements = true;
  try {
    mysql::Connection connection = mysql::Connection::open(options);
    // No server-side limit may cut a long statement short.
    connection.execute(connection.is_mariadb() ? "SET max_statement_time=0" : "SET max_execution_time=0");
    const auto got = connection.value(std::string("SELECT GET_LOCK('") + kRunLock + "'," +
                                      std::to_string(kRunLockWaitSeconds) + ")");
    if (got == "1") return connection;
  } catch (const mysql::SqlError& error) {
    const bool denied = error.code() == 1045 || error.code() == 1698;
    const std::string check =
        denied ? "check user and password in " : "check that it runs, and host, port or socket in ";
    throw Error(ExitCode::mirror_unreachable, std::string("the mirror cannot be reached: ") + error.what(),
                check + config.mirror.defaults_file.string() + local_servers_hint());
  }
  throw Error(ExitCode::locked, "another dw-load works on this mirror", "wait until it has ended");
}

}  // namespace dw::load
