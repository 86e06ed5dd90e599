#include "common/sql/redact.h"

#include "common/sql/lexer.h"

namespace dw::sql {

std::string without_passwords(std::string_view statement) {
  std::string out;
  Lexer lexer(statement);
  std::size_t copied = 0;
  bool secret = false;
  for (Token token = lexer.next(); token.kind != TokenKind::end; token = lexer.next()) {
    if (token.is("IDENTIFIED") || token.is("PASSWORD")) secret = true;
    const bool is_text = token.kind == TokenKind::string || token.kind == TokenKind::unterminated ||
                         token.kind == TokenKind::hex_literal;
    if (!secret || !is_text) continue;
    const auto begin = static_cast<std::size_t>(token.text.data() - statement.data());
    out.append(statement, copied, begin - copied);
    out += "'<secret>'";
    copied = begin + token.text.size();
    if (token.kind == TokenKind::unterminated) break;
  }
  out.append(statement.substr(copied));
  return out;
}

}  // namespace dw::sql
