#include "loader/apply/new_ids.h"

#include <algorithm>
#include <cctype>
#include <vector>

#include "common/sql/identifiers.h"
#include "common/sql/tokens.h"

namespace dw::load {

namespace {

bool names_column(const std::vector<sql::Token>& tokens, const std::string& column) {
  std::size_t i = 0;
  for (; i < tokens.size() && !tokens[i].is("("); ++i) {
    const bool no_list =
        tokens[i].is("VALUES") || tokens[i].is("VALUE") || tokens[i].is("SELECT") || tokens[i].is("SET");
    if (no_list) return true;
  }
  for (; i < tokens.size() && !tokens[i].is(")"); ++i) {
    std::string name = sql::unquote(tokens[i].text);
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    if (name == column) return true;
  }
  return false;
}

}  // namespace

bool gives_new_ids(const sql::Statement& statement, const std::string& auto_increment_column) {
  const bool inserts = statement.verb == sql::Verb::insert || statement.verb == sql::Verb::replace;
  if (!inserts || auto_increment_column.empty()) return false;
  const std::vector<sql::Token> tokens = sql::tokens_of(statement.text);
  const bool updates = std::any_of(tokens.begin(), tokens.end(),
                                   [](const sql::Token& token) { return token.is("DUPLICATE"); });
  return !updates || !names_column(tokens, auto_increment_column);
}

}  // namespace dw::load
