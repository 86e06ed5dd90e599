#include "extractor/findings.h"

#include <array>
#include <cstdlib>

#include "common/util/clock.h"

namespace dw::extract {
namespace {

struct TableGrant {
  const char* table;  // of the schema mysql
  std::vector<std::string_view> privileges;
  const char* what_for;
};

// Those of scripts/sql. SELECT is for reading, the others are for rotating. CREATE lets a table be named that
// is not there yet.
std::vector<TableGrant> log_table_grants(bool rds) {
  if (rds) return {{"general_log", {"SELECT"}, "to read"}, {"general_log_backup", {"SELECT"}, "to read"}};
  const std::vector<std::string_view> all{"SELECT", "CREATE", "INSERT", "ALTER", "DROP"};
  return {{"general_log", all, "to read and rotate"},
          {"general_log_backup", all, "to read and rotate"},
          {"general_log2", {"SELECT", "CREATE", "ALTER", "DROP"}, "to rotate"},
          {"general_log_old", {"SELECT", "CREATE", "INSERT", "DROP"}, "to rotate"}};
}

std::string joined(const std::vector<std::string_view>& words) {
  std::string out;
  for (const std::string_view word : words) out.append(out.empty() ? "" : ", ").append(word);
  return out;
}

std::string grant(const std::string& privileges, const std::string& on, const ServerInfo& info) {
  return "GRANT " + privileges + " ON " + on + " TO " + info.account;
}

constexpr const char* kRotateProcedure = "PROCEDURE mysql.rds_rotate_general_log";

bool is_mariadb(const ServerInfo& info) {
  return info.source.server_version.find("MariaDB") != std::string::npos;
}

constexpr const char* kBodies = "mysql.proc";  // of routines, on MariaDB

// What catalog, snapshot and read look at.
const std::vector<std::string_view> kSchemaPrivileges{"SELECT", "SHOW VIEW", "TRIGGER", "EVENT"};

Finding process_finding(const ServerInfo& info) {
  if (info.process_privilege) return good("PROCESS", "granted");
  return warning("PROCESS", "without PROCESS a killed client's open transaction is not noticed",
                 grant("PROCESS", "*.*", info));
}

std::vector<Finding> rotate_findings(const Config& config, const ServerInfo& info,
                                     const mysql::Privileges& privileges) {
  std::vector<Finding> out;
  for (const TableGrant& one : log_table_grants(info.rds)) {
    const std::string about = std::string("mysql.") + one.table;
    const std::string lacking = privileges.missing(one.privileges, "mysql", one.table);
    if (lacking.empty()) {
      out.push_back(good(about, joined(one.privileges) + " granted"));
      continue;
    }
    const bool reads = !privileges.holds("SELECT", "mysql", one.table);
    const std::string what = lacking + " is missing, " + one.what_for;
    const std::string mend = grant(lacking, about, info);
    if (!reads && !config.rotate.enabled) continue;
    out.push_back(reads && std::string_view(one.table) == "general_log"
                      ? wrong(about, what, mend, ExitCode::not_authorised)
                      : warning(about, what, mend));
  }
  if (info.rds) {
    const char* const about = "rotation";
    out.push_back(
        info.rds_may_rotate
            ? good(about, "mysql.rds_rotate_general_log may be called")
            : warning(about,
                      "mysql.rds_rotate_general_log may not be called: the log grows until RDS rotates it",
                      grant("EXECUTE", kRotateProcedure, info)));
  }
  return out;
}

Finding bodies_finding(const ServerInfo& info, const mysql::Privileges& privileges) {
  const char* const about = "bodies of routines";
  const bool mariadb = is_mariadb(info);
  if (mariadb ? privileges.holds("SELECT", "mysql", "proc")
              : privileges.holds("SHOW_ROUTINE") || privileges.holds("SELECT"))
    return good(about, "to be seen");
  return warning(about, "not to be seen, for a baseline",
                 mariadb ? grant("SELECT", kBodies, info) : grant("SHOW_ROUTINE", "*.*", info));
}

Finding schema_finding(const std::string& schema, const ServerInfo& info,
                       const mysql::Privileges& privileges) {
  const std::string about = "schema " + schema;
  const std::string lacking = privileges.missing(kSchemaPrivileges, schema);
  if (lacking.empty()) return good(about, joined(kSchemaPrivileges) + " granted");
  return warning(about, lacking + " is missing, for a baseline and to verify",
                 grant(lacking, mysql::schema_in_grant(schema), info));
}

}  // namespace

std::vector<Finding> log_findings(const Config& config, const ServerInfo& info) {
  std::vector<Finding> out;
  const bool file = config.log.source == LogKind::file;
  const std::string how = info.rds ? "set it in the instance's parameter group: " : "SET GLOBAL ";
  out.push_back(info.log_on
                    ? good("general log", "on")
                    : wrong("general log", "the general log is off", how + "general_log = 1", ExitCode::gap));
  const std::string target = file ? "file" : "table";
  out.push_back(info.log_to_source
                    ? good("log_output", "the log is written to a " + target)
                    : wrong("log_output", "the log is not written to a " + target,
                            how + "log_output = " + (file ? "'FILE'" : "'TABLE'"), ExitCode::gap));
  return out;
}

Finding raw_finding(const ServerInfo& info) {
  if (!info.log_raw) return good("log_raw", "off");
  return warning("log_raw", "on: the log, and so each batch, has passwords in clear",
                 info.rds ? "set log_raw = 0 in the instance's parameter group" : "SET GLOBAL log_raw = 0");
}

std::vector<Finding> privilege_findings(const Config& config, const ServerInfo& info,
                                        const mysql::Privileges& privileges,
                                        const std::vector<std::string>& schemas) {
  std::vector<Finding> out{process_finding(info)};
  if (config.log.source == LogKind::table) {
    for (Finding& one : rotate_findings(config, info, privileges)) out.push_back(std::move(one));
  }
  for (const std::string& schema : schemas) out.push_back(schema_finding(schema, info, privileges));
  out.push_back(bodies_finding(info, privileges));
  if (privileges.has_roles()) {
    for (Finding& one : out) {
      if (one.level != Finding::Level::good)
        one.what += " (unless a role grants it: roles are not looked into)";
    }
  }
  return out;
}

std::vector<std::string> warnings_for(const Config& config, const ServerInfo& info) {
  std::vector<Finding> findings = log_findings(config, info);
  if (info.connected) findings.push_back(process_finding(info));
  std::vector<std::string> out;
  for (const Finding& one : findings) {
    if (one.level != Finding::Level::good) out.push_back(one.what + ": " + one.mend);
  }
  return out;
}

std::vector<std::string> grants_for(const Config& config, const ServerInfo& info) {
  std::vector<std::string> out;
  if (!info.connected) return out;
  out.push_back(grant("PROCESS", "*.*", info));
  if (config.log.source == LogKind::table) {
    for (const TableGrant& one : log_table_grants(info.rds))
      out.push_back(grant(joined(one.privileges), std::string("mysql.") + one.table, info));
    if (info.rds) out.push_back(grant("EXECUTE", kRotateProcedure, info));
  }
  std::vector<std::string> schemas;
  for (const std::string& name : config.databases) schemas.push_back(mysql::schema_in_grant(name));
  if (schemas.empty()) schemas.emplace_back("*.*");
  for (const std::string& schema : schemas) out.push_back(grant(joined(kSchemaPrivileges), schema, info));
  out.push_back(is_mariadb(info) ? grant("SELECT", kBodies, info) : grant("SHOW_ROUTINE", "*.*", info));
  return out;
}

}  // namespace dw::extract
