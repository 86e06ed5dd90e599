#include "loader/dialect/type_doubts.h"

#include <algorithm>

#include "common/sql/identifiers.h"
#include "common/sql/lexer.h"
#include "common/util/letter_case.h"

namespace dw::load {
namespace {

using sql::Token;
using sql::TokenKind;
using sql::Verb;

bool contains(const std::vector<std::string>& names, const Token& token) {
  if (token.kind != TokenKind::word && token.kind != TokenKind::quoted_identifier) return false;
  const std::string name = sql::unquote(token.text);
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& one) { return equals_ignoring_case(one, name); });
}

// Values that are no text and no NULL: MySQL refuses them for a JSON column, MariaDB asks only whether their
// text is JSON.
bool may_be_refused(const Token& token) {
  return token.kind == TokenKind::user_variable || token.kind == TokenKind::hex_literal ||
         token.kind == TokenKind::bit_literal || token.is("DEFAULT");
}

}  // namespace

bool depends_on_json(const sql::Statement& statement, const std::vector<std::string>& written,
                     const std::vector<std::string>& read, sql::LexerOptions options) {
  if (written.empty() && read.empty()) return false;
  const bool inserts = statement.verb == Verb::insert || statement.verb == Verb::replace;
  const bool row_values = inserts && statement.reads.empty();
  // Any column can go into the JSON one, and the JSON one into any.
  if (inserts && !row_values) return true;
  sql::Lexer lexer(statement.text, options);
  bool behind_values = false;
  bool behind_update = false;
  for (Token token = lexer.next(); token.kind != TokenKind::end; token = lexer.next()) {
    if (token.kind == TokenKind::unterminated) return true;
    behind_values = behind_values || token.is("VALUES") || token.is("VALUE") || token.is("SET");
    behind_update = behind_update || !inserts || token.is("DUPLICATE");
    if (row_values && behind_values && may_be_refused(token)) return true;
    if (behind_update && (contains(written, token) || contains(read, token))) return true;
  }
  return false;
}

bool compares_sets(const sql::Statement& statement, const std::vector<std::string>& columns,
                   sql::LexerOptions options) {
  if (columns.empty() || statement.reads.empty()) return false;
  sql::Lexer lexer(statement.text, options);
  for (Token token = lexer.next(); token.kind != TokenKind::end; token = lexer.next()) {
    if (token.kind == TokenKind::unterminated || contains(columns, token)) return true;
  }
  return false;
}

}  // namespace dw::load
