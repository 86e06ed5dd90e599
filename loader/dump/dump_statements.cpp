#include "loader/dump/dump_statements.h"

#include <array>
#include <cstdio>
#include <utility>

#include "common/sql/lexer.h"
#include "common/util/error.h"

namespace dw::load {
namespace {

constexpr std::size_t kMostStatement = std::size_t{1} << 30U;  // max_allowed_packet's own limit
constexpr std::string_view kCompleted = "-- Dump completed";
constexpr std::string_view kSandbox = "/*M!999999\\-";  // a word to MariaDB's client, not to the server

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

// The client writes hours without a leading zero.
std::optional<Micros> time_in(const std::string& text) {
  int year = 0;
  int month = 0;
  int day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  if (std::sscanf(text.c_str(), "%d-%d-%d %d:%d:%d", &year, &month, &day, &hour, &minute, &second) != 6)
    return std::nullopt;
  std::array<char, 96> iso{};
  std::snprintf(iso.data(), iso.size(), "%04d-%02d-%02dT%02d:%02d:%02dZ", year, month, day, hour, minute,
                second);
  return parse_time(iso.data());
}

bool is_comment(std::string_view line) {
  return line.empty() || line.starts_with("--") || line.starts_with(kSandbox) ||
         sql::Lexer(line).next().kind == sql::TokenKind::end;
}

// No quote and no comment is open at its end.
bool is_whole(std::string_view text) {
  sql::Lexer lexer(text);
  for (;;) {
    const sql::TokenKind kind = lexer.next().kind;
    if (kind == sql::TokenKind::unterminated) return false;
    if (kind == sql::TokenKind::end) return true;
  }
}

}  // namespace

void DumpComments::take(std::string_view line) {
  constexpr std::string_view kDatabase = "Database: ";
  constexpr std::string_view kOn = " on ";
  if (line.starts_with("-- Host: ")) {
    const std::size_t at = line.find(kDatabase);
    if (at != std::string_view::npos) database = trimmed(line.substr(at + kDatabase.size()));
  } else if (line.starts_with(kCompleted)) {
    complete = true;
    line.remove_prefix(kCompleted.size());
    if (line.starts_with(kOn)) completed = time_in(std::string(line.substr(kOn.size())));
  }
}

void DumpStatements::feed(std::string_view bytes) {
  rest_.append(bytes);
  for (;;) {
    const std::size_t end = rest_.find('\n', line_begin_);
    if (end == std::string::npos) break;
    take_line(end);
    line_begin_ = end + 1;
  }
  rest_.erase(0, begin_);
  line_begin_ -= begin_;
  begin_ = 0;
  if (rest_.size() > kMostStatement)
    throw Error(ExitCode::failed, "the dump has a statement of more than 1 GiB", "is it an SQL dump?");
}

void DumpStatements::finish() {
  if (!rest_.empty()) feed("\n");
}

void DumpStatements::take_line(std::size_t end) {
  constexpr std::string_view kDelimiter = "DELIMITER ";
  const std::string_view line = trimmed(std::string_view(rest_).substr(line_begin_, end - line_begin_));
  if (begin_ == line_begin_) {
    if (is_comment(line)) {
      comments_.take(line);
      begin_ = end + 1;
      return;
    }
    if (line.starts_with(kDelimiter)) {
      delimiter_ = trimmed(line.substr(kDelimiter.size()));
      begin_ = end + 1;
      return;
    }
  }
  if (!line.ends_with(delimiter_)) return;
  std::string_view text = trimmed(std::string_view(rest_).substr(begin_, end - begin_));
  text.remove_suffix(delimiter_.size());
  if (!is_whole(text)) return;
  on_statement_(text, delimiter_ != ";");
  begin_ = end + 1;
}

}  // namespace dw::load
