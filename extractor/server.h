// The database server whose log is read: the connection, and what there is to know about the server besides
// its log.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/log/batch.h"
#include "common/mysql/connection.h"
#include "common/util/error.h"
#include "extractor/config.h"
#include "extractor/live_watch.h"

namespace dw::extract {

// What a failed statement means for the operator. `doing`: "reading the log".
Error as_error(const mysql::SqlError& error, const std::string& doing);

struct ServerInfo {
  SourceInfo source;
  Micros now = 0;
  bool log_on = false;          // general_log
  bool connected = true;        // else the config is all there is
  bool log_to_source = false;   // log_output names what is read: TABLE or FILE
  bool log_raw = false;         // MySQL's log_raw: statements are logged before they are parsed
  bool events_run = false;      // the event scheduler may run
  std::string system_offset;    // of the server's clock, now: "+02:00"
  bool rds = false;             // Amazon RDS
  bool rds_may_rotate = false;  // mysql.rds_rotate_general_log is there for this account
  bool process_privilege = false;
  std::string user;     // this account's name, without its host
  std::string account;  // as SQL: 'user'@'host'

  [[nodiscard]] bool log_enabled() const { return log_on && log_to_source; }
};

class Server {
 public:
  // Throws Error(source_unreachable, not_authorised, usage).
  static Server connect(const Config& config);

  // Throws Error.
  ServerInfo info(const Config& config);

  // The sessions that are alive, from a statement that begins with `marker`, and the transactions of InnoDB;
  // `end_marker` begins a statement behind these. Throws Error.
  Processes live_sessions(const std::string& marker, const std::string& end_marker);

  // Reads the server's counters, and writes them into its log (common/log/counters.h). Gives how far InnoDB's
  // log is durable; 0: the server does not tell. Throws Error.
  std::uint64_t count(Micros started);

  // A statement with a mark of its own in front, by which it is found in the log.
  void stream_marked(const std::string& mark, std::string_view sql,
                     const std::function<bool(mysql::Row)>& on_row);

  // All other statements go through these, marked as our own.
  void execute(std::string_view sql);
  void stream(std::string_view sql, const std::function<bool(mysql::Row)>& on_row);
  std::vector<std::vector<std::string>> rows(std::string_view sql);  // NULL is ""
  std::string value(std::string_view sql);
  // With NULLs told apart.
  std::vector<std::vector<std::optional<std::string>>> nullable_rows(std::string_view sql);
  [[nodiscard]] bool is_mariadb() const { return connection_.is_mariadb(); }

 private:
  explicit Server(mysql::Connection connection) : connection_(std::move(connection)) {}

  mysql::Connection connection_;
};

}  // namespace dw::extract
