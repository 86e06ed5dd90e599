// Collects the events of one batch from a log, whatever rotations do meanwhile.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/log/batch.h"
#include "extractor/counter_watch.h"
#include "extractor/filter.h"
#include "extractor/live_watch.h"
#include "extractor/log_source.h"

namespace dw::extract {

struct CollectRequest {
  std::optional<Cursor> after;
  std::optional<Micros> since;
  std::optional<Micros> until;
  std::uint64_t max_bytes = 0;
};

struct Collected {
  BatchEncoder events;
  Cursor next;
  std::optional<Gap> gap;
  bool more = false;
  std::map<std::string, std::uint64_t> dropped;
  std::vector<CounterReading> counters;
  Tally logged;
  std::vector<std::string> generations;
  bool reached_current = false;  // `next` lies in the generation that the server writes to
  std::uint64_t rows_seen = 0;
  std::uint64_t text_bytes_seen = 0;
};

// `next` for a log that has no row yet: asking for it later starts from the oldest row, and that is no gap.
Cursor start_of_empty_log();

class Collector {
 public:
  // All are used, not owned. `live` may be null.
  Collector(LogSource& source, Filter& filter, LiveWatch* live, CollectRequest request);

  // Throws RequestError(gap, "unknown_cursor") when `after` belongs to no log of this server,
  // RequestError(gap, "doubtful_row") when it is not clear whether a row follows.
  Collected run();

  // As they were last looked up.
  [[nodiscard]] const std::vector<Generation>& generations() const { return generations_; }

 private:
  enum class Stop : std::uint8_t { none, budget, until, foreign };
  enum class Step : std::uint8_t { next_generation, look_again, done };

  Collected collect();
  // False when the generation of `after` is not there.
  bool find_start();
  // False when there is no row behind the gap yet.
  bool start_behind_gap();
  // False when the batch has rows from before the cut.
  bool start_behind_cut(std::size_t generation);
  // Another row stands where the cursor was made: the log went on from an earlier state of itself.
  [[nodiscard]] bool is_foreign_place(const LogRow& row) const;
  [[noreturn]] void refuse_unknown_cursor() const;
  [[noreturn]] void refuse_doubt() const;
  void start_at(std::size_t generation);
  Step read_generation(std::size_t generation);
  bool take(const LogRow& row);
  void add_or_drop(const LogRow& row);
  Step after_read(std::size_t generation, ReadEnd end);
  Step after_log_end(const Generation& generation);
  [[nodiscard]] std::uint64_t rows_to_ask_for() const;
  void enter(std::size_t generation);
  [[nodiscard]] std::uint32_t generation_number() const;

  LogSource& source_;
  Filter& filter_;
  LiveWatch* live_;
  CounterWatch counters_;
  CollectRequest request_;
  std::vector<Generation> generations_;
  std::size_t start_ = 0;  // in generations_
  bool last_lookup_ = false;
  Collected out_;
  Stop stop_ = Stop::none;
  bool before_since_;
};

}  // namespace dw::extract
