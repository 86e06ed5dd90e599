#include "loader/apply/unseen_replace.h"

#include "common/sql/lexer.h"

namespace dw::load {
namespace {

using sql::Verb;

// REPLACE in front of INTO: as a function it may stand in LOAD DATA's SET.
bool loads_over(const sql::Statement& statement, sql::LexerOptions options) {
  sql::Lexer lexer(statement.text, options);
  sql::Token before;
  for (sql::Token token = lexer.next();
       token.kind != sql::TokenKind::end && token.kind != sql::TokenKind::unterminated;
       token = lexer.next()) {
    if (token.is("INTO")) return before.is("REPLACE");
    before = token;
  }
  return false;
}

}  // namespace

bool replaces_rows(const sql::Statement& statement, sql::LexerOptions lexer) {
  if (statement.verb == Verb::load_data || statement.verb == Verb::load_xml)
    return loads_over(statement, lexer);
  return statement.verb == Verb::replace;
}

bool takes_rows(const sql::Statement& statement, sql::LexerOptions lexer, bool call_may) {
  if (statement.verb == Verb::delete_ || statement.verb == Verb::with) return true;
  if (statement.verb == Verb::call) return call_may;
  return replaces_rows(statement, lexer);
}

}  // namespace dw::load
