// sql_mode as the mirror has to have it, so that statements give what they gave in production.
#pragma once

#include <string>

namespace dw::load {

// `modes` as the source has them, separated by commas. Names that the mirror lacks and that change nothing
// for a replay go. MySQL rounds fractions of seconds that a column has no room for, MariaDB cuts them off:
// the mirror is told to do as the source does (TIME_ROUND_FRACTIONAL, MariaDB 10.4; TIME_TRUNCATE_FRACTIONAL,
// MySQL 8).
std::string mirror_modes(const std::string& modes, bool source_is_mariadb, bool mirror_is_mariadb);

}  // namespace dw::load
