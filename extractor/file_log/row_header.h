// The lines of a general query log file that are not text: the beginnings of rows, and the three lines that a
// server writes when it opens the file.
//
// The shapes, measured on MariaDB 10.11 and MySQL 9.7; the older ones are in facts.md, "The file format":
//   2026-11-21T01:41:21.267560Z TAB %5u Command TAB text      MySQL 5.7 and later; an offset in place of Z
//   with
//                                                             log_timestamps=SYSTEM; 5.7.12 has no first TAB
//   261121  1:40:50 TAB %5u Command TAB text                  MySQL 5.6 and before; MariaDB has %6u
//   TAB TAB %5u Command TAB text                              the same second as the row before
// A look at a line alone proves nothing: a literal can hold such a line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/util/clock.h"

namespace dw::extract {

enum class RowStyle : std::uint8_t { unknown, iso, local };

// What the clock on the server's wall showed.
struct LocalTime {
  int year = 0;
  int month = 0;
  int day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
};

struct RowHeader {
  RowStyle style = RowStyle::unknown;
  std::optional<Micros> time;           // of an iso row
  std::optional<LocalTime> local_time;  // of a dated local row
  std::uint64_t thread_id = 0;
  std::string_view command;    // views the line
  bool known_command = false;  // a name that servers have
  std::size_t length = 0;      // up to the text
};

// No header is longer.
inline constexpr std::size_t kMostHeader = 128;

// `line`: what stands from a line's beginning on, as far as it is there. nullopt when it is no row's
// beginning.
std::optional<RowHeader> parse_row_header(std::string_view line);

struct ServerLines {
  std::string version;     // "9.7.4-2", "10.11.19-MariaDB-0+deb12u1-log"
  std::size_t length = 0;  // of the three lines
};

// No three lines are longer.
inline constexpr std::size_t kMostServerLines = std::size_t{16} * 1024;

// The same for a server's three lines.
std::optional<ServerLines> parse_server_lines(std::string_view lines);

// Whether `lines`, which may be cut off, can still become a server's three lines.
bool may_be_server_lines(std::string_view lines);

// Whether the server writes statements that it could not parse: then whoever may send it any text writes
// what he likes. MariaDB does, and MySQL before 5.6.3 (MySQL manual 5.6, "The General Query Log").
bool logs_unparsed_statements(std::string_view version);

}  // namespace dw::extract
