#include "extractor/file_log/row_header.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace dw::extract {
namespace {

// The servers' command names (MySQL sql/sql_parse.cc and MariaDB's, command_name).
constexpr std::array<std::string_view, 45> kCommands{"Query",
                                                     "Execute",
                                                     "Prepare",
                                                     "Connect",
                                                     "Quit",
                                                     "Init DB",
                                                     "Close stmt",
                                                     "Reset stmt",
                                                     "Long Data",
                                                     "Field List",
                                                     "Statistics",
                                                     "Ping",
                                                     "Change user",
                                                     "Reset Connection",
                                                     "Reset connection",
                                                     "Sleep",
                                                     "Create DB",
                                                     "Drop DB",
                                                     "Refresh",
                                                     "Shutdown",
                                                     "Processlist",
                                                     "Kill",
                                                     "Debug",
                                                     "Time",
                                                     "Delayed insert",
                                                     "Binlog Dump",
                                                     "Table Dump",
                                                     "Connect Out",
                                                     "Register Slave",
                                                     "Register Replica",
                                                     "Set option",
                                                     "Fetch",
                                                     "Daemon",
                                                     "Binlog Dump GTID",
                                                     "Clone",
                                                     "Bulk_execute",
                                                     "Slave_worker",
                                                     "Slave_IO",
                                                     "Slave_SQL",
                                                     "Com_multi",
                                                     "Set Option",
                                                     "Error",
                                                     "Statement",
                                                     "Group Replication Data Stream subscription",
                                                     "Subscribe Group Replication Stream"};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool take(std::string_view& text, char wanted) {
  if (text.empty() || text.front() != wanted) return false;
  text.remove_prefix(1);
  return true;
}

// Two digits; with `padded` the first may be a space.
bool take_two(std::string_view& text, int& value, bool padded = false) {
  if (text.size() < 2 || !is_digit(text[1])) return false;
  const bool space = padded && text[0] == ' ';
  if (!space && !is_digit(text[0])) return false;
  value = (space ? 0 : (text[0] - '0') * 10) + (text[1] - '0');
  text.remove_prefix(2);
  return true;
}

bool is_time_of_day(const LocalTime& time) {
  return time.month >= 1 && time.month <= 12 && time.day >= 1 && time.day <= 31 && time.hour <= 23 &&
         time.minute <= 59 && time.second <= 60;
}

// "261121  1:40:50" TAB. Years go from 1970 to 2069.
bool take_local_time(std::string_view& text, RowHeader& header) {
  LocalTime time;
  const bool shaped = take_two(text, time.year) && take_two(text, time.month) && take_two(text, time.day) &&
                      take(text, ' ') && take_two(text, time.hour, true) && take(text, ':') &&
                      take_two(text, time.minute) && take(text, ':') && take_two(text, time.second) &&
                      take(text, '\t');
  if (!shaped || !is_time_of_day(time)) return false;
  time.year += time.year < 70 ? 2000 : 1900;
  header.local_time = time;
  return true;
}

// "2026-11-21T01:41:21.267560Z" or "…+08:00", then TAB or nothing.
bool take_iso_time(std::string_view& text, RowHeader& header) {
  constexpr std::size_t kDateAndTime = 26;
  constexpr std::size_t kOffset = 6;
  if (text.size() <= kDateAndTime || text[10] != 'T' || text[19] != '.') return false;
  std::size_t size = kDateAndTime + 1;
  if (text[kDateAndTime] != 'Z') size = kDateAndTime + kOffset;
  if (text.size() < size || (size > kDateAndTime + 1 && text[kDateAndTime + 3] != ':')) return false;
  header.time = parse_time(text.substr(0, size));
  if (!header.time) return false;
  text.remove_prefix(size);
  take(text, '\t');
  return true;
}

// "%5u " or "%6u ": at least five bytes, blanks only in front.
bool take_thread_id(std::string_view& text, bool six_wide, std::uint64_t& id) {
  const std::size_t digits = std::min(text.find_first_not_of(' '), text.size());
  const auto [end, error] = std::from_chars(text.data() + digits, text.data() + text.size(), id);
  const auto width = static_cast<std::size_t>(end - text.data());
  if (error != std::errc{} || width < 5 || (digits > 0 && width > (six_wide ? 6U : 5U))) return false;
  if (width > digits + 1 && text[digits] == '0') return false;
  text.remove_prefix(width);
  return take(text, ' ');
}

bool take_command(std::string_view& text, RowHeader& header) {
  constexpr std::size_t kLongest = 48;
  const std::size_t tab = text.substr(0, kLongest).find('\t');
  if (tab == std::string_view::npos || tab == 0 || text[0] < 'A' || text[0] > 'Z') return false;
  header.command = text.substr(0, tab);
  const bool words = std::all_of(header.command.begin(), header.command.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == ' ' || c == '_';
  });
  if (!words) return false;
  header.known_command = std::find(kCommands.begin(), kCommands.end(), header.command) != kCommands.end();
  text.remove_prefix(tab + 1);
  return true;
}

