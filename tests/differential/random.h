// The generator's randomness: the same seed gives the same numbers on every machine and library.
//
// std::mt19937_64 is defined bit by bit by the standard, its distributions are not: so none is used.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <random>
#include <string>
#include <vector>

namespace dw::workload {

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}

  // 0 to count-1; count must not be 0.
  std::size_t below(std::size_t count) { return static_cast<std::size_t>(engine_() % count); }
  // Both ends included.
  int between(int low, int high) {
    return low + static_cast<int>(below(static_cast<std::size_t>(high - low) + 1));
  }
  bool percent(unsigned chance) { return below(100) < chance; }
  template <typename T>
  const T& pick(const std::vector<T>& from) {
    return from[below(from.size())];
  }
  std::string pick(std::initializer_list<const char*> from) { return from.begin()[below(from.size())]; }

 private:
  std::mt19937_64 engine_;
};

// Concatenates. The items of a braced list are evaluated from left to right, which the operands of + are not:
// texts with more than one random part must be made with this.
inline std::string text(std::initializer_list<std::string> parts) {
  std::string out;
  for (const std::string& part : parts) out += part;
  return out;
}

}  // namespace dw::workload
