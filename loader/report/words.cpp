#include "loader/report/words.h"

#include <array>
#include <cstdio>

namespace dw::load {

std::string grouped(std::uint64_t number) {
  std::string out = std::to_string(number);
  for (std::size_t at = out.size(); at > 3; at -= 3) out.insert(at - 3, ",");
  return out;
}

std::string bytes_text(std::uint64_t bytes) {
  static constexpr std::array<const char*, 5> kUnits{"kB", "MB", "GB", "TB", "PB"};
  if (bytes < 1000) return std::to_string(bytes) + " B";
  auto value = static_cast<double>(bytes) / 1000;
  std::size_t unit = 0;
  while (value >= 999.5 && unit + 1 < kUnits.size()) {
    value /= 1000;
    ++unit;
  }
  std::array<char, 32> out{};
  std::snprintf(out.data(), out.size(), value < 9.95 ? "%.1f %s" : "%.0f %s", value, kUnits[unit]);
  return out.data();
}

std::string duration_text(std::int64_t seconds) {
  if (seconds < 120) return std::to_string(seconds) + " s";
  if (seconds < 7'200) return std::to_string(seconds / 60) + " min";
  if (seconds < 172'800) return std::to_string(seconds / 3'600) + " h";
  return std::to_string(seconds / 86'400) + " days";
}

std::string second_text(Micros time) {
  const std::string iso = format_time(time);
  return iso.substr(0, 10) + " " + iso.substr(11, 8) + " UTC";
}

std::string counted(std::uint64_t number, const std::string& noun, const std::string& nouns) {
  if (number == 1) return "1 " + noun;
  return grouped(number) + " " + (nouns.empty() ? noun + "s" : nouns);
}

}  // namespace dw::load
