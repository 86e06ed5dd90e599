// Which server a statement was written for, and which is to run it.
#pragma once

#include <charconv>
#include <string_view>

namespace dw::load {

struct ServerVersion {
  bool mariadb = false;
  unsigned number = 0;  // 80036, 90704, 101119: as version comments count
  bool operator==(const ServerVersion&) const = default;
};

// Of what a server calls itself: "9.7.4", "8.0.36-28.1", "10.11.19-MariaDB-0+deb12u1",
// "5.5.5-10.6.12-MariaDB".
inline ServerVersion parse_version(std::string_view text) {
  ServerVersion out;
  out.mariadb = text.find("MariaDB") != std::string_view::npos;
  constexpr std::string_view kReplicationPrefix = "5.5.5-";  // MariaDB before 11 hides behind it
  if (out.mariadb && text.starts_with(kReplicationPrefix)) text.remove_prefix(kReplicationPrefix.size());
  for (int part = 0; part < 3; ++part) {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc()) value = 0;
    out.number = out.number * 100 + value;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (text.starts_with(".")) text.remove_prefix(1);
  }
  return out;
}

}  // namespace dw::load
