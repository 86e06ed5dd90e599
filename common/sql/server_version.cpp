#include "common/sql/server_version.h"

#include <charconv>

namespace dw::sql {

namespace {

// Takes digits and, but for the last number, the dot behind them.
bool take_number(std::string_view& text, bool dot, std::uint32_t most, std::uint32_t& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || value > most) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (!dot) return true;
  if (!text.starts_with('.')) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

ServerVersion ServerVersion::parse(std::string_view version) {
  // MariaDB 10 tells old replication clients that it is a 5.5.5.
  constexpr std::string_view kReplicationPrefix = "5.5.5-";
  const bool mariadb = version.find("MariaDB") != std::string_view::npos;
  if (mariadb && version.starts_with(kReplicationPrefix)) version.remove_prefix(kReplicationPrefix.size());
  constexpr std::uint32_t kMostPart = 99;
  std::uint32_t major = 0;
  std::uint32_t minor = 0;
  std::uint32_t patch = 0;
  const bool complete = take_number(version, true, kMostPart, major) &&
                        take_number(version, true, kMostPart, minor) &&
                        take_number(version, false, kMostPart, patch);
  if (!complete) return {};
  return {mariadb ? Kind::mariadb : Kind::mysql, major * 10'000 + minor * 100 + patch};
}

}  // namespace dw::sql
