#include "extractor/file_log/statement_tail.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "common/sql/lexer.h"
#include "extractor/file_log/statement_scanner.h"

namespace dw::extract {
namespace {

// Where the grammar takes an expression with a name behind it: the list of a SELECT, DO or RETURNING.
constexpr std::array<std::string_view, 25> kBeforeExpression{"SELECT",
                                                             "ALL",
                                                             "DISTINCT",
                                                             "DISTINCTROW",
                                                             "AND",
                                                             "OR",
                                                             "XOR",
                                                             "NOT",
                                                             "LIKE",
                                                             "REGEXP",
                                                             "RLIKE",
                                                             "DIV",
                                                             "MOD",
                                                             "BINARY",
                                                             "ESCAPE",
                                                             "DO",
                                                             "RETURNING",
                                                             "SQL_CACHE",
                                                             "SQL_NO_CACHE",
                                                             "SQL_CALC_FOUND_ROWS",
                                                             "SQL_SMALL_RESULT",
                                                             "SQL_BIG_RESULT",
                                                             "SQL_BUFFER_RESULT",
                                                             "HIGH_PRIORITY",
                                                             "STRAIGHT_JOIN"};
// vio_type_names (MySQL vio/viosocket.cc; MariaDB the same).
constexpr std::array<std::string_view, 6> kConnectionTypes{"TCP/IP",     "SSL/TLS",       "Socket",
                                                           "Named Pipe", "Shared Memory", "Pipe"};
constexpr std::string_view kOperators = ",(=<>+-*/%^&|!~";

bool is_before_expression(std::string_view word) {
  return std::any_of(kBeforeExpression.begin(), kBeforeExpression.end(), [&](std::string_view keyword) {
    return std::equal(word.begin(), word.end(), keyword.begin(), keyword.end(), [](char a, char b) {
      return (a >= 'a' && a <= 'z' ? static_cast<char>(a - 'a' + 'A') : a) == b;
    });
  });
}

std::string_view last_token(std::string_view statement) {
  sql::Lexer lexer(statement);
  std::string_view last;
  for (sql::Token token = lexer.next(); token.kind != sql::TokenKind::end; token = lexer.next()) {
    if (token.kind == sql::TokenKind::unterminated) return last;
    if (token.kind != sql::TokenKind::version_comment_end) last = token.text;
  }
  return last;
}

}  // namespace

bool number_may_follow(std::string_view statement, bool has_comment) {
  if (has_comment) statement = last_token(statement);
  const std::size_t last = statement.find_last_not_of(" \t\r\n\v\f");
  if (last == std::string_view::npos) return false;
  statement = statement.substr(0, last + 1);
  if (kOperators.find(statement.back()) != std::string_view::npos) return true;
  std::size_t word = statement.size();
  while (word > 0 && is_word_byte(statement[word - 1])) --word;
  return is_before_expression(statement.substr(word));
}

bool ends_in_connection_type(std::string_view text) {
  return std::any_of(kConnectionTypes.begin(), kConnectionTypes.end(), [&](std::string_view type) {
    return text.ends_with(type) && text.substr(0, text.size() - type.size()).ends_with(" using ");
  });
}

bool ends_like_connect(std::string_view text) {
  if (text.starts_with("Access denied for user '"))
    return text.ends_with(" (using password: YES)") || text.ends_with(" (using password: NO)");
  return ends_in_connection_type(text) && text.find(" on ") != std::string_view::npos;
}

bool adds_connection_type(std::string_view version) {
  int major = 0;
  int minor = 0;
  const char* const end = version.data() + version.size();
  const auto [dot, error] = std::from_chars(version.data(), end, major);
  if (error != std::errc{} || dot == end) return false;
  std::from_chars(dot + 1, end, minor);
  if (version.find("MariaDB") != std::string_view::npos) return major > 10 || (major == 10 && minor >= 11);
  return major > 5 || (major == 5 && minor >= 7);
}

}  // namespace dw::extract
