#include "loader/apply/bodies.h"

#include "common/sql/identifiers.h"
#include "common/sql/lexer.h"
#include "common/sql/server_schemas.h"
#include "common/util/letter_case.h"
#include "loader/plan/variable_use.h"

namespace dw::load {
namespace {

std::string every_body() {
  const std::string schemas = sql::kUnmirroredSchemaList;
  return "SELECT ACTION_STATEMENT FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA NOT IN " + schemas +
         " AND TRIGGER_NAME NOT LIKE 'dw|_archive|_%' ESCAPE '|' UNION ALL SELECT ROUTINE_DEFINITION FROM "
         "information_schema.ROUTINES WHERE ROUTINE_SCHEMA NOT IN " +
         schemas;
}

}  // namespace

void Bodies::learn() {
  if (known_) return;
  insert_id_ = false;
  variables_.clear();
  words_.clear();
  for (const auto& row : connection_.rows(every_body())) {
    // The account may not read it (MySQL manual, "The INFORMATION_SCHEMA ROUTINES Table").
    if (!row[0]) insert_id_ = true;
    add(row[0].value_or(""));
  }
  known_ = true;
}

void Bodies::add(std::string_view body) {
  variables_.merge(variable_names(body));
  sql::Lexer lexer(body);
  for (sql::Token token = lexer.next(); token.kind != sql::TokenKind::end; token = lexer.next()) {
    if (token.kind == sql::TokenKind::unterminated) break;
    if (token.kind != sql::TokenKind::word && token.kind != sql::TokenKind::quoted_identifier) continue;
    if (token.is("LAST_INSERT_ID")) insert_id_ = true;
    words_.insert(lower(sql::unquote(token.text)));
  }
}

bool Bodies::mention(const std::string& name) const {
  return words_.contains(lower(name));
}

}  // namespace dw::load
