#include "loader/notify/run_state.h"

#include <algorithm>
#include <array>

#include "common/util/clock.h"

namespace dw::load {
namespace {

constexpr std::array<const char*, 9> kStateNames{
    "failed", "identity-changed", "gap", "drift", "needs-eyes", "stalled", "media", "quiet", "ok"};

bool longer_than(std::int64_t seconds, Micros since, Micros now) {
  return seconds > 0 && since != 0 && now - since > seconds * kSecond;
}

}  // namespace

const char* name_of(RunState state) {
  return kStateNames[static_cast<std::size_t>(state)];
}

RunState run_state_from(const std::string& name) {
  const auto* const found = std::find(kStateNames.begin(), kStateNames.end(), name);
  return found == kStateNames.end() ? RunState::failed : static_cast<RunState>(found - kStateNames.begin());
}

RunState state_of(const RunReport& report, const StateRules& rules, Micros last_change, Micros now) {
  if (report.identity_changed) return RunState::identity_changed;
  if (report.gap || report.missing || !report.log_enabled || report.exit_code == ExitCode::gap)
    return RunState::gap;
  if (!report.error.empty()) return RunState::failed;
  if (report.drifting_tables > 0) return RunState::drift;
  if (report.exit_code == ExitCode::needs_eyes) return RunState::needs_eyes;
  if (report.events_left > 0 && rules.stalled_after_seconds > 0 &&
      report.lag > rules.stalled_after_seconds * kSecond)
    return RunState::stalled;
  if (report.media && !report.media->good) return RunState::media;
  return longer_than(rules.quiet_after_seconds, last_change, now) ? RunState::quiet : RunState::ok;
}

std::string message_of(const RunReport& report, RunState state, Micros last_change) {
  std::string done = "dw-load: " + summary(report);
  switch (state) {
    case RunState::failed:
      return "dw-load failed (exit " + std::to_string(static_cast<int>(report.exit_code)) +
             "): " + report.error;
    case RunState::identity_changed:
      return "dw-load: the SOURCE IS ANOTHER ONE, nothing was applied: " + report.error;
    case RunState::gap:
      if (!report.error.empty())
        return "dw-load: GAP in the log, nothing behind it was applied: " + report.error;
      if (report.missing)
        return done + "; GAP in the log: " + text_of(*report.missing) + ", every table is suspect";
      if (!report.gap)
        return done + "; the source's general log is OFF: what production does now is not seen";
      return done + "; GAP in the log from " + format_time(report.gap->after.time) + " to " +
             format_time(report.gap->resumes_at.time) + ", every table is suspect";
    case RunState::drift:
      return done + "; DRIFT: " + std::to_string(report.drifting_tables) + " tables differ from production's";
    case RunState::needs_eyes:
      if (!report.other_work.empty())
        return done + "; NEEDS EYES: the mirror refused definitions, which are in dw_meta.failures";
      if (report.refused == 0 && report.gap_unproven)
        return done +
               "; NEEDS EYES: behind a gap in the log, or another source, not everything is compared yet";
      return done + "; NEEDS EYES: " + std::to_string(report.refused) +
             " statements were not understood and not run, their tables are suspect";
    case RunState::stalled:
      return done + "; STALLED: the mirror stands still at an open transaction";
    case RunState::quiet:
      return done + "; quiet: production has logged no change since " + format_time(last_change);
    case RunState::media:  // the summary says what it is
    case RunState::ok:
      break;
  }
  return done;
}

}  // namespace dw::load
