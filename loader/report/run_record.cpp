#include "loader/report/run_record.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "common/util/files.h"

namespace dw::load {
namespace {

using nlohmann::json;

constexpr const char* kFile = "runs.json";
constexpr std::size_t kMostTroubles = 20;

json json_of(const RunEnd& end) {
  return {{"at", end.at}, {"exit_code", end.exit_code}, {"state", name_of(end.state)}, {"error", end.error}};
}

RunEnd end_from(const json& value) {
  return {value.at("at"), value.at("exit_code"), run_state_from(value.at("state")), value.at("error")};
}

RunRecord record_from(const json& value) {
  RunRecord record;
  if (!value.at("last").is_null()) record.last = end_from(value.at("last"));
  record.seconds = value.at("seconds");
  record.lag = value.at("lag");
  record.last_good = value.at("last_good");
  record.last_change = value.at("last_change");
  record.drifting_tables = value.at("drifting_tables");
  record.sizes_date = value.at("sizes_date");
  for (const json& one : value.at("troubles")) record.troubles.push_back(end_from(one));
  return record;
}

}  // namespace

RunRecord read_run_record(const std::filesystem::path& spool) {
  std::error_code ignored;
  if (!std::filesystem::exists(spool / kFile, ignored)) return {};
  try {
    return record_from(json::parse(read_file(spool / kFile, "record of runs")));
  } catch (const std::exception&) {
    return {};
  }
}

void write_run_record(const std::filesystem::path& spool, const RunRecord& record) {
  json troubles = json::array();
  for (const RunEnd& one : record.troubles) troubles.push_back(json_of(one));
  const json out{{"last", record.last ? json_of(*record.last) : json()},
                 {"seconds", record.seconds},
                 {"lag", record.lag},
                 {"last_good", record.last_good},
                 {"last_change", record.last_change},
                 {"drifting_tables", record.drifting_tables},
                 {"sizes_date", record.sizes_date},
                 {"troubles", troubles}};
  write_file_durably(spool / kFile, out.dump(1, ' ', false, json::error_handler_t::replace) + "\n");
}

void remember_run(RunRecord& record, const RunReport& report, const StateRules& rules, Micros now) {
  record.last_change = std::max(record.last_change, report.last_event);
  const RunState state = state_of(report, rules, record.last_change, now);
  record.last = RunEnd{now, static_cast<int>(report.exit_code), state, report.error};
  record.seconds = report.seconds;
  record.drifting_tables = report.drifting_tables;
  if (report.error.empty()) {
    record.last_good = now;
    record.lag = report.lag;
  }
  if (state == RunState::ok || state == RunState::quiet) return;
  record.troubles.insert(record.troubles.begin(), *record.last);
  if (record.troubles.size() > kMostTroubles) record.troubles.resize(kMostTroubles);
}

}  // namespace dw::load
