#include "loader/plan/ended_sessions.h"

#include <algorithm>
#include <map>
#include <unordered_set>

namespace dw::load {
namespace {

// `source.started` is told to the second, and may waver by one (common/log/batch.h).

bool server_restarted(const Batch& batch, Micros known) {
  return known != 0 && batch.header.source.started > known + kStartWaver;
}

}  // namespace

std::vector<std::uint64_t> ended_sessions(const Batch& batch, const SessionTable& before) {
  std::vector<std::uint64_t> out;
  if (!batch.header.live) return out;
  const LiveSessions& live = *batch.header.live;
  const std::unordered_set<std::uint64_t> alive(live.threads.begin(), live.threads.end());
  std::map<std::uint64_t, Position> last;
  for (const auto& [thread, session] : before.all()) last[thread] = {};
  for (const Event& event : batch.events) last[event.thread_id] = {event.generation, event.index};
  for (const auto& [thread, position] : last) {
    if (!alive.contains(thread) && position < live.at) out.push_back(thread);
  }
  return out;
}

std::vector<std::uint64_t> without_transaction(const Batch& batch,
                                               const std::vector<std::uint64_t>& threads) {
  std::vector<std::uint64_t> out;
  const auto& live = batch.header.live;
  if (!live || !live->in_transaction || batch.events.empty()) return out;
  std::map<std::uint64_t, const Event*> last;
  for (const Event& event : batch.events) last[event.thread_id] = &event;
  for (const std::uint64_t thread : threads) {
    // One without events here was silent before the first.
    const auto found = last.find(thread);
    const Event& newest = found == last.end() ? batch.events.front() : *found->second;
    const bool listed = std::find(live->in_transaction->begin(), live->in_transaction->end(), thread) !=
                        live->in_transaction->end();
    const bool settled = Position{newest.generation, newest.index} < live->at &&
                         newest.time + kTransactionsWaver < batch.header.made;
    if (!listed && settled) out.push_back(thread);
  }
  return out;
}

std::vector<std::uint64_t> ended_by_restart(const Batch& batch, const SessionTable& behind, Micros known) {
  std::vector<std::uint64_t> out;
  if (!server_restarted(batch, known)) return out;
  const Micros started = batch.header.source.started;
  const bool all_there =
      !batch.header.more || (!batch.events.empty() && batch.events.back().time > started + kStartWaver);
  if (!all_there) return out;
  const auto& live = batch.header.live;
  for (const auto& [thread, session] : behind.all()) {
    const bool listed =
        live && std::find(live->threads.begin(), live->threads.end(), thread) != live->threads.end();
    if (!listed && session.began != 0 && session.began < started - kStartWaver) out.push_back(thread);
  }
  return out;
}

}  // namespace dw::load
