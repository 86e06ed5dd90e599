#include "loader/apply/foreign_keys.h"

#include <vector>

#include "common/sql/tokens.h"
#include "loader/apply/bookkeeping.h"

namespace dw::load {
namespace {

constexpr std::uint32_t kLayered = 90600;

}  // namespace

bool keys_by_engine(const sql::ServerVersion& source) {
  using Kind = sql::ServerVersion::Kind;
  return source.kind == Kind::mariadb || (source.kind == Kind::mysql && source.number < kLayered);
}

bool checks_keys_before_ids(mysql::Connection& connection) {
  if (connection.is_mariadb()) return false;
  const auto rows = connection.rows("SHOW GLOBAL VARIABLES LIKE 'innodb_native_foreign_keys'");
  return !rows.empty() && rows[0].at(1) == "OFF";
}

std::set<QualifiedName> tables_behind(mysql::Connection& connection, const QualifiedName& parent) {
  std::set<QualifiedName> out;
  std::vector<QualifiedName> waiting{parent};
  while (!waiting.empty()) {
    const auto [schema, table] = waiting.back();
    waiting.pop_back();
    for (const auto& row : connection.rows(
             "SELECT DISTINCT k.TABLE_SCHEMA, k.TABLE_NAME FROM information_schema.KEY_COLUMN_USAGE k JOIN "
             "information_schema.REFERENTIAL_CONSTRAINTS r ON r.CONSTRAINT_SCHEMA=k.CONSTRAINT_SCHEMA AND "
             "r.CONSTRAINT_NAME=k.CONSTRAINT_NAME AND r.TABLE_NAME=k.TABLE_NAME WHERE r.DELETE_RULE IN "
             "('CASCADE', 'SET NULL', 'SET DEFAULT') AND k.REFERENCED_TABLE_SCHEMA=" +
             hex_literal(schema) + " AND k.REFERENCED_TABLE_NAME=" + hex_literal(table))) {
      const QualifiedName child{row[0].value_or(""), row[1].value_or("")};
      if (out.insert(child).second) waiting.push_back(child);
    }
  }
  return out;
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
