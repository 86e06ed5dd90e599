#include "loader/apply/new_ids.h"

#include <algorithm>
#include <cctype>

#include "common/sql/identifiers.h"

namespace dw::load {

bool gives_new_ids(const sql::Statement& statement, const std::string& auto_increment_column) {
  using sql::TokenKind;
  const bool inserts = statement.verb == sql::Verb::insert || statement.verb == sql::Verb::replace;
  if (!inserts || auto_increment_column.empty()) return false;
  sql::Lexer lexer(statement.text);
  sql::Token token = lexer.next();
  const auto at_end = [&] { return token.kind == TokenKind::end || token.kind == TokenKind::unterminated; };
  for (; !at_end() && !token.is("("); token = lexer.next()) {
    if (token.is("VALUES") || token.is("VALUE") || token.is("SELECT") || token.is("SET")) return false;
  }
  for (token = lexer.next(); !at_end() && !token.is(")"); token = lexer.next()) {
    std::string name = sql::unquote(token.text);
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    if (name == auto_increment_column) return false;
  }
  token = lexer.next();
  return token.is("VALUES") || token.is("VALUE");
}

}  // namespace dw::load
