// What a run's result means to the people who are told, and in which words. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "common/util/clock.h"
#include "loader/run_report.h"
#include "loader/state_rules.h"

namespace dw::load {

// From the worst to the best, but for `failed`, which is whatever no other names.
enum class RunState : std::uint8_t {
  failed,            // the run ended with an error
  identity_changed,  // the source is not the one that the mirror follows
  gap,               // a part of the log is gone, or the log is off
  drift,             // the mirror differs from production, and was not mended
  needs_eyes,        // statements were not understood, and not run
  stalled,           // statements are there, and the mirror does not get past them
  media,             // the copy of the bucket failed, or is not heard of (scripts/mirror-media)
  quiet,             // production has logged no change for long
  ok,
};

// As in messages, in JSON and in the config.
const char* name_of(RunState state);
RunState run_state_from(const std::string& name);  // of another name: failed

// `last_change`: when the newest event that was ever applied was logged; 0: not known.
RunState state_of(const RunReport& report, const StateRules& rules, Micros last_change, Micros now);

// One message, in its own words for each state.
std::string message_of(const RunReport& report, RunState state, Micros last_change);

}  // namespace dw::load
