#include "extractor/status_verb.h"

#include <nlohmann/json.hpp>

#include "extractor/collector.h"
#include "extractor/findings.h"
#include "extractor/open_source.h"
#include "extractor/table_rotator.h"

namespace dw::extract {
namespace {

using nlohmann::json;

json generation_json(const Config& config, const LogSource& source, const MeasuredGeneration& item) {
  return {{"fingerprint", item.generation.fingerprint},
          {config.log.source == LogKind::file ? "file" : "table", source.place_of(item.generation)},
          {"current", item.generation.current},
          {"rows", item.size.rows},
          {"bytes", item.size.bytes},
          {"first", format_time(item.generation.first_time)},
          {"last", format_time(item.size.last_time)}};
}

json rotation_json(const Config& config, const ServerInfo& info,
                   const std::vector<MeasuredGeneration>& measured) {
  json out{{"enabled", config.rotate.enabled}, {"due", false}, {"last", nullptr}, {"allowed_from", nullptr}};
  if (config.log.source == LogKind::file) return {{"enabled", false}, {"due", false}};
  if (measured.empty() || !measured.back().generation.current) return out;
  const MeasuredGeneration& current = measured.back();
  const Micros from = rotation_allowed_from(config.rotate, current.generation.first_time, info.rds);
  out["due"] = config.rotate.enabled && info.now >= from &&
               is_past_limit(config.rotate, current.size.rows, current.size.bytes);
  out["last"] = format_time(current.generation.first_time);
  out["allowed_from"] = format_time(from);
  return out;
}

Cursor end_of(const std::vector<MeasuredGeneration>& measured) {
  if (measured.empty()) return start_of_empty_log();
  const MeasuredGeneration& last = measured.back();
  return {last.generation.fingerprint, last.size.end, last.size.last_time};
}

// Who sets dw-extract up asks for the status first, to learn which grants are missing.
std::vector<MeasuredGeneration> measure_if_allowed(LogSource& source, Outcome& outcome) {
  try {
    return measure_generations(source);
  } catch (const mysql::SqlError& error) {
    const Error meaning = as_error(error, "the log cannot be read");
    if (meaning.code() != ExitCode::not_authorised) throw;
    outcome.exit_code = ExitCode::not_authorised;
    outcome.warnings.push_back(meaning.what() + std::string(": the grants under account.needs are missing"));
    return {};
  }
}

}  // namespace

Outcome run_status(const Config& config, Server* server) {
  const ServerInfo info = server != nullptr ? server->info(config) : info_without_server(config);
  const std::unique_ptr<LogSource> opened = open_source(config, info, server);
  LogSource& source = *opened;
  Outcome outcome;
  const std::vector<MeasuredGeneration> measured = measure_if_allowed(source, outcome);
  json generations = json::array();
  for (const MeasuredGeneration& item : measured)
    generations.push_back(generation_json(config, source, item));

  const bool readable = outcome.exit_code == ExitCode::done;
  for (std::string& warning : warnings_for(config, info)) outcome.warnings.push_back(std::move(warning));
  for (std::string& warning : source_warnings(source)) outcome.warnings.push_back(std::move(warning));
  const json out{
      {"source",
       {{"id", info.source.id},
        {"server_version", info.source.server_version},
        {"started", format_time(info.source.started)},
        {"now", format_time(info.now)},
        {"rds", info.rds}}},
      {"log",
       {{"enabled", info.log_enabled()},
        {"on", info.log_on},
        {config.log.source == LogKind::file ? "to_file" : "to_table", info.log_to_source},
        {"readable", readable}}},
      {"generations", generations},
      {"end", readable ? json(end_of(measured).text()) : json(nullptr)},
      {"databases", config.databases},
      {"account",
       {{"name", info.account}, {"process", info.process_privilege}, {"needs", grants_for(config, info)}}},
      {"rotation", rotation_json(config, info, measured)},
      {"warnings", outcome.warnings},
  };
  outcome.json = out.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
  return outcome;
}

}  // namespace dw::extract
