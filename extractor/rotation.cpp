#include "extractor/rotation.h"

#include <algorithm>

namespace dw::extract {
namespace {

// Amazon's procedure turns the log off for a moment: what runs then is never logged. So not often.
constexpr std::uint64_t kRdsInterval = 3600;

// Whether everything in the generations that a rotation can throw away was delivered: the cursor lies behind
// them.
RotationDecision judge_older(const RotationFacts& facts) {
  const std::size_t older = facts.generations.size() - 1;
  if (older == 0) return {RotationAnswer::allowed, ""};
  if (!facts.after) {
    return {RotationAnswer::cursor_needed,
            "an older log is still there, and nothing says that it was delivered"};
  }
  const auto found =
      std::find_if(facts.generations.begin(), facts.generations.end(), [&](const MeasuredGeneration& item) {
        return item.generation.fingerprint == facts.after->fingerprint;
      });
  if (found == facts.generations.end()) {
    return {RotationAnswer::not_now, "the cursor belongs to no log of this server"};
  }
  const auto place = static_cast<std::size_t>(found - facts.generations.begin());
  const bool behind = place == older || (place + 1 == older && facts.after->index == found->size.end);
  if (behind) return {RotationAnswer::allowed, ""};
  return {RotationAnswer::not_now, "the older log was not delivered to its end"};
}

}  // namespace

bool is_past_limit(const RotateConfig& config, std::uint64_t rows, std::uint64_t bytes) {
  return rows >= config.max_rows || bytes >= config.max_bytes;
}

Micros rotation_allowed_from(const RotateConfig& config, Micros first_time, bool rds) {
  const std::uint64_t seconds = config.min_interval_seconds.value_or(rds ? kRdsInterval : 0);
  return first_time + static_cast<Micros>(seconds) * 1'000'000;
}

RotationDecision decide_rotation(const RotateConfig& config, const RotationFacts& facts) {
  if (!config.enabled)
    return {RotationAnswer::not_now, "rotation is switched off in the config (rotate.enabled)"};
  if (!facts.log_enabled) return {RotationAnswer::not_now, "the server writes no log table"};
  if (facts.generations.empty() || !facts.generations.back().generation.current) {
    return {RotationAnswer::not_now, "the current log is empty"};
  }
  const MeasuredGeneration& current = facts.generations.back();
  if (!is_past_limit(config, current.size.rows, current.size.bytes)) {
    return {RotationAnswer::not_now, "the log is within its limits (rotate.max_rows, rotate.max_bytes)"};
  }
  if (facts.now < rotation_allowed_from(config, current.generation.first_time, facts.rds)) {
    return {RotationAnswer::not_now, "the last rotation was less than rotate.min_interval_seconds ago"};
  }
  return judge_older(facts);
}

}  // namespace dw::extract
