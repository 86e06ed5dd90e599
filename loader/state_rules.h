// When a run that went well is worth a word all the same.
#pragma once

#include <cstdint>

namespace dw::load {

struct StateRules {
  std::int64_t quiet_after_seconds = 86'400;   // production has logged no change for so long; 0: never
  std::int64_t stalled_after_seconds = 3'600;  // an open transaction has held the mirror back; 0: never
};

}  // namespace dw::load
