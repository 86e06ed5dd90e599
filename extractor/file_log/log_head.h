// What names a log file: its first bytes, the same wherever a rotation moves or compresses it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/util/clock.h"
#include "extractor/file_log/row_header.h"

namespace dw::extract {

// How much of a file the fingerprint can cover.
inline constexpr std::size_t kMostHead = std::size_t{64} * 1024;

struct LogHead {
  std::string fingerprint;
  std::optional<RowHeader> first_dated;  // its command views nothing
  std::string version;                   // "" when the file does not begin with a server's lines
};

// `head`: a file's first kMostHead bytes, or all it has. A server's lines are the same after each start and
// FLUSH LOGS, and the first rows have no time (MariaDB): so the fingerprint goes to the end of the line with
// the first time. nullopt while that is not there; where it never will be, because the file is `finished`,
// all of it counts (MariaDB's rows of one second, between two rotations), if there is a row.
std::optional<LogHead> read_head(std::string_view head, bool finished = false);

// The first row with a time in `bytes`, from a line's beginning on; a look at lines alone.
std::optional<RowHeader> first_dated_row(std::string_view bytes);

}  // namespace dw::extract
