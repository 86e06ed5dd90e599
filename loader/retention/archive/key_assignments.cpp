#include "loader/retention/archive/key_assignments.h"

#include "common/sql/identifiers.h"
#include "common/util/letter_case.h"

namespace dw::load {
namespace {

using sql::Token;
using sql::TokenKind;

bool ends_assignments(const Token& token) {
  return token.is("WHERE") || token.is("ORDER") || token.is("LIMIT") || token.is(";") ||
         token.is("RETURNING");
}

bool inserts(const Token& token) {
  return token.is("INSERT") || token.is("REPLACE") || token.is("LOAD");
}

}  // namespace

std::set<std::string> updated_columns(std::string_view text, sql::LexerOptions options) {
  std::set<std::string> out;
  sql::Lexer lexer(text, options);
  bool assigning = false;
  bool of_insert = false;  // a SET here gives a new row's values
  int depth = 0;
  int depth_of_set = 0;
  Token before;
  for (Token token = lexer.next(); token.kind != TokenKind::end && token.kind != TokenKind::unterminated;
       token = lexer.next()) {
    if (token.is("(")) ++depth;
    if (token.is(")")) --depth;
    if (inserts(token)) of_insert = true;
    if (token.is(";")) of_insert = false;
    if (token.is("UPDATE")) {
      of_insert = before.is("KEY") && of_insert;
      if (before.is("KEY")) {
        assigning = true;
        depth_of_set = depth;
      }
    } else if (token.is("SET") && !of_insert) {
      assigning = true;
      depth_of_set = depth;
    } else if (ends_assignments(token)) {
      assigning = false;
    } else if (assigning && depth == depth_of_set && token.is("=")) {
      const bool name = before.kind == TokenKind::word || before.kind == TokenKind::quoted_identifier;
      if (name) out.insert(lower(sql::unquote(before.text)));
    }
    before = token;
  }
  return out;
}

}  // namespace dw::load
