#include "loader/check/check.h"

#include <array>
#include <iostream>

#include <nlohmann/json.hpp>

#include "common/sql/server_schemas.h"
#include "common/util/clock.h"
#include "common/util/writable.h"
#include "dw_version.h"
#include "loader/apply/archive_catalog.h"
#include "loader/apply/route_check.h"
#include "loader/check/mirror_check.h"
#include "loader/config.h"
#include "loader/local_servers.h"
#include "loader/net/source_client.h"
#include "loader/voice/progress.h"
#include "loader/voice/voice.h"

namespace dw::load {
namespace {

using nlohmann::json;

constexpr std::int64_t kFewDays = 21;
constexpr std::uintmax_t kGigabyte = 1U << 30U;

using Findings = std::vector<Finding>;

void add(Findings& findings, Findings more) {
  std::move(more.begin(), more.end(), std::back_inserter(findings));
}

// A folder that is not there is made by the first run.
Finding spool_finding(const Config& config) {
  const std::string about = "this machine: spool";
  const std::string why = why_not_writable_folder(config.spool_dir);
  std::error_code failed;
  const auto space = std::filesystem::space(nearest_folder(config.spool_dir), failed);
  if (!why.empty() || failed) {
    return wrong(about,
                 config.spool_dir.string() + " cannot be used: " + (why.empty() ? failed.message() : why),
                 "make it, owned by the account that runs dw-load", ExitCode::failed);
  }
  const std::string what =
      config.spool_dir.string() + ", " + std::to_string(space.available / kGigabyte) + " GiB free";
  if (space.available >= config.source.max_response_bytes) return good(about, what);
  return warning(about, what + ": one large batch would not fit", "free some space, or lower spool_days");
}

Finding log_file_finding(const LogFileConfig& config) {
  const std::string about = "this machine: log file";
  const std::string why = why_not_writable_file(config.path);
  if (why.empty()) return good(about, config.path.string());
  return wrong(about, config.path.string() + " cannot be written: " + why,
               "set log_file.path to a place that dw-load may write to", ExitCode::failed);
}

Finding version_finding(const std::string& of_source) {
  const std::string about = "source: version";
  if (of_source == DW_VERSION) return good(about, "dw-extract " DW_VERSION ", as dw-load");
  return warning(about,
                 "dw-extract is " + (of_source.empty() ? "older" : of_source) + ", dw-load is " DW_VERSION,
                 "install both from one release: checksums of rows may be made otherwise");
}

Finding certificate_finding(const SourceAnswer& answer) {
  const std::string about = "source: certificate";
  if (!answer.certificate_expires)
    return warning(about, "none: plain HTTP on loopback", "use https:// for another machine");
  const std::int64_t days = (*answer.certificate_expires - now_micros() / kSecond) / (kDay / kSecond);
  const std::string what = "valid for " + std::to_string(days) + " days";
  return days >= kFewDays ? good(about, what) : warning(about, what, "renew it");
}

std::uint64_t packet_of(const json& source) {
  const std::string text = source.value("max_allowed_packet", "");
  return text.empty() ? 0 : std::strtoull(text.c_str(), nullptr, 10);
}

// What the source says of itself, and what its answer tells. `needs` learns from it.
Findings look_at_source(const Config& config, Statistics& statistics, MirrorNeeds& needs,
                        std::vector<std::string>& schemas) {
  Findings out;
  try {
    const SourceAnswer answer = SourceClient(config.source, statistics).check();
    const json source = json::parse(answer.body);
    out.push_back(good("source: reached", config.source.url));
    out.push_back(certificate_finding(answer));
    out.push_back(version_finding(source.value("version", "")));
    add(out, findings_from(source.at("findings"), "source: "));
    out.push_back(clock_finding("source: clock", "this machine's clock and the source's",
                                parse_time(source.value("now", "")).value_or(now_micros()), now_micros()));
    needs.max_allowed_packet = packet_of(source);
    needs.lower_case_table_names = source.value("lower_case_table_names", "");
    needs.mysql_source = source.value("server_version", "").find("MariaDB") == std::string::npos;
    if (schemas.empty()) schemas = source.at("databases").get<std::vector<std::string>>();
  } catch (const Error& error) {
    out.push_back(wrong("source: reached", error.what(), error.hint(), error.code()));
  } catch (const json::exception& error) {
    out.push_back(wrong("source: reached", std::string("its answer is not dw-extract's: ") + error.what(),
                        "check source.url, and that both programs are of one version", ExitCode::failed));
  }
  return out;
}

std::string as_list(mysql::Connection& mirror, const std::vector<std::string>& schemas) {
  std::string out;
  for (const std::string& schema : schemas) out += (out.empty() ? "" : ",") + mirror.literal(schema);
  return out.empty() ? "''" : out;
}

std::optional<std::string> cursor_on(mysql::Connection& mirror) {
  const bool there = mirror
                         .value(
                             "SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'dw_meta' AND "
                             "TABLE_NAME = 'checkpoint'")
                         .has_value();
  return there ? mirror.value("SELECT log_cursor FROM dw_meta.checkpoint") : std::nullopt;
}

// As the planner asks for bodies: of procedures nothing is in the log.
std::string hidden_function_on(mysql::Connection& mirror) {
  return mirror
      .value(
          "SELECT CONCAT(ROUTINE_SCHEMA, '.', ROUTINE_NAME) FROM information_schema.ROUTINES WHERE "
          "ROUTINE_TYPE = 'FUNCTION' AND ROUTINE_DEFINITION IS NULL AND ROUTINE_SCHEMA NOT IN " +
          std::string(sql::kUnmirroredSchemaList) + " LIMIT 1")
      .value_or("");
}

MirrorFacts read_facts(mysql::Connection& mirror, std::vector<std::string> schemas) {
  MirrorFacts facts;
  facts.mariadb = mirror.is_mariadb();
  facts.version = mirror.server_version();
  facts.account = mirror
                      .value(
                          "SELECT CONCAT('\\'', SUBSTRING_INDEX(CURRENT_USER(), '@', 1), '\\'@\\'', "
                          "SUBSTRING_INDEX(CURRENT_USER(), '@', -1), '\\'')")
                      .value_or("");
  for (auto& row : mirror.rows("SHOW GLOBAL VARIABLES"))
    facts.variables[row[0].value_or("")] = row[1].value_or("");
  facts.has_named_zones =
      mirror.value("SELECT CONVERT_TZ('2026-01-01 00:00:00', 'UTC', 'Europe/Berlin')").has_value();
  facts.privileges = mysql::Privileges::read([&](const std::string& sql) { return mirror.rows(sql); });
  facts.hidden_function = hidden_function_on(mirror);
  facts.schemas = std::move(schemas);
  if (facts.schemas.empty()) {
    const auto live = live_schemas(mirror, {});
    facts.schemas.assign(live.begin(), live.end());
  }
  facts.cursor = cursor_on(mirror);
  facts.has_tables = mirror
                         .value("SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA IN (" +
                                as_list(mirror, facts.schemas) + ") LIMIT 1")
                         .has_value();
  return facts;
}

Findings look_at_routes(mysql::Connection& mirror, const Config& config) {
  Findings out;
  for (const auto& [table, route] : config.archive.routes) {
    const std::string about = "mirror: route of " + table.schema + "." + table.table;
    const bool there =
        mirror
            .value("SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA=" +
                   mirror.literal(table.schema) + " AND TABLE_NAME=" + mirror.literal(table.table))
            .has_value();
    const auto fault = there ? fault_of_route(mirror, table, route) : std::nullopt;
    if (!there) {
      out.push_back(warning(about, "there is no such table yet", "look again when there is"));
    } else if (fault) {
      out.push_back(wrong(about, *fault, "correct its expression in archive.routes", ExitCode::usage));
    } else {
      out.push_back(good(about, "understood"));
    }
  }
  return out;
}

Findings look_at_mirror(const Config& config, const MirrorNeeds& needs, std::vector<std::string> schemas) {
  try {
    mysql::Connection mirror = mysql::Connection::open(config.mirror);
    Findings out = mirror_findings(read_facts(mirror, std::move(schemas)), needs);
    add(out, look_at_routes(mirror, config));
    return out;
  } catch (const mysql::SqlError& error) {
    return {wrong("mirror: reached", error.what(),
                  "check user, password, host, port and socket in " + config.mirror.defaults_file.string() +
                      local_servers_hint(),
                  ExitCode::mirror_unreachable)};
  }
}

Findings look_at_all(const std::filesystem::path& config_file, Statistics& statistics) {
  Config config;
  try {
    config = load_config(config_file);
  } catch (const Error& error) {
    return {wrong("config", error.what(), error.hint(), error.code())};
  }
  config.mirror.statistics = &statistics;
  Progress progress("asking the source");
  Findings out{good("config", config_file.string()), spool_finding(config)};
  if (config.log_file) out.push_back(log_file_finding(*config.log_file));
  MirrorNeeds needs;
  needs.retention = config.retention;
  std::vector<std::string> schemas = config.databases;
  add(out, look_at_source(config, statistics, needs, schemas));
  progress.update("asking the mirror");
  add(out, look_at_mirror(config, needs, std::move(schemas)));
  return out;
}

}  // namespace

ExitCode run_check(const std::filesystem::path& config_file, const CheckOptions& options,
                   Statistics& statistics) {
  VoiceOptions voice;
  voice.verb = "check";
  voice.quiet = options.quiet;
  voice.stdout_is_data = true;
  set_voice(std::move(voice));
  Findings findings = look_at_all(config_file, statistics);
  const ExitCode code = exit_code_of(findings);
  if (options.as_json) {
    json out{{"findings", json_of(findings)}};
    if (options.in_json != nullptr) out["statistics"] = statistics_json(*options.in_json);
    std::cout << out.dump(2, ' ', false, json::error_handler_t::replace) << '\n';
    return code;
  }
  if (options.quiet)
    std::erase_if(findings, [](const Finding& one) { return one.level == Finding::Level::good; });
  if (!options.quiet || !findings.empty()) std::cout << text_of(findings);
  return code;
}

}  // namespace dw::load
