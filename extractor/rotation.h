// When the log may be rotated: the rules alone, no server.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/log/cursor.h"
#include "extractor/config.h"
#include "extractor/log_source.h"

namespace dw::extract {

struct MeasuredGeneration {
  Generation generation;
  GenerationSize size;
};

struct RotationFacts {
  Micros now = 0;  // by the source's clock
  bool rds = false;
  bool log_enabled = true;
  std::vector<MeasuredGeneration> generations;  // oldest first
  std::optional<Cursor> after;                  // every event before it was delivered
};

enum class RotationAnswer : std::uint8_t {
  allowed,
  not_now,
  cursor_needed,  // there are rows that a rotation would throw away, and nothing says that they were
                  // delivered
};

struct RotationDecision {
  RotationAnswer answer = RotationAnswer::not_now;
  std::string reason;
};

// Whether a log of that size is past the configured limits.
bool is_past_limit(const RotateConfig& config, std::uint64_t rows, std::uint64_t bytes);

// When the log that began at `first_time` may be rotated.
Micros rotation_allowed_from(const RotateConfig& config, Micros first_time, bool rds);

RotationDecision decide_rotation(const RotateConfig& config, const RotationFacts& facts);

}  // namespace dw::extract
