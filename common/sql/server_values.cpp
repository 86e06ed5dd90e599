#include "common/sql/server_values.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace dw::sql {
namespace {

bool is_clock(const Token& token) {
  static constexpr std::array<std::string_view, 12> kNames{
      "NOW",       "CURRENT_TIMESTAMP", "CURRENT_TIME",  "CURRENT_DATE", "CURDATE",  "CURTIME",
      "LOCALTIME", "LOCALTIMESTAMP",    "UTC_TIMESTAMP", "UTC_TIME",     "UTC_DATE", "UNIX_TIMESTAMP",
  };
  return std::any_of(kNames.begin(), kNames.end(), [&](std::string_view name) { return token.is(name); });
}

// @@x, @@session.x, @@`x`: the name in lower case; empty: not the session's.
std::string session_variable(std::string_view token) {
  std::string name;
  for (const char c : token.substr(2)) {
    if (c != '`') name += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  const std::size_t dot = name.find('.');
  if (dot == std::string::npos) return name;
  const std::string scope = name.substr(0, dot);
  return scope == "session" || scope == "local" ? name.substr(dot + 1) : "";
}

}  // namespace

bool reads_clock(std::string_view text, LexerOptions options) {
  Lexer lexer(text, options);
  for (Token token = lexer.next(); token.kind != TokenKind::end; token = lexer.next()) {
    if (is_clock(token)) return true;
    if (token.kind == TokenKind::unterminated) break;
  }
  return false;
}

bool reads_other_variables(std::string_view text, const std::set<std::string>& known, LexerOptions options) {
  Lexer lexer(text, options);
  for (Token token = lexer.next(); token.kind != TokenKind::end; token = lexer.next()) {
    if (token.is("VERSION") || token.kind == TokenKind::unterminated) return true;
    if (token.kind == TokenKind::system_variable && !known.contains(session_variable(token.text)))
      return true;
  }
  return false;
}

}  // namespace dw::sql
