#include "loader/notify/memory.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "common/util/files.h"

namespace dw::load {
namespace {

using nlohmann::json;

json json_of(const Day& day) {
  json statements{{"received", day.counts.received}};
  for (std::size_t i = 0; i < kOutcomes; ++i) statements[kOutcomeNames[i]] = day.counts.by_outcome[i];
  json states = json::array();
  for (const RunState state : day.states) states.push_back(name_of(state));
  return {{"date", day.date},         {"runs", day.runs},         {"failed_runs", day.failed_runs},
          {"statements", statements}, {"most_lag", day.most_lag}, {"states", states}};
}

Day day_from(const json& value) {
  Day day;
  day.date = value.at("date");
  day.runs = value.at("runs");
  day.failed_runs = value.at("failed_runs");
  const json& statements = value.at("statements");
  day.counts.received = statements.at("received");
  for (std::size_t i = 0; i < kOutcomes; ++i) day.counts.by_outcome[i] = statements.at(kOutcomeNames[i]);
  day.most_lag = value.at("most_lag");
  for (const auto& state : value.at("states")) day.states.insert(run_state_from(state));
  return day;
}

Memory memory_from(const json& value) {
  Memory memory;
  memory.state = run_state_from(value.at("state"));
  memory.since = value.at("since");
  memory.last_change = value.at("last_change");
  memory.today = day_from(value.at("today"));
  memory.finished = day_from(value.at("finished"));
  for (const auto& [webhook, told] : value.at("told").items())
    memory.told[webhook] = {run_state_from(told.at("state")), told.at("digest_date")};
  return memory;
}

}  // namespace

Memory read_memory(const std::filesystem::path& file) {
  if (!std::filesystem::exists(file)) return {};
  try {
    return memory_from(json::parse(read_file(file, "notification memory")));
  } catch (const std::exception&) {
    return {};
  }
}

void write_memory(const std::filesystem::path& file, const Memory& memory) {
  json told = json::object();
  for (const auto& [webhook, one] : memory.told)
    told[webhook] = {{"state", name_of(one.state)}, {"digest_date", one.digest_date}};
  const json out{{"state", name_of(memory.state)},       {"since", memory.since},
                 {"last_change", memory.last_change},    {"today", json_of(memory.today)},
                 {"finished", json_of(memory.finished)}, {"told", told}};
  write_file_durably(file, out.dump(1) + "\n");
}

void remember(Memory& memory, const RunReport& report, RunState state, Micros now) {
  if (memory.since == 0 || memory.state != state) memory.since = now;
  memory.state = state;
  memory.last_change = std::max(memory.last_change, report.last_event);
  const std::string date = format_time(now).substr(0, 10);
  if (memory.today.date != date) {
    if (memory.today.runs > 0) memory.finished = std::move(memory.today);
    memory.today = {};
    memory.today.date = date;
  }
  Day& day = memory.today;
  ++day.runs;
  if (!report.error.empty()) ++day.failed_runs;
  day.counts += report.counts;
  day.most_lag = std::max(day.most_lag, report.lag);
  day.states.insert(state);
}

std::string digest_text(const Day& day) {
  RunReport sums;
  sums.counts = day.counts;
  sums.lag = day.most_lag;
  std::string states;
  for (const RunState state : day.states) states.append(states.empty() ? "" : ", ").append(name_of(state));
  return "dw-load, " + day.date + ": " + std::to_string(day.runs) + " runs, " +
         std::to_string(day.failed_runs) + " failed; " + summary(sums) + " at most; seen: " + states;
}

}  // namespace dw::load
