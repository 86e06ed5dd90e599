// When a run that went well is worth a word all the same, and when a mirror is.
#pragma once

#include <cstdint>

namespace dw::load {

struct StateRules {
  std::int64_t quiet_after_seconds = 86'400;   // production has logged no change for so long; 0: never
  std::int64_t stalled_after_seconds = 3'600;  // an open transaction has held the mirror back; 0: never
  std::int64_t run_every_seconds = 60;         // how often cron or the timer starts a run
  std::int64_t overdue_after_seconds = 3'600;  // no run has come to its end for so long; 0: never
  std::int64_t verify_round_seconds = 86'400;  // every chunk is to be verified once in it
};

}  // namespace dw::load
