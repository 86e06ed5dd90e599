#include "common/sql/comment.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace dw::sql {

namespace {

bool is_decimal(char c) {
  return c >= '0' && c <= '9';
}

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

// `end` when it is not there.
const char* find_byte(const char* p, const char* end, char c) {
  const void* found = p == end ? nullptr : std::memchr(p, c, static_cast<std::size_t>(end - p));
  return found == nullptr ? end : static_cast<const char*>(found);
}

}  // namespace

const char* find_comment_end(const char* p, const char* end) {
  for (;; ++p) {
    p = find_byte(p, end, '*');
    if (p == end || p + 1 == end) return nullptr;
    if (p[1] == '/') return p;
  }
}

const char* find_line_end(const char* p, const char* end) {
  return find_byte(p, find_byte(p, end, '\n'), '\0');
}

const char* find_skipped_end(const char* p, const char* end) {
  for (;;) {
    const char* close = find_comment_end(p, end);
    if (close == nullptr) return nullptr;
    constexpr std::string_view kOpening = "/*";
    // with the "*" of the end: "/*/" opens one
    const std::size_t nested = std::string_view(p, static_cast<std::size_t>(close + 1 - p)).find(kOpening);
    if (nested == std::string_view::npos) return close;
    const char* inner = find_comment_end(p + nested + kOpening.size(), end);
    if (inner == nullptr) return nullptr;
    p = inner + 2;
  }
}

// Both servers read five digits or six, MySQL six only with white space behind them; fewer are no version.
// MariaDB leaves out 50700 to 99999 unless it says /*M!: MySQL's versions that MariaDB never had. (Measured;
// MySQL manual 11.7, MariaDB "Comment Syntax".)
VersionDigits read_version_digits(const char* p, const char* end, bool marked_mariadb,
                                  const LexerOptions& options) {
  using Kind = ServerVersion::Kind;
  const Kind kind = options.server.kind;
  std::uint32_t number = 0;
  const char* digits = p;
  while (digits < end && digits - p < 5 && is_decimal(*digits))
    number = number * 10 + std::uint32_t(*digits++ - '0');
  if (digits - p < 5) return {p, kind != Kind::unknown || options.version_comments == VersionComments::run};
  if (digits < end && is_decimal(*digits)) {
    constexpr std::uint32_t kFirstWithSix = 80'100;  // MySQL 8.0 took five, whatever followed
    const bool space_behind = digits + 1 < end && is_space(digits[1]);
    if (kind != Kind::mysql || (space_behind && options.server.number >= kFirstWithSix))
      number = number * 10 + std::uint32_t(*digits++ - '0');
  }
  if (kind == Kind::unknown) return {digits, options.version_comments == VersionComments::run};
  const bool never_mariadb = kind == Kind::mariadb && !marked_mariadb && number >= 50'700 && number <= 99'999;
  return {digits, number <= options.server.number && !never_mariadb};
}

}  // namespace dw::sql
