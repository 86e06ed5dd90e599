#include "common/sql/tokens.h"

namespace dw::sql {

std::vector<Token> tokens_of(std::string_view text, LexerOptions options) {
  options.keep_comments = false;
  std::vector<Token> out;
  Lexer lexer(text, options);
  for (Token token = lexer.next(); token.kind != TokenKind::end; token = lexer.next()) {
    const bool is_edge =
        token.kind == TokenKind::version_comment || token.kind == TokenKind::version_comment_end;
    if (!is_edge) out.push_back(token);
    if (token.kind == TokenKind::unterminated) break;
  }
  while (!out.empty() && out.back().is(";")) out.pop_back();
  return out;
}

}  // namespace dw::sql
