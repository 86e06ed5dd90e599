#include "loader/retention/archive/route_text.h"

#include <algorithm>
#include <array>

#include "common/sql/lexer.h"

namespace dw::load {
namespace {

using sql::Token;
using sql::TokenKind;

bool is_comment(const Token& token) {
  return token.kind == TokenKind::comment || token.kind == TokenKind::version_comment ||
         token.kind == TokenKind::version_comment_end;
}

bool begins_query(const Token& token) {
  static constexpr std::array kWords{"SELECT", "WITH", "VALUES", "TABLE"};
  return token.kind == TokenKind::word && !token.identifier &&
         std::any_of(kWords.begin(), kWords.end(), [&](const char* word) { return token.is(word); });
}

}  // namespace

std::optional<std::string> fault_of_expression(const std::string& expression) {
  sql::LexerOptions options;
  options.keep_comments = true;
  sql::Lexer lexer(expression, options);
  int depth = 0;
  bool any = false;
  for (Token token = lexer.next(); token.kind != TokenKind::end; token = lexer.next()) {
    any = true;
    if (token.kind == TokenKind::unterminated) return "a quote or a comment is open";
    if (is_comment(token)) return "a comment stands in it";
    if (begins_query(token)) return "a query stands in it: only the row itself can be asked";
    if (token.is("(")) ++depth;
    if (token.is(")") && --depth < 0) return "a parenthesis is closed that was not opened";
    if (token.is(";") || (token.is(",") && depth == 0)) return "it is more than one expression";
  }
  if (depth > 0) return "a parenthesis is open";
  return any ? std::nullopt : std::optional<std::string>("it is empty");
}

}  // namespace dw::load
