// What was told so far, so that a change is told once and a day's digest is whole. Kept as a file in the
// spool folder: it must be there when the mirror is not. Pure but for reading and writing that file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>

#include "common/util/clock.h"
#include "loader/apply/counts.h"
#include "loader/notify/run_state.h"

namespace dw::load {

// The runs of one day, UTC.
struct Day {
  std::string date;  // 2026-11-21; empty: none
  std::uint64_t runs = 0;
  std::uint64_t failed_runs = 0;
  Counts counts;
  Micros most_lag = 0;
  std::set<RunState> states;
};

// What one webhook was told last.
struct Told {
  RunState state = RunState::ok;
  std::string digest_date;
};

struct Memory {
  RunState state = RunState::ok;
  Micros since = 0;        // of that state
  Micros last_change = 0;  // logged at, of the newest event that was applied
  Day today;
  Day finished;                      // the day before that had runs
  std::map<std::string, Told> told;  // by webhook
};

// An unreadable or foreign file is an empty memory: then a message comes once too often.
Memory read_memory(const std::filesystem::path& file);
// Throws Error(failed).
void write_memory(const std::filesystem::path& file, const Memory& memory);

// Takes a run's result in; `state` as of `now`.
void remember(Memory& memory, const RunReport& report, RunState state, Micros now);

// "2026-11-21: 1,440 runs, 2 failed; 12,345 statements: …; largest lag 4 s; seen: gap, ok"
std::string digest_text(const Day& day);

}  // namespace dw::load
