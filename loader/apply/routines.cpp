#include "loader/apply/routines.h"

#include <algorithm>
#include <array>

#include "common/sql/lexer.h"
#include "loader/apply/bookkeeping.h"

namespace dw::load {
namespace {

// Words that end a transaction, commit implicitly, or lead to a text that is not here.
bool may_end_transaction(const sql::Token& token) {
  static constexpr std::array kWords{"COMMIT", "ROLLBACK", "START",  "CALL",     "EXECUTE",   "CREATE",
                                     "ALTER",  "DROP",     "RENAME", "TRUNCATE", "LOCK",      "UNLOCK",
                                     "GRANT",  "REVOKE",   "FLUSH",  "ANALYZE",  "XA",        "LOAD",
                                     "WORK",   "REPAIR",   "RESET",  "OPTIMIZE", "AUTOCOMMIT"};
  if (token.kind == sql::TokenKind::system_variable) return true;
  return token.kind == sql::TokenKind::word &&
         std::any_of(kWords.begin(), kWords.end(), [&](const char* word) { return token.is(word); });
}

}  // namespace

bool Routines::keeps_transaction(const std::string& schema, const std::string& name) {
  const auto [place, is_new] = known_.try_emplace({schema, name}, false);
  if (!is_new) return place->second;
  const auto body = connection_.value(
      "SELECT ROUTINE_DEFINITION FROM information_schema.ROUTINES WHERE ROUTINE_TYPE="
      "'PROCEDURE' AND ROUTINE_SCHEMA=" +
      hex_literal(schema) + " AND ROUTINE_NAME=" + hex_literal(name));
  if (!body) return false;
  sql::Lexer lexer(*body);
  for (sql::Token token = lexer.next(); token.kind != sql::TokenKind::end; token = lexer.next()) {
    if (token.kind == sql::TokenKind::unterminated || may_end_transaction(token)) return false;
  }
  return place->second = true;
}

}  // namespace dw::load
