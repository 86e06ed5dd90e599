// Which server reads a text, as far as that changes what the text means.
#pragma once

#include <cstdint>
#include <string_view>

namespace dw::sql {

struct ServerVersion {
  enum class Kind : std::uint8_t { unknown, mysql, mariadb };
  Kind kind = Kind::unknown;
  std::uint32_t number = 0;  // 80016 for 8.0.16, 101119 for 10.11.19
  bool operator==(const ServerVersion&) const = default;

  // From @@version: "8.0.36-28", "10.11.19-MariaDB-log", "5.5.5-10.11.6-MariaDB". Unknown when it has not
  // three numbers ("5.7.mysql_aurora.2.11.1").
  static ServerVersion parse(std::string_view version);
};

// What becomes of /*!80016 … */ where the server is not known.
enum class VersionComments : std::uint8_t { run, skip };

}  // namespace dw::sql
