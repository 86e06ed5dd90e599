#include "loader/apply/foreign_keys.h"

#include <vector>

#include "common/sql/tokens.h"

namespace dw::load {
namespace {

constexpr std::uint32_t kLayered = 90600;

}  // namespace

bool keys_by_engine(const sql::ServerVersion& source, bool of_session) {
  using Kind = sql::ServerVersion::Kind;
  return of_session || source.kind == Kind::mariadb ||
         (source.kind == Kind::mysql && source.number < kLayered);
}

bool checks_keys_before_ids(mysql::Connection& connection) {
  if (connection.is_mariadb()) return false;
  const auto rows = connection.rows("SHOW GLOBAL VARIABLES LIKE 'innodb_native_foreign_keys'");
  return !rows.empty() && rows[0].at(1) == "OFF";
}

std::string_view with_first_row(std::string_view insert, const sql::LexerOptions& options) {
  const std::vector<sql::Token> tokens = sql::tokens_of(insert, options);
  std::size_t i = 0;
  while (i < tokens.size() && !tokens[i].is("VALUES") && !tokens[i].is("VALUE")) ++i;
  std::size_t depth = 0;
  for (++i; i < tokens.size(); ++i) {
    if (tokens[i].is("(")) ++depth;
    if (tokens[i].is(")") && --depth == 0) break;
    if (depth == 0) return {};
  }
  if (i + 1 >= tokens.size() || !tokens[i + 1].is(",")) return {};
  const std::string_view end = tokens[i].text;
  return insert.substr(0, static_cast<std::size_t>(end.data() + end.size() - insert.data()));
}

}  // namespace dw::load