// The line at the front of `text`, without its newline; nullopt when it has no end.
std::optional<std::string_view> take_line(std::string_view& text) {
  const std::size_t newline = text.find('\n');
  if (newline == std::string_view::npos) return std::nullopt;
  std::string_view line = text.substr(0, newline);
  if (line.ends_with('\r')) line.remove_suffix(1);
  text.remove_prefix(newline + 1);
  return line;
}

constexpr std::string_view kVersion = ", Version: ";
constexpr std::string_view kStarted = "started with:";

bool is_port_line(std::string_view line) {
  return line.starts_with("Tcp port: ") || line.starts_with("TCP Port: ");
}
bool is_columns_line(std::string_view line) {
  return line.starts_with("Time  ") || line.starts_with("Time\t") ? line.ends_with("Argument") : false;
}

}  // namespace

std::optional<RowHeader> parse_row_header(std::string_view line) {
  if (line.empty() || (line.front() != '\t' && !is_digit(line.front()))) return std::nullopt;
  RowHeader header;
  std::string_view rest = line.substr(0, kMostHeader);
  header.style = RowStyle::local;
  if (rest.starts_with("\t\t")) {
    rest.remove_prefix(2);
  } else if (rest.size() > 4 && rest[4] == '-') {
    header.style = RowStyle::iso;
    if (!take_iso_time(rest, header)) return std::nullopt;
  } else if (!take_local_time(rest, header)) {
    return std::nullopt;
  }
  if (!take_thread_id(rest, header.style == RowStyle::local, header.thread_id)) return std::nullopt;
  if (!take_command(rest, header)) return std::nullopt;
  header.length = std::min(line.size(), kMostHeader) - rest.size();
  return header;
}

std::optional<ServerLines> parse_server_lines(std::string_view lines) {
  if (parse_row_header(lines)) return std::nullopt;  // a row's text can end as the first line does
  std::string_view rest = lines;
  const auto first = take_line(rest);
  if (!first || !first->ends_with(kStarted)) return std::nullopt;
  const std::size_t version = first->find(kVersion);
  if (version == std::string_view::npos) return std::nullopt;
  const auto second = take_line(rest);
  if (!second || !is_port_line(*second)) return std::nullopt;
  const auto third = take_line(rest);
  if (!third || !is_columns_line(*third)) return std::nullopt;
  ServerLines out;
  const std::string_view behind = first->substr(version + kVersion.size());
  out.version = behind.substr(0, behind.find(' '));
  out.length = lines.size() - rest.size();
  return out;
}

bool may_be_server_lines(std::string_view lines) {
  if (lines.size() > kMostServerLines || parse_row_header(lines)) return false;
  std::string_view rest = lines;
  const auto first = take_line(rest);
  if (!first) return true;
  if (!first->ends_with(kStarted) || first->find(kVersion) == std::string_view::npos) return false;
  const auto second = take_line(rest);
  if (!second) return true;
  return is_port_line(*second) && rest.find('\n') == std::string_view::npos;
}

bool logs_unparsed_statements(std::string_view version) {
  if (version.find("MariaDB") != std::string_view::npos) return true;
  std::array<int, 3> parts{};
  const char* p = version.data();
  const char* const end = p + version.size();
  for (int& part : parts) {
    const auto [behind, error] = std::from_chars(p, end, part);
    if (error != std::errc{}) break;
    p = behind == end ? behind : behind + 1;
  }
  return parts < std::array<int, 3>{5, 6, 3};
}

}  // namespace dw::extract
