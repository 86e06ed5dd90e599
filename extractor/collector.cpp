#include "extractor/collector.h"

#include <algorithm>
#include <cstdlib>

#include "extractor/request.h"

namespace dw::extract {
namespace {

// What an event needs besides its text: keys, time, numbers.
constexpr std::uint64_t kEventOverhead = 150;
constexpr std::uint64_t kHeaderBytes = 2'048;
constexpr std::uint64_t kLeastRows = 1'000;
constexpr std::uint64_t kFirstRows = 20'000;
// To get to its place a read passes over all rows before it; that many more cost it little.
constexpr std::uint64_t kRowsPassedForOneMore = 8;
constexpr std::uint64_t kMostRows = 200'000;
// A rotation takes milliseconds; who meets one this often in a row meets something else.
constexpr int kMostLookups = 5;
// Rows stand in the order in which they got the log's lock, their times are from before it.
constexpr Micros kTimeWaver = 1'000'000;
constexpr Micros kTimeZoneStep = 60'000'000;

}  // namespace

Cursor start_of_empty_log() {
  return {generation_fingerprint({}), 0, 0};
}

Collector::Collector(LogSource& source, Filter& filter, LiveWatch* live, CollectRequest request)
    : source_(source),
      filter_(filter),
      live_(live),
      request_(std::move(request)),
      before_since_(request_.since.has_value()) {}

Collected Collector::run() {
  Collected out = collect();
  out.counters = counters_.readings();
  out.logged = filter_.tally();
  return out;
}

Collected Collector::collect() {
  for (int lookup = 1; lookup <= kMostLookups; ++lookup) {
    last_lookup_ = lookup == kMostLookups;
    generations_ = source_.generations();
    if (generations_.empty()) {
      out_.next = request_.after.value_or(start_of_empty_log());
      return std::move(out_);
    }
    if (!find_start()) {
      // A log that is being written and rotated can look empty for an instant.
      if (!last_lookup_) continue;
      if (!start_behind_gap()) return std::move(out_);
    }
    Step step = Step::next_generation;
    for (std::size_t i = start_; i < generations_.size() && step == Step::next_generation; ++i) {
      if (i != start_ && generations_[i].cut_before && !start_behind_cut(i)) return std::move(out_);
      step = read_generation(i);
    }
    if (step != Step::look_again) return std::move(out_);
  }
  // Nothing was read, so nothing is lost by asking again.
  out_.more = true;
  return std::move(out_);
}

bool Collector::find_start() {
  if (!request_.after || request_.after->same_place(start_of_empty_log())) {
    start_at(0);
    return true;
  }
  const auto found = std::find_if(
      generations_.begin(), generations_.end(),
      [&](const Generation& generation) { return generation.fingerprint == request_.after->fingerprint; });
  if (found == generations_.end()) return false;
  start_ = static_cast<std::size_t>(found - generations_.begin());
  out_.next = *request_.after;
  return true;
}

// The cursor's generation is gone. It lay before the first of those that are there, or between two of them;
// had it lain anywhere else, it would be there still.
bool Collector::start_behind_gap() {
  const Cursor& after = *request_.after;
  const auto behind = std::find_if(
      generations_.begin(), generations_.end(),
      [&](const Generation& generation) { return generation.first_time + kTimeWaver >= after.time; });
  if (behind == generations_.end() && generations_.back().current) refuse_unknown_cursor();
  if (behind != generations_.begin()) {
    const auto size = source_.measure(*std::prev(behind));
    if (size && size->last_time > after.time + kTimeWaver) refuse_unknown_cursor();
  }
  if (behind == generations_.end()) {
    out_.next = after;
    return false;
  }
  start_at(static_cast<std::size_t>(behind - generations_.begin()));
  out_.gap = Gap{after, out_.next};
  return true;
}

// A gap stands at a batch's beginning: what was read so far goes out first.
bool Collector::start_behind_cut(std::size_t generation) {
  if (out_.rows_seen != 0) {
    out_.more = true;
    return false;
  }
  const Cursor after = out_.next;
  start_at(generation);
  out_.generations.clear();
  out_.gap = Gap{after, out_.next};
  return true;
}

void Collector::refuse_doubt() const {
  throw RequestError(
      ExitCode::gap, "doubtful_row", source_.doubt(),
      "nothing from there on is read; look at the place, then set it to \"row\" or \"text\" in "
      "log.decided");
}

void Collector::refuse_unknown_cursor() const {
  throw RequestError(ExitCode::gap, "unknown_cursor", "unknown cursor: it belongs to no log of this server",
                     "check that it came from this server; dw-extract status shows where its log ends");
}

void Collector::start_at(std::size_t generation) {
  start_ = generation;
  out_.next = {generations_[generation].fingerprint, 0, generations_[generation].first_time};
}

void Collector::enter(std::size_t generation) {
  const Generation& entered = generations_[generation];
  if (out_.next.fingerprint != entered.fingerprint) out_.next = {entered.fingerprint, 0, out_.next.time};
  if (out_.generations.empty() || out_.generations.back() != entered.fingerprint) {
    out_.generations.push_back(entered.fingerprint);
  }
  out_.reached_current = entered.current;
}

Collector::Step Collector::read_generation(std::size_t generation) {
  enter(generation);
  for (;;) {
    const std::uint64_t asked = rows_to_ask_for();
    const ReadEnd end = source_.read(generations_[generation], out_.next.index, asked,
                                     [this](const LogRow& row) { return take(row); });
    if (end != ReadEnd::limit) return after_read(generation, end);
  }
}

Collector::Step Collector::after_read(std::size_t generation, ReadEnd end) {
  switch (end) {
    case ReadEnd::stopped:
      if (stop_ == Stop::foreign) {
        throw RequestError(
            ExitCode::gap, "unknown_cursor", "unknown cursor: another row stands at its place",
            "the log is not the one that it came from: was the server restored from a backup?");
      }
      out_.more = stop_ == Stop::budget;
      return Step::done;
    case ReadEnd::log_end:
      return after_log_end(generations_[generation]);
    case ReadEnd::past_end: {
      // A log that is being written can read short, but not again and again.
      const auto size = source_.measure(generations_[generation]);
      if (last_lookup_ && size && size->end < out_.next.index) {
        throw RequestError(
            ExitCode::gap, "unknown_cursor", "unknown cursor: it lies behind the end of its log",
            "check that it came from this server; a server's crash can cost the last rows of its log");
      }
      break;
    }
    case ReadEnd::doubt:
      if (out_.rows_seen == 0) refuse_doubt();
      break;
    case ReadEnd::moved:
    case ReadEnd::limit:
      break;
  }
  if (out_.rows_seen == 0) {
    out_.generations.clear();
    return Step::look_again;
  }
  out_.more = true;
  return Step::done;
}

// One empty read proves nothing: what comes after this generation may only follow when every row of it was
// read.
Collector::Step Collector::after_log_end(const Generation& generation) {
  if (generation.current) return Step::done;
  const auto size = source_.measure(generation);
  if (size && size->end == out_.next.index) return Step::next_generation;
  out_.more = true;
  return Step::done;
}

// Enough to fill the batch, little beyond it: the rest of a read is thrown away.
std::uint64_t Collector::rows_to_ask_for() const {
  if (out_.rows_seen == 0) {
    const std::uint64_t fill = std::max(request_.max_bytes / kEventOverhead, kLeastRows);
    return std::min({std::max(kFirstRows, out_.next.index / kRowsPassedForOneMore), fill, kMostRows});
  }
  const std::uint64_t used = out_.events.bytes();
  const std::uint64_t left = request_.max_bytes > used ? request_.max_bytes - used : 0;
  const std::uint64_t bytes_per_row = std::max<std::uint64_t>(used / out_.rows_seen, 1);
  return std::clamp(left / bytes_per_row + kLeastRows, kLeastRows, kMostRows);
}

bool Collector::is_foreign_place(const LogRow& row) const {
  if (!request_.after || out_.rows_seen != 0 || row.index == 0) return false;
  const Cursor& after = *request_.after;
  const bool at_place = out_.next.fingerprint == after.fingerprint && row.index == after.index;
  if (!at_place || row.time_before == 0 || after.time == 0) return false;
  // A cursor has the time of the row in front of it or of the one behind it, or the latest of all rows before
  // it; in another time zone where the global one was changed since.
  const auto fits = [&](Micros time) {
    const Micros apart = std::abs(time - after.time);
    return apart <= kTimeWaver || apart % kTimeZoneStep == 0;
  };
  return !fits(row.time_before) && !fits(row.time);
}

bool Collector::take(const LogRow& row) {
  if (is_foreign_place(row)) {
    stop_ = Stop::foreign;
    return false;
  }
  if (request_.until && row.time >= *request_.until) {
    stop_ = Stop::until;
    return false;
  }
  before_since_ = before_since_ && row.time < *request_.since;
  const std::uint64_t written = kHeaderBytes + out_.events.bytes() + out_.events.count();
  const std::uint64_t wanted = written + row.text.size() + row.user_host.size() + kEventOverhead;
  if (out_.events.count() != 0 && wanted > request_.max_bytes) {
    stop_ = Stop::budget;
    return false;
  }
  const Tally logged = filter_.tally();
  if (!before_since_) add_or_drop(row);
  if (filter_.is_own(row)) counters_.observe(generation_number(), row, logged);
  if (live_ != nullptr) live_->observe(generation_number(), row);
  ++out_.rows_seen;
  out_.text_bytes_seen += row.text.size();
  out_.next.index = row.next_index;
  out_.next.time = row.time;
  return true;
}

void Collector::add_or_drop(const LogRow& row) {
  const Verdict verdict = filter_.judge(row);
  if (verdict != Verdict::keep) {
    ++out_.dropped[std::string(to_string(verdict))];
    return;
  }
  Event event;
  event.generation = generation_number();
  event.index = row.index;
  event.time = row.time;
  event.thread_id = row.thread_id;
  event.command = command_from(row.command_type);
  event.user_host = row.user_host;
  event.text = row.text;
  event.truncated = row.truncated;
  out_.events.add(event);
}

std::uint32_t Collector::generation_number() const {
  return static_cast<std::uint32_t>(out_.generations.size() - 1);
}

}  // namespace dw::extract
