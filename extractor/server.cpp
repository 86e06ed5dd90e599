#include "extractor/server.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "common/log/counters.h"
#include "common/util/clock.h"
#include "common/util/digest.h"
#include "extractor/counter_watch.h"
#include "extractor/filter.h"

namespace dw::extract {
namespace {

using mysql::SqlError;

// MySQL Error Message Reference, "Server".
enum ServerErrorCode : unsigned {
  kDatabaseAccessDenied = 1044,
  kAccessDenied = 1045,
  kHostBlocked = 1129,
  kHostNotPrivileged = 1130,
  kTableAccessDenied = 1142,
  kColumnAccessDenied = 1143,
  kSpecificAccessDenied = 1227,
  kRoutineAccessDenied = 1370,
  kAccessDeniedNoPassword = 1698,
};

// A CSV table of gigabytes is read from its start for every batch.
constexpr unsigned kReadTimeoutSeconds = 900;

constexpr std::string_view kGlobals =
    "'sql_mode','time_zone','system_time_zone','character_set_server','collation_server','character_set_"
    "client',"
    "'collation_connection','autocommit','auto_increment_increment','auto_increment_offset','lower_case_"
    "table_names',"
    "'foreign_key_checks','unique_checks','explicit_defaults_for_timestamp','max_allowed_packet','log_output'"
    ","
    "'innodb_autoinc_lock_mode','log_disabled_statements','group_concat_max_len','div_precision_increment',"
    "'default_week_format','lc_time_names','default_storage_engine','default_collation_for_utf8mb4',"
    "'character_set_collations','sql_generate_invisible_primary_key','sql_require_primary_key'";
// Read with them, not passed on.
constexpr std::string_view kOthers =
    "'server_uuid','server_uid','hostname','port','datadir','basedir','general_log','performance_schema','"
    "event_scheduler','log_raw'";

// How far InnoDB's log is on disk: MariaDB, MySQL from 8.0.30 on.
constexpr std::array<std::string_view, 2> kDurable{"Innodb_lsn_flushed",
                                                   "Innodb_redo_log_flushed_to_disk_lsn"};

using Variables = std::map<std::string, std::string>;

std::uint64_t number(const std::string& text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::string take(Variables& variables, const std::string& name) {
  const auto node = variables.extract(name);
  return node.empty() ? std::string() : node.mapped();
}

bool names(const std::string& log_output, std::string_view target) {
  std::string upper = log_output;
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return upper.find(target) != std::string::npos;
}

// MySQL and MariaDB name themselves; a server that does not is known by where it runs.
std::string server_id(Variables& variables) {
  std::string mysql_id = take(variables, "server_uuid");
  std::string mariadb_id = take(variables, "server_uid");
  const std::string place =
      take(variables, "hostname") + "\n" + take(variables, "port") + "\n" + take(variables, "datadir");
  if (!mysql_id.empty()) return mysql_id;
  if (!mariadb_id.empty()) return mariadb_id;
  return sha256_hex(place).substr(0, 32);
}

// "+02:00" from "02:00:00", "-05:30" from "-05:30:00": as SET time_zone takes it.
std::string offset_from(std::string difference) {
  const std::string sign = difference.starts_with("-") ? "-" : "+";
  if (sign == "-") difference.erase(0, 1);
  return sign + difference.substr(0, 5);
}

// 'o''brien'@'%' from o'brien@%.
std::string quoted_account(const std::string& current_user) {
  const std::size_t at = current_user.rfind('@');
  const auto quoted = [](const std::string& text) {
    std::string out = "'";
    for (const char c : text) out += c == '\'' ? std::string("''") : std::string(1, c);
    return out + "'";
  };
  if (at == std::string::npos) return quoted(current_user);
  return quoted(current_user.substr(0, at)) + "@" + quoted(current_user.substr(at + 1));
}

bool holds_process_privilege(const std::vector<std::vector<std::string>>& grants) {
  return std::any_of(grants.begin(), grants.end(), [](const std::vector<std::string>& row) {
    const std::string& grant = row.at(0);
    const std::size_t on = grant.find(" ON *.* ");
    if (on == std::string::npos) return false;
    const std::string_view privileges = std::string_view(grant).substr(0, on);
    return privileges.find("ALL PRIVILEGES") != std::string_view::npos ||
           privileges.find("PROCESS") != std::string_view::npos;
  });
}

}  // namespace

Error as_error(const SqlError& error, const std::string& doing) {
  const std::string what = doing + ": " + error.what();
  switch (error.code()) {
    case kAccessDenied:
    case kAccessDeniedNoPassword:
      return {ExitCode::not_authorised, what, "check user and password in the MySQL option file"};
    case kHostBlocked:
    case kHostNotPrivileged:
      return {ExitCode::not_authorised, what, "let the account in from this host"};
    case kDatabaseAccessDenied:
    case kTableAccessDenied:
    case kColumnAccessDenied:
    case kSpecificAccessDenied:
    case kRoutineAccessDenied:
      return {ExitCode::not_authorised, what, "dw-extract status lists the grants that the account needs"};
    default:
      break;
  }
  if (error.connection_is_gone()) {
    return {ExitCode::source_unreachable, what,
            "check that the server runs, and host, port or socket in the option file"};
  }
  return {ExitCode::failed, what};
}

Server Server::connect(const Config& config) {
  mysql::ConnectOptions options;
  options.defaults_file = config.defaults_file.value_or("");
  options.defaults_group = config.defaults_group;
  options.read_timeout_seconds = kReadTimeoutSeconds;
  try {
    Server server(mysql::Connection::open(options));
    // The log's bytes come as they are stored; times do not depend on where the server stands.
    server.execute("SET character_set_results = NULL, time_zone = '+00:00', sql_mode = ''");
    return server;
  } catch (const SqlError& error) {
    throw as_error(error, "connecting to the source database");
  }
}

ServerInfo Server::info(const Config& config) {
  ServerInfo info;
  Variables variables;
  for (const auto& row : rows("SHOW GLOBAL VARIABLES WHERE Variable_name IN (" + std::string(kGlobals) + "," +
                              std::string(kOthers) + ")")) {
    variables[row.at(0)] = row.at(1);
  }
  info.log_on = take(variables, "general_log") == "ON";
  info.log_to_source = names(variables["log_output"], config.log.source == LogKind::file ? "FILE" : "TABLE");
  info.log_raw = take(variables, "log_raw") == "ON";
  info.events_run = take(variables, "event_scheduler") == "ON";
  const bool rds_place = take(variables, "basedir").starts_with("/rdsdbbin/");
  take(variables, "performance_schema");
  const std::string own_id = server_id(variables);
  info.source.id = config.source_id.empty() ? own_id : config.source_id;
  info.source.server = own_id;
  info.source.server_version = connection_.server_version();

  const auto clock = rows("SELECT UTC_TIMESTAMP(6), CURRENT_USER(), SUBSTRING_INDEX(USER(), '@', 1)").at(0);
  info.now = parse_time(clock.at(0)).value_or(now_micros());
  info.account = quoted_account(clock.at(1));
  info.user = clock.at(2);
  const std::uint64_t uptime = number(rows("SHOW GLOBAL STATUS LIKE 'Uptime'").at(0).at(1));
  info.source.started = (info.now / kSecond - static_cast<Micros>(uptime)) * kSecond;
  info.system_offset =
      offset_from(value("SELECT TIMEDIFF(CONVERT_TZ(UTC_TIMESTAMP(), '+00:00', 'SYSTEM'), UTC_TIMESTAMP())"));
  if (variables["time_zone"] == "SYSTEM") variables["time_zone"] = info.system_offset;
  info.source.globals = std::move(variables);
  info.rds_may_rotate =
      value(
          "SELECT COUNT(*) FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = 'mysql' AND "
          "ROUTINE_NAME = 'rds_rotate_general_log'") != "0";
  info.rds = rds_place || info.rds_may_rotate;
  info.process_privilege = holds_process_privilege(rows("SHOW GRANTS"));
  return info;
}

Processes Server::live_sessions(const std::string& marker, const std::string& end_marker) {
  constexpr std::size_t kDatabaseColumn = 3;
  Processes out;
  // InnoDB answers from a copy, which it makes anew only when nobody has read it for 0.1 s: a copy without
  // this transaction is an old one.
  execute("START TRANSACTION WITH CONSISTENT SNAPSHOT");
  // SHOW PROCESSLIST is the one form that every version has: information_schema's is going away in MySQL, and
  // performance_schema's is not in MariaDB.
  connection_.stream(marker + "SHOW PROCESSLIST", [&](mysql::Row row) {
    out.sessions.emplace(number(std::string(row[0].value_or("0"))), row[kDatabaseColumn].value_or(""));
    return true;
  });
  std::set<std::uint64_t> in_transaction;
  stream("SELECT trx_mysql_thread_id FROM information_schema.INNODB_TRX", [&](mysql::Row row) {
    in_transaction.insert(number(std::string(row[0].value_or("0"))));
    return true;
  });
  if (in_transaction.contains(connection_.thread_id())) out.in_transaction = std::move(in_transaction);
  connection_.execute(end_marker + "COMMIT");
  return out;
}

std::uint64_t Server::count(Micros started) {
  std::string names;
  for (const std::string& name : counter_names()) names += "'" + name + "',";
  for (const std::string_view name : kDurable) names += "'" + std::string(name) + "',";
  names.pop_back();
  ServerCounters values;
  std::uint64_t durable = 0;
  connection_.stream(
      std::string(kCountingMarker) + "SHOW GLOBAL STATUS WHERE Variable_name IN (" + names + ")",
      [&](mysql::Row row) {
        const std::string name(row[0].value_or(""));
        const std::uint64_t value = number(std::string(row[1].value_or("")));
        const auto of_durable = std::find(kDurable.begin(), kDurable.end(), name);
        (of_durable != kDurable.end() ? durable : values[name]) = value;
        return true;
      });
  connection_.execute(counted_marker(counters_text(started, values)) + "DO 0");
  return durable;
}

void Server::stream_marked(const std::string& mark, std::string_view sql,
                           const std::function<bool(mysql::Row)>& on_row) {
  connection_.stream(mark + std::string(sql), on_row);
}

void Server::execute(std::string_view sql) {
  connection_.execute(std::string(kMarker) + " */ " + std::string(sql));
}

void Server::stream(std::string_view sql, const std::function<bool(mysql::Row)>& on_row) {
  connection_.stream(std::string(kMarker) + " */ " + std::string(sql), on_row);
}

std::vector<std::vector<std::optional<std::string>>> Server::nullable_rows(std::string_view sql) {
  return connection_.rows(std::string(kMarker) + " */ " + std::string(sql));
}

std::vector<std::vector<std::string>> Server::rows(std::string_view sql) {
  std::vector<std::vector<std::string>> out;
  stream(sql, [&](mysql::Row row) {
    auto& copy = out.emplace_back();
    for (const mysql::Value& item : row) copy.emplace_back(item.value_or(""));
    return true;
  });
  return out;
}

std::string Server::value(std::string_view sql) {
  const auto all = rows(sql);
  return all.empty() || all[0].empty() ? std::string() : all[0][0];
}

}  // namespace dw::extract
