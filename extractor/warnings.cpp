#include "extractor/warnings.h"

#include <utility>

#include "common/sql/identifiers.h"

namespace dw::extract {

std::vector<std::string> warnings_for(const Config& config, const ServerInfo& info) {
  std::vector<std::string> out;
  const char* const how = info.rds ? "set it in the instance's parameter group" : "SET GLOBAL";
  if (!info.log_on) out.push_back(std::string("the general log is off: ") + how + " general_log = 1");
  const bool file = config.log.source == LogKind::file;
  if (!info.log_to_source) {
    out.push_back(std::string("the log is not written to a ") + (file ? "file: " : "table: ") + how +
                  " log_output = " + (file ? "'FILE'" : "'TABLE'"));
  }
  if (!info.connected) return out;
  if (!info.process_privilege) {
    out.push_back(
        "without PROCESS a killed client's open transaction is not noticed: GRANT PROCESS ON *.* TO " +
        info.account);
  }
  return out;
}

namespace {

// What catalog, snapshot and read need.
std::vector<std::string> reading_grants(const Config& config, const ServerInfo& info) {
  std::vector<std::string> schemas;
  for (const std::string& name : config.databases) schemas.push_back(sql::quote_identifier(name) + ".*");
  if (schemas.empty()) schemas.emplace_back("*.*");
  std::vector<std::string> out;
  for (const std::string& schema : schemas)
    out.push_back("GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON " + schema + " TO " + info.account);
  const bool mariadb = info.source.server_version.find("MariaDB") != std::string::npos;
  out.push_back((mariadb ? "GRANT SELECT ON mysql.proc TO " : "GRANT SHOW_ROUTINE ON *.* TO ") +
                info.account);
  return out;
}

std::vector<std::string> log_grants(const Config& config, const ServerInfo& info) {
  std::vector<std::string> out{"GRANT PROCESS ON *.* TO " + info.account};
  if (config.log.source == LogKind::file) return info.connected ? out : std::vector<std::string>{};
  if (info.rds) {
    for (const char* table : {"general_log", "general_log_backup"}) {
      out.push_back("GRANT SELECT ON mysql." + std::string(table) + " TO " + info.account);
    }
    out.push_back("GRANT EXECUTE ON PROCEDURE mysql.rds_rotate_general_log TO " + info.account);
    return out;
  }
  // SELECT is for reading, the others are for rotating. CREATE lets a table be named that is not there yet.
  for (const char* table : {"general_log", "general_log_backup", "general_log2", "general_log_old"}) {
    out.push_back("GRANT SELECT, CREATE, INSERT, ALTER, DROP ON mysql." + std::string(table) + " TO " +
                  info.account);
  }
  return out;
}

}  // namespace

std::vector<std::string> grants_for(const Config& config, const ServerInfo& info) {
  std::vector<std::string> out = log_grants(config, info);
  if (!info.connected) return out;
  for (std::string& grant : reading_grants(config, info)) out.push_back(std::move(grant));
  return out;
}

}  // namespace dw::extract
