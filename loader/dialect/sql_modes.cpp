#include "loader/dialect/sql_modes.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>
#include <vector>

namespace dw::load {
namespace {

constexpr std::string_view kRound = "TIME_ROUND_FRACTIONAL";        // MariaDB's
constexpr std::string_view kTruncate = "TIME_TRUNCATE_FRACTIONAL";  // MySQL's

std::vector<std::string> split(const std::string& modes) {
  std::vector<std::string> out;
  std::size_t begin = 0;
  while (begin <= modes.size()) {
    const std::size_t end = std::min(modes.find(',', begin), modes.size());
    std::string mode = modes.substr(begin, end - begin);
    std::transform(mode.begin(), mode.end(), mode.begin(), [](unsigned char c) { return std::toupper(c); });
    if (!mode.empty()) out.push_back(std::move(mode));
    begin = end + 1;
  }
  return out;
}

// MySQL 8 knows none of these.
bool is_mariadb_only(std::string_view mode) {
  static constexpr std::array kModes{
      std::string_view("NO_AUTO_CREATE_USER"),      std::string_view("NO_FIELD_OPTIONS"),
      std::string_view("NO_KEY_OPTIONS"),           std::string_view("NO_TABLE_OPTIONS"),
      std::string_view("IGNORE_BAD_TABLE_OPTIONS"), kRound};
  return std::find(kModes.begin(), kModes.end(), mode) != kModes.end();
}

}  // namespace

std::string mirror_modes(const std::string& modes, bool source_is_mariadb, bool mirror_is_mariadb) {
  std::string out;
  bool rounds = !source_is_mariadb;
  const auto add = [&out](std::string_view mode) { out += (out.empty() ? "" : ",") + std::string(mode); };
  for (const std::string& mode : split(modes)) {
    if (mode == kRound) rounds = true;
    if (mode == kTruncate) rounds = false;
    if (mirror_is_mariadb ? mode != kTruncate : !is_mariadb_only(mode)) add(mode);
  }
  if (source_is_mariadb == mirror_is_mariadb) return out;
  if (mirror_is_mariadb && rounds) add(kRound);
  if (!mirror_is_mariadb && !rounds) add(kTruncate);
  return out;
}

}  // namespace dw::load
