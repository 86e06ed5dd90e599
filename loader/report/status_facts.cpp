#include "loader/report/status_facts.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "common/util/clock.h"

namespace dw::load {

Verification total_verification(const StatusFacts& facts) {
  Verification out;
  bool never = false;
  for (const TableStatus& table : facts.tables) {
    const Verification& one = table.verification;
    if (one.chunks == 0) continue;
    out.chunks += one.chunks;
    out.verified += one.verified;
    out.differing += one.differing;
    out.found += one.found;
    out.repaired += one.repaired;
    out.rows += one.rows;
    never = never || !one.oldest;
    if (one.oldest) out.oldest = std::min(out.oldest.value_or(*one.oldest), *one.oldest);
  }
  if (never) out.oldest.reset();
  return out;
}

std::uint64_t total_suspects(const StatusFacts& facts) {
  return std::accumulate(facts.suspects.begin(), facts.suspects.end(), std::uint64_t{0});
}

std::uint64_t total_retained(const StatusFacts& facts) {
  std::uint64_t out = 0;
  for (const TableStatus& table : facts.tables) out += table.retained;
  return out;
}

std::optional<Lag> lag_of(const StatusFacts& facts) {
  const RunRecord& runs = facts.runs;
  if (runs.last_good == 0) return std::nullopt;
  const Micros passed = std::max<Micros>(0, facts.now - runs.last_good);
  const bool failed = runs.last && !runs.last->error.empty();
  const bool missing = passed > 2 * facts.rules.run_every_seconds * kSecond;  // runs take their time
  if (!failed && !missing) return Lag{runs.lag, false};
  return Lag{runs.lag + passed, true};
}

std::optional<double> verified_percent(const Verification& verification) {
  if (verification.chunks == 0) return std::nullopt;
  const double share = static_cast<double>(verification.verified) / static_cast<double>(verification.chunks);
  return std::floor(share * 1000) / 10;  // 100 only where it is all
}

}  // namespace dw::load
