// What MySQL lets a query say and MariaDB 10.11 says otherwise.
#include "common/sql/identifiers.h"
#include "loader/dialect/rules.h"

namespace dw::load {
namespace {

using sql::TokenKind;
using sql::Verb;

// j->'$.a', t.j->>'$.a'
void rewrite_arrow(Work& work, std::size_t i) {
  Rewriter& tokens = work.tokens;
  const bool unquotes = tokens.is(i, "->>");
  if (i == 0 || !tokens.is_name(i - 1) || tokens.at(i + 1).kind != TokenKind::string) return;
  std::size_t column = i - 1;
  while (column >= 2 && tokens.is(column - 1, ".") && tokens.is_name(column - 2)) column -= 2;
  tokens.put_before(column, unquotes ? "JSON_UNQUOTE(JSON_EXTRACT(" : "JSON_EXTRACT(");
  tokens.replace(i, ", ");
  tokens.put_behind(i + 1, unquotes ? "))" : ")");
  if (!unquotes) work.out.suspect = "it compares JSON, which is text on the mirror";
}

// FOR SHARE, FOR UPDATE OF t, u: the mirror has one connection, and nobody to lock out.
void rewrite_locking(Rewriter& tokens, std::size_t i) {
  if (!tokens.is(i + 1, "SHARE") && !tokens.is(i + 1, "UPDATE")) return;
  if (tokens.is(i + 2, "OF")) {
    std::size_t end = tokens.behind_name(i + 3);
    while (tokens.is(end, ",")) end = tokens.behind_name(end + 1);
    tokens.erase(i + 2, end);
  }
  if (!tokens.is(i + 1, "SHARE")) return;
  tokens.replace(i, "LOCK IN SHARE");
  tokens.replace(i + 1, "MODE");
}

// DELETE FROM t AS a WHERE …: MariaDB has the alias only in the form for several tables, which has no ORDER
// BY and no LIMIT.
void rewrite_delete_alias(Rewriter& tokens, std::size_t i) {
  std::size_t from = i + 1;
  while (tokens.is(from, "LOW_PRIORITY") || tokens.is(from, "QUICK") || tokens.is(from, "IGNORE")) ++from;
  if (!tokens.is(from, "FROM") || !tokens.is_name(from + 1)) return;
  std::size_t alias = tokens.behind_name(from + 1);
  if (tokens.is(alias, "AS")) ++alias;
  const std::size_t behind = alias + 1;
  const bool ends = behind >= tokens.size() || tokens.is(behind, "WHERE") || tokens.is(behind, ";");
  if (!tokens.is_name(alias) || !ends || tokens.is(alias, "WHERE")) return;
  const std::size_t end = tokens.find(behind, tokens.size(), ";");
  if (tokens.find(behind, end, "ORDER") != end || tokens.find(behind, end, "LIMIT") != end) return;
  tokens.put_before(from, std::string(tokens.at(alias).text) + " ");
}

// TABLE t as a query.
bool is_table_query(const Work& work, std::size_t i) {
  const Rewriter& tokens = work.tokens;
  if (i == 0 || !tokens.is_name(i + 1) || tokens.at(i).identifier) return false;
  const bool changes_rows = work.statement.verb == Verb::insert || work.statement.verb == Verb::replace;
  const bool makes_table =
      (work.statement.verb == Verb::create_table || work.statement.verb == Verb::create_temporary_table) &&
      !tokens.is(i - 1, "CREATE") && !tokens.is(i - 1, "TEMPORARY") && !tokens.is(i - 1, "REPLACE");
  return changes_rows || makes_table;
}

}  // namespace

void rewrite_query(Work& work) {
  Rewriter& tokens = work.tokens;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const sql::Token& token = tokens.at(i);
    if (token.kind == TokenKind::punctuation) {
      if (token.text.starts_with("->")) rewrite_arrow(work, i);
    } else if (token.kind == TokenKind::word && !token.identifier) {
      const bool row = token.is("ROW") && tokens.is(i + 1, "(") && i > 0;
      if (row && (tokens.is(i - 1, "VALUES") || (tokens.is(i - 1, ",") && tokens.is(i - 2, ")"))))
        tokens.erase(i, i + 1);
      if (token.is("FOR")) rewrite_locking(tokens, i);
      if (token.is("DELETE")) rewrite_delete_alias(tokens, i);
      if (token.is("TABLE") && is_table_query(work, i)) tokens.replace(i, "SELECT * FROM");
    }
  }
}

}  // namespace dw::load
