#include "loader/dump/dump_session.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>

#include "common/util/clock.h"
#include "common/util/error.h"

namespace dw::load {
namespace {

constexpr Micros kWaver = 3 * kSecond;  // between Quit and the last line, and what is cut off its time
constexpr Micros kZoneStep = 900 * kSecond;
constexpr Micros kMostZone = kSecond * 3600 * 14;
constexpr const char* kHint =
    "if the log still reaches back to before the dump: --since TIME, a moment before it was begun; every "
    "table "
    "is then compared with production";

bool ended_at(const DumpSession& session, Micros time) {
  return session.ended && std::llabs(*session.ended - time) <= kWaver;
}

bool ended_in_some_zone(const DumpSession& session, Micros time) {
  if (!session.ended) return false;
  const Micros offset = std::llabs(time - *session.ended);
  const Micros off = offset % kZoneStep;
  return offset <= kMostZone + kWaver && std::min(off, kZoneStep - off) <= kWaver;
}

}  // namespace

void DumpSessions::take(const Batch& batch) {
  for (std::size_t i = 0; i < batch.events.size(); ++i) {
    const Event& event = batch.events[i];
    if (event.command == Command::connect) open_.erase(event.thread_id);
    if (event.command == Command::query && event.text == kDumpSnapshot) {
      open_[event.thread_id] = found_.size();
      DumpSession& one = found_.emplace_back();
      one.thread = event.thread_id;
      one.snapshot = batch.cursor_before(i);
      continue;
    }
    const auto open = open_.find(event.thread_id);
    if (open == open_.end()) continue;
    DumpSession& session = found_[open->second];
    if (event.command == Command::init_db) session.databases.insert(event.text);
    if (event.command == Command::quit) {
      session.ended = event.time;
      open_.erase(open);
    }
  }
}

DumpSession session_of(const std::vector<DumpSession>& sessions, const DumpComments& dump,
                       std::optional<Micros> completed_here) {
  std::vector<DumpSession> fitting;
  std::copy_if(sessions.begin(), sessions.end(), std::back_inserter(fitting), [&](const DumpSession& one) {
    return dump.database.empty() || one.databases.contains(dump.database);
  });
  if (dump.completed) {
    const auto here = std::find_if(fitting.rbegin(), fitting.rend(), [&](const DumpSession& one) {
      return completed_here && ended_at(one, *completed_here);
    });
    if (here != fitting.rend()) return *here;
    std::erase_if(fitting, [&](const DumpSession& one) { return !ended_in_some_zone(one, *dump.completed); });
  }
  if (fitting.size() == 1) return fitting.front();
  throw Error(ExitCode::gap,
              fitting.empty() ? "no session of production's log made this dump with --single-transaction"
                              : "several sessions of production's log may have made this dump",
              kHint);
}

}  // namespace dw::load
