#include "loader/puller.h"

#include <algorithm>
#include <cctype>
#include <map>

#include "common/util/error.h"

namespace dw::load {
namespace {

// What ends behind a batch cannot be judged from it; the request then grows, up to this.
constexpr std::size_t kLargestRequest = 256U << 20U;

// Production may log faster than this replays: what comes behind pulling has its turn after so long, by the
// source's clock (not by the events' times, which are in their sessions' time zones).
constexpr Micros kLongestPull = 600'000'000;

bool may_commit(const Event& event) {
  std::string text = event.text.substr(0, 64);
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::toupper(c); });
  return text.starts_with("COMMIT") || text.starts_with("XA") ||
         (text.starts_with("SET") && text.find("AUTOCOMMIT") != std::string::npos);
}

std::set<std::uint64_t> committing_in(const Batch& batch) {
  std::map<std::uint64_t, const Event*> last;
  for (const Event& event : batch.events) last[event.thread_id] = &event;
  std::set<std::uint64_t> out;
  for (const auto& [thread, event] : last) {
    if (may_commit(*event)) out.insert(thread);
  }
  return out;
}

}  // namespace

void account_for(const Batch& batch, const ApplyResult& result, RunReport& report) {
  ++report.batches;
  report.counts += result.counts;
  report.refused += result.refused;
  report.source_id = batch.header.source.id;
  report.events_left = result.events_left;
  report.open_transactions = result.open_transactions;
  report.held_transactions = result.held.transactions;
  report.held_since = result.held.since;
  report.log_enabled = batch.header.log_enabled;
  if (batch.header.gap) report.gap = batch.header.gap;
  if (result.missing) report.missing = result.missing;
  if (result.last_event != 0) report.last_event = result.last_event;
  const bool at_the_end = !batch.header.more && result.events_left == 0;
  report.lag = at_the_end ? 0 : std::max<Micros>(0, batch.header.made - report.last_event);
}

// A place that the mirror reached cannot be unknown to the source that it follows.
std::string Puller::fetch_text() {
  try {
    return source_.fetch_batch(request_);
  } catch (const UnknownCursorError& error) {
    if (!applier_.checkpoint().cursor) throw;
    throw ForeignSourceError(
        "the source's log does not hold the place where the mirror stands (" + std::string(error.what()) +
        "): production was restored from a backup, lost the end of its log in a crash, or "
        "another server answers");
  }
}

Batch Puller::fetch() {
  const std::string text = fetch_text();
  Batch batch = decode_batch(text);
  if (request_.after && !(batch.header.after && batch.header.after->same_place(*request_.after))) {
    throw Error(ExitCode::failed, "the source answered with a batch for another place than was asked for",
                "check that source.url leads to dw-extract and that nothing caches its answers");
  }
  if (!batch.events.empty() || batch.header.gap) {
    const Timed timed(&statistics_, "spool");
    spool_.save(batch, text);
  }
  return batch;
}

// `cut`: the batch ends before what was fetched.
bool Puller::apply(Batch& batch, bool cut) {
  const std::set<std::uint64_t> committing = committing_in(batch);
  const ApplyResult result = applier_.apply(batch, request_.max_bytes >= kLargestRequest);
  header_ = batch.header;
  if (result.advanced) committing_ = committing;
  account_for(batch, result, report_);
  // What the mirror has durably applied is what the source may let go.
  const auto& reached = applier_.checkpoint().cursor;
  if (rotate_ && batch.header.rotation_due && reached)
    report_.rotated = source_.rotate(*reached) || report_.rotated;
  const bool stuck = !cut && batch.header.more && !result.advanced;
  request_.max_bytes = stuck ? std::min(kLargestRequest, request_.max_bytes * 4) : request_.max_bytes;
  if (reached) request_.after = reached;
  request_.since.clear();
  return batch.header.more;
}

bool Puller::pull() {
  Batch batch = fetch();
  if (!began_) began_ = batch.header.made;
  const bool more = apply(batch, false);
  return more && batch.header.made - *began_ < kLongestPull;
}

std::optional<ReplayedToMark> Puller::pull_to(const std::string& nonce,
                                              const std::function<void()>& before_last) {
  for (;;) {
    Batch batch = fetch();
    const std::optional<Marks> marks = find_marks(batch, nonce);
    if (!marks) {
      if (!apply(batch, false)) return std::nullopt;
      continue;
    }
    ReplayedToMark out;
    out.marks = *marks;
    const bool more_behind = marks->inside + 1 < batch.events.size();
    out.busy_behind =
        std::any_of(batch.events.begin() + static_cast<std::ptrdiff_t>(marks->inside) + 1, batch.events.end(),
                    [](const Event& event) {
                      return event.command != Command::connect && event.command != Command::quit;
                    });
    cut_behind(batch, marks->inside);
    before_last();
    out.sessions = applier_.checkpoint().sessions;
    out.in_flight = applier_.checkpoint().in_flight;
    out.options = applier_.planner_options(batch);
    out.committing = committing_;
    out.batch = batch;
    apply(batch, more_behind);
    out.watermark = out.batch.events.size() - report_.events_left;
    return out;
  }
}

}  // namespace dw::load
