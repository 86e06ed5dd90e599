#include "loader/run_report.h"

#include <string_view>

#include <nlohmann/json.hpp>

#include "loader/report/words.h"

namespace dw::load {
namespace {

// "; suspect: everything, 2 tables, 1 id range, 3 key lists"
std::string suspects_text(const SuspectCounts& counts) {
  const auto count = [&](SuspectScope scope) { return counts[static_cast<std::size_t>(scope)]; };
  std::string out;
  const auto add = [&out](const std::string& text) { out += (out.empty() ? "; suspect: " : ", ") + text; };
  const auto add_counted = [&](std::uint64_t number, const char* noun) {
    if (number > 0) add(grouped(number) + " " + noun + (number == 1 ? "" : "s"));
  };
  if (count(SuspectScope::all) > 0) add("everything");
  add_counted(count(SuspectScope::table), "table");
  add_counted(count(SuspectScope::ids), "id range");
  add_counted(count(SuspectScope::keys), "key list");
  return out;
}

}  // namespace

nlohmann::json report_json(const RunReport& report) {
  nlohmann::json statements{{"received", report.counts.received}};
  for (std::size_t i = 0; i < kOutcomes; ++i) statements[kOutcomeNames[i]] = report.counts.by_outcome[i];
  nlohmann::json out{{"text", report.error.empty() ? summary(report) : report.error},
                     {"status", report.exit_code == ExitCode::done ? "ok" : "failed"},
                     {"exit_code", static_cast<int>(report.exit_code)},
                     {"source", report.source_id},
                     {"lag_seconds", static_cast<double>(report.lag) / 1e6},
                     {"seconds", report.seconds},
                     {"statements", statements},
                     {"rows_verified", report.rows_verified},
                     {"rows_mended", report.rows_mended},
                     {"drifting_tables", report.drifting_tables}};
  if (report.media)
    out["media"] = report.media->json.empty() ? nlohmann::json() : nlohmann::json::parse(report.media->json);
  return out;
}

std::string summary(const RunReport& report) {
  std::string out =
      grouped(report.counts.received) + (report.counts.received == 1 ? " statement" : " statements");
  bool first = true;
  for (std::size_t i = 0; i < kOutcomes; ++i) {
    if (report.counts.by_outcome[i] == 0) continue;
    std::string name = kOutcomeNames[i];
    if (name == "rolled_back") name = "rolled back";
    out += (first ? ": " : ", ") + grouped(report.counts.by_outcome[i]) + " " + name;
    first = false;
  }
  out += "; lag " + std::to_string(report.lag / 1'000'000) + " s";
  if (report.events_left > 0) {
    out += "; " + grouped(report.events_left) + " events wait for " + grouped(report.open_transactions) +
           (report.open_transactions == 1 ? " open transaction" : " open transactions");
  }
  if (report.held_transactions > 0) {
    out += "; " + grouped(report.held_transactions) +
           (report.held_transactions == 1 ? " transaction" : " transactions") + " held since " +
           format_time(report.held_since);
  }
  if (report.rows_verified > 0) out += "; " + grouped(report.rows_verified) + " rows verified";
  if (report.rows_mended > 0) out += ", " + grouped(report.rows_mended) + " mended";
  out += suspects_text(report.suspects);
  if (report.media) out += "; " + report.media->text;
  return out;
}

}  // namespace dw::load
