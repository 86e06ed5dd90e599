// What became of the statements of a batch. Every statement has one outcome.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

namespace dw::load {

enum class Outcome : std::uint8_t { applied, retained, withheld, rolled_back, inner, ignored, failed };
inline constexpr std::size_t kOutcomes = 7;
// The names in dw_meta.batches, messages and reports.
inline constexpr std::array<const char*, kOutcomes> kOutcomeNames{
    "applied", "retained", "withheld", "rolled_back", "inner", "ignored", "failed"};

struct Counts {
  std::uint64_t received = 0;
  std::array<std::uint64_t, kOutcomes> by_outcome{};

  [[nodiscard]] std::uint64_t operator[](Outcome outcome) const {
    return by_outcome[static_cast<std::size_t>(outcome)];
  }
  void add(Outcome outcome) { ++by_outcome[static_cast<std::size_t>(outcome)]; }
  // The invariant: nothing received is without an outcome.
  [[nodiscard]] bool add_up() const {
    std::uint64_t sum = 0;
    for (const std::uint64_t count : by_outcome) sum += count;
    return sum == received;
  }
  Counts& operator+=(const Counts& other) {
    received += other.received;
    for (std::size_t i = 0; i < kOutcomes; ++i) by_outcome[i] += other.by_outcome[i];
    return *this;
  }
};

}  // namespace dw::load
