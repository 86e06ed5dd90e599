#include "extractor/check_verb.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "common/sql/server_schemas.h"
#include "common/util/clock.h"
#include "common/util/files.h"
#include "common/util/writable.h"
#include "dw_version.h"
#include "extractor/filter.h"
#include "extractor/findings.h"
#include "extractor/open_source.h"
#include "extractor/rotation.h"

namespace dw::extract {
namespace {

constexpr std::size_t kShortestKey = 16;

// Schemas that are not there may be made later; those that the account cannot see look the same.
std::vector<std::string> schemas_of(const Config& config, Server& server) {
  if (!config.databases.empty()) return config.databases;
  std::vector<std::string> out;
  for (const auto& row : server.rows("SELECT SCHEMA_NAME FROM information_schema.SCHEMATA ORDER BY 1")) {
    if (!sql::is_server_schema(row.at(0))) out.push_back(row.at(0));
  }
  return out;
}

mysql::Privileges read_privileges(Server& server) {
  return mysql::Privileges::read([&](const std::string& sql) {
    mysql::Privileges::Rows out;
    for (auto& row : server.rows(sql)) out.emplace_back(row.begin(), row.end());
    return out;
  });
}

Finding reading_finding(const Config& config, const ServerInfo& info, Server* server) {
  try {
    const std::unique_ptr<LogSource> source = open_source(config, info, server);
    const std::size_t generations = source->generations().size();
    return good("reading the log", std::to_string(generations) + " generations");
  } catch (const mysql::SqlError& error) {
    const Error meaning = as_error(error, "the log cannot be read");
    return wrong("reading the log", meaning.what(), meaning.hint(), meaning.code());
  } catch (const Error& error) {
    return wrong("reading the log", error.what(), error.hint(), error.code());
  }
}

Finding key_finding(const Config& config) {
  const char* const about = "API key";
  if (!config.api_key_file)
    return warning(about, "none: over HTTP there is no access", "name an api_key_file in the config");
  try {
    const std::size_t length = read_secret(*config.api_key_file, "API key").size();
    const std::string what = std::to_string(length) + " characters, readable by its owner alone";
    if (length >= kShortestKey) return good(about, what);
    return warning(about, what, "make a longer one: openssl rand -hex 32");
  } catch (const Error& error) {
    return wrong(about, error.what(), error.hint(), error.code());
  }
}

// Where it cannot be written, each batch reads the files from the first on; nothing else says so.
Finding state_file_finding(const std::filesystem::path& file) {
  const char* const about = "state file";
  const std::string why = why_not_writable_file(file);
  if (why.empty()) return good(about, file.string());
  return warning(about, file.string() + " cannot be written: " + why + ": every batch reads the log anew",
                 "set log.state_file to a place that the web server's account may write to");
}

}  // namespace

Outcome run_check(const Config& config, Server* server) {
  const ServerInfo info = server != nullptr ? server->info(config) : info_without_server(config);
  std::vector<Finding> findings{
      good("server", info.source.server_version + (info.rds ? " on Amazon RDS" : "")), key_finding(config)};
  const auto add = [&](std::vector<Finding> more) {
    std::move(more.begin(), more.end(), std::back_inserter(findings));
  };
  add(log_findings(config, info));
  findings.push_back(reading_finding(config, info, server));
  if (config.log.state_file) findings.push_back(state_file_finding(*config.log.state_file));
  std::vector<std::string> schemas = config.databases;
  if (server != nullptr) {
    schemas = schemas_of(config, *server);
    add(privilege_findings(config, info, read_privileges(*server), schemas));
    if (!server->is_mariadb()) findings.push_back(raw_finding(info));
    findings.push_back(
        clock_finding("clock", "the server's clock and this machine's", info.now, now_micros()));
  }
  Outcome outcome;
  outcome.exit_code = exit_code_of(findings);
  outcome.text = text_of(findings);
  const auto global = [&](const char* name) {
    const auto found = info.source.globals.find(name);
    return found == info.source.globals.end() ? std::string() : found->second;
  };
  const nlohmann::json out{{"version", DW_VERSION},
                           {"server_version", info.source.server_version},
                           {"now", format_time(info.now)},
                           {"max_allowed_packet", global("max_allowed_packet")},
                           {"lower_case_table_names", global("lower_case_table_names")},
                           {"databases", schemas},
                           {"findings", json_of(findings)}};
  outcome.json = out.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  return outcome;
}

}  // namespace dw::extract
