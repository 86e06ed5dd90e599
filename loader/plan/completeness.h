// Did the log show all that the server counted? Pure.
//
// Readings of the server's counters have their places in the log (common/log/counters.h). What the counters
// grew by between two of them is held against the statements that stand between them. What may not count is
// left out, so that a difference is never made of statements that were just under way, of a procedure's own
// or of a restart; a few statements in a minute are not told (kUntold).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "common/log/batch.h"

namespace dw::load {

// The reading that later ones are held against, and what the log showed since.
struct CountState {
  Micros time = 0;
  Micros started = 0;
  ServerCounters values;
  Tally shown;   // from the base to the latest reading
  Tally behind;  // from there to `upto`
  Cursor latest;
  Cursor upto;  // the mirror's checkpoint
};

nlohmann::json to_json(const CountState& state);
CountState count_state_from(const nlohmann::json& in);

struct Uncounted {
  std::uint64_t statements = 0;  // at least so many are missing from the log
  Micros since = 0;
  Micros until = 0;
  std::string counters;  // those that grew: "Com_insert 1000, Com_update 2"
};

struct Counted {
  std::optional<CountState> state;
  std::optional<Uncounted> missing;
};

// `state`: before the batch; none: there is none yet. `reached`: the checkpoint behind it, which may lie
// before the batch's end.
Counted compare_counters(const std::optional<CountState>& state, const BatchHeader& header,
                         const Cursor& reached);

// "production executed at least 1000 statements that its log does not show, between … and … (by its counters:
// Com_insert 1000)"
std::string text_of(const Uncounted& missing);

}  // namespace dw::load
