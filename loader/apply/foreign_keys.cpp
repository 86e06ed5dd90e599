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

FirstRow first_row(std::string_view insert, const sql::LexerOptions& options) {
  const std::vector<sql::Token> tokens = sql::tokens_of(insert, options);
  const auto end_of = [&](std::size_t token) {
    return static_cast<std::size_t>(tokens[token].text.data() + tokens[token].text.size() - insert.data());
  };
  FirstRow out;
  std::size_t i = 0;
  while (i < tokens.size() && !tokens[i].is("VALUES") && !tokens[i].is("VALUE")) ++i;
  std::size_t depth = 0;
  std::size_t begin = 0;
  for (++i; i < tokens.size(); ++i) {
    if (tokens[i].is("(") && depth++ == 0) begin = end_of(i) - 1;
    if (depth == 0 && !tokens[i].is(",")) break;
    if (!tokens[i].is(")") || --depth != 0) continue;
    ++out.rows;
    if (out.rows > 1) continue;
    out.statement = insert.substr(0, end_of(i));
    out.row = out.statement.substr(begin);
  }
  return out;
}

std::string repeated(const FirstRow& first) {
  std::string out(first.statement);
  for (std::size_t i = 1; i < first.rows; ++i) out += "," + std::string(first.row);
  return out;
}

}  // namespace dw::load
