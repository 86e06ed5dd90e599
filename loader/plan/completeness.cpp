#include "loader/plan/completeness.h"

#include <algorithm>
#include <cstdlib>

#include <nlohmann/json.hpp>

#include "loader/plan/ended_sessions.h"

namespace dw::load {
namespace {

using nlohmann::json;

// So many more than the log shows may come of what nobody thought of, for all that is known: in a window.
constexpr std::uint64_t kUntold = 10;
// A reading is held against the same earlier one for so long: a few statements at a time add up.
constexpr Micros kWindow = 60'000'000;
// `started` is told to the second, and may waver by one (common/log/batch.h).

json tally_json(const Tally& tally) {
  return {{"changes", tally.changes}, {"calls", tally.calls}, {"unclear", tally.unclear}};
}

Tally tally_from(const json& in) {
  return {in.at("changes").get<std::uint64_t>(), in.at("calls").get<std::uint64_t>(),
          in.at("unclear").get<std::uint64_t>()};
}

Cursor cursor_from(const json& in) {
  return Cursor::parse(in.get<std::string>()).value_or(Cursor{});
}

std::uint64_t value_of(const ServerCounters& values, const std::string& name) {
  const auto found = values.find(name);
  return found == values.end() ? 0 : found->second;
}

std::uint64_t growth(const CountState& base, const CounterReading& reading, const std::string& name) {
  return value_of(reading.values, name) - value_of(base.values, name);
}

// Of one server's life, with none set back.
bool comparable(const CountState& base, const CounterReading& reading) {
  return std::abs(base.started - reading.started) <= kStartWaver &&
         std::all_of(base.values.begin(), base.values.end(), [&](const auto& one) {
           return one.first == "Threads_running" || value_of(reading.values, one.first) >= one.second;
         });
}

std::optional<Uncounted> judge(const CountState& base, const CounterReading& reading, const Tally& shown) {
  if (!comparable(base, reading) || shown.unclear > 0) return std::nullopt;
  Uncounted out;
  std::uint64_t counted = 0;
  for (const std::string& name : change_counters()) {
    const std::uint64_t grown = growth(base, reading, name);
    counted += grown;
    if (grown > 0) out.counters += (out.counters.empty() ? "" : ", ") + name + " " + std::to_string(grown);
  }
  std::uint64_t explained = shown.changes + growth(base, reading, "Com_stmt_reprepare");
  const std::uint64_t all = growth(base, reading, "Queries");
  const std::uint64_t of_clients = growth(base, reading, "Questions");
  if (shown.calls > 0 && all > of_clients) explained += all - of_clients;
  // Each session that ran when the base was read can have had a statement in the log that was not counted
  // yet.
  const std::uint64_t under_way = value_of(base.values, "Threads_running");
  if (counted <= explained + under_way + kUntold) return std::nullopt;
  out.statements = counted - explained - under_way;
  out.since = base.time;
  out.until = reading.time;
  return out;
}

Cursor cursor_of(const CounterReading& reading, const BatchHeader& header) {
  return {header.generations.at(reading.at.generation), reading.at.index, reading.time};
}

CountState base_of(const CounterReading& reading, const BatchHeader& header) {
  CountState out;
  out.time = reading.time;
  out.started = reading.started;
  out.values = reading.values;
  out.shown = reading.through - reading.before;
  out.latest = cursor_of(reading, header);
  return out;
}

// The place in the batch's tallies from which on `state` has not counted: behind its latest reading, where
// the batch begins before that. nullopt: the batch does not follow what the state knows.
std::optional<Tally> counted_up_to(CountState& state, const BatchHeader& header,
                                   std::vector<CounterReading>::const_iterator& first) {
  const auto known = std::find_if(
      header.counters.begin(), header.counters.end(),
      [&](const CounterReading& one) { return cursor_of(one, header).same_place(state.latest); });
  if (known != header.counters.end()) {
    first = std::next(known);
    state.behind = {};
    return known->through;
  }
  if (!header.gap && header.after && header.after->same_place(state.upto)) return Tally{};
  return std::nullopt;
}

}  // namespace

json to_json(const CountState& state) {
  return {{"time", state.time},
          {"started", state.started},
          {"values", state.values},
          {"shown", tally_json(state.shown)},
          {"behind", tally_json(state.behind)},
          {"latest", state.latest.text()},
          {"upto", state.upto.text()}};
}

CountState count_state_from(const json& in) {
  return {in.at("time").get<Micros>(), in.at("started").get<Micros>(), in.at("values").get<ServerCounters>(),
          tally_from(in.at("shown")),  tally_from(in.at("behind")),    cursor_from(in.at("latest")),
          cursor_from(in.at("upto"))};
}

Counted compare_counters(const std::optional<CountState>& state, const BatchHeader& header,
                         const Cursor& reached) {
  Counted out{state, std::nullopt};
  auto reading = header.counters.begin();
  Tally from;  // of the batch, where `out.state` has counted up to
  if (out.state) {
    const auto known = counted_up_to(*out.state, header, reading);
    if (!known) out.state.reset();
    from = known.value_or(Tally{});
  }
  for (; reading != header.counters.end(); ++reading) {
    if (!out.state) {
      out.state = base_of(*reading, header);
    } else {
      Tally shown = out.state->shown;
      shown += out.state->behind;
      shown += reading->through - from;
      const auto missing = judge(*out.state, *reading, shown);
      const bool anew = missing || shown.unclear > 0 || !comparable(*out.state, *reading) ||
                        reading->time - out.state->time >= kWindow;
      if (missing) out.missing = missing;
      if (anew) {
        out.state = base_of(*reading, header);
      } else {
        out.state->shown = shown;
        out.state->behind = {};
        out.state->latest = cursor_of(*reading, header);
      }
    }
    from = reading->through;
  }
  if (!out.state) return out;
  // Where the checkpoint stays before the batch's end this is too much, never too little.
  out.state->behind += header.logged - from;
  out.state->upto = reached;
  return out;
}

std::string text_of(const Uncounted& missing) {
  return "production executed at least " + std::to_string(missing.statements) +
         " statements that its log does not show, between " + format_time(missing.since) + " and " +
         format_time(missing.until) + " (by its counters: " + missing.counters + ")";
}

}  // namespace dw::load
