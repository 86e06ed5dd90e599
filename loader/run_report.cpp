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

// Where no batch came, nothing is known of it.
nlohmann::json lag_json(const RunReport& report) {
  return report.batches == 0 ? nlohmann::json() : nlohmann::json(static_cast<double>(report.lag) / 1e6);
}

}  // namespace

nlohmann::json report_json(const RunReport& report) {
  nlohmann::json statements{{"received", report.counts.received}};
  for (std::size_t i = 0; i < kOutcomes; ++i) statements[kOutcomeNames[i]] = report.counts.by_outcome[i];
  nlohmann::json out{{"text", report.error.empty() ? summary(report) : report.error},
                     {"status", report.exit_code == ExitCode::done ? "ok" : "failed"},
                     {"exit_code", static_cast<int>(report.exit_code)},
                     {"source", report.source_id},
                     {"lag_seconds", lag_json(report)},
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
  if (!report.other_work.empty()) return report.other_work;
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

ExitCode exit_code_of(const RunReport& report) {
  if (report.gap || report.missing || !report.log_enabled) return ExitCode::gap;
  const bool eyes = report.refused > 0 || report.drifting_tables > 0 || report.gap_unproven;
  return eyes ? ExitCode::needs_eyes : ExitCode::done;
}

std::vector<std::string> warnings_of(const RunReport& report) {
  std::vector<std::string> out;
  if (report.gap) {
    out.push_back(
        "gap in the log: what came after " + format_time(report.gap->after.time) + " and before " +
        format_time(report.gap->resumes_at.time) +
        " was rotated away: every table is suspect; pull more often, or let dw-load do the rotating");
  }
  if (report.missing) {
    out.push_back(
        "gap in the log: " + text_of(*report.missing) +
        ": every table is suspect; look for sessions that set sql_log_off, and for who switched the "
        "log off or emptied it");
  }
  if (report.refused > 0) {
    out.push_back(std::to_string(report.refused) +
                  " statements were not understood and not run: look at error 0 in dw_meta.failures; their "
                  "tables are suspect");
  }
  out.insert(out.end(), report.drift_lines.begin(), report.drift_lines.end());
  if (report.gap_unproven) {
    out.emplace_back(
        "behind a gap in the log, or another source, not everything has been found or made equal yet: run "
        "dw-load verify --repair");
  }
  if (!report.log_enabled) {
    out.emplace_back(
        "the source's general log is off, or does not go where dw-extract reads it: dw-extract check tells "
        "what to set there");
  }
  return out;
}

}  // namespace dw::load
