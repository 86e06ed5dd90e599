#include "loader/dialect/dialect.h"

#include <array>
#include <charconv>

#include "common/sql/lexer.h"
#include "common/sql/word_table.h"
#include "loader/dialect/rewriter.h"
#include "loader/dialect/rules.h"

namespace dw::load {
namespace {

using sql::StatementClass;
using sql::Token;
using sql::TokenKind;
using sql::Verb;

// A statement that changes rows and has none of these words stays as it is. "of": FOR UPDATE OF t.
constexpr std::array<std::string_view, 22> kWords{"as",
                                                  "bin_to_uuid",
                                                  "charset",
                                                  "character",
                                                  "collate",
                                                  "convert",
                                                  "delete",
                                                  "json",
                                                  "json_extract",
                                                  "of",
                                                  "regexp_like",
                                                  "row",
                                                  "share",
                                                  "st_geomfromtext",
                                                  "st_geomfromwkb",
                                                  "st_pointfromtext",
                                                  "st_srid",
                                                  "table",
                                                  "utf8",
                                                  "uuid_to_bin",
                                                  "_utf8",
                                                  "_utf8mb3"};
constexpr sql::WordTable<kWords.size(), 64> kWordTable(kWords);

bool is_definition(const sql::Statement& statement) {
  return statement.cls == StatementClass::schema || statement.verb == Verb::create_temporary_table;
}

bool has_definer(Verb verb) {
  switch (verb) {
    case Verb::create_view:
    case Verb::alter_view:
    case Verb::create_trigger:
    case Verb::create_routine:
    case Verb::create_event:
    case Verb::alter_event:
      return true;
    default:
      return false;
  }
}

// The session variables that a SET_VAR hint may set and that change which rows a statement gives. MariaDB
// takes the hint for a comment.
bool has_set_var(std::string_view text, sql::LexerOptions options) {
  options.keep_comments = true;
  sql::Lexer lexer(text, options);
  for (Token token = lexer.next(); token.kind != TokenKind::end; token = lexer.next()) {
    if (token.kind == TokenKind::unterminated) return false;
    if (token.kind != TokenKind::comment || !token.text.starts_with("/*+")) continue;
    sql::Lexer hint(token.text.substr(3));
    for (Token word = hint.next(); word.kind != TokenKind::end; word = hint.next()) {
      if (word.is("SET_VAR")) return true;
    }
  }
  return false;
}

}  // namespace

Dialect::Dialect(DialectFacts facts) : facts_(std::move(facts)), collations_(facts_.collations) {}

// MySQL runs /*!NNNNN up to its own version and takes /*M! for a comment; MariaDB runs both up to its own,
// but nothing of 50700 to 99999 in the first (MariaDB manual, "Comment Syntax").
bool Dialect::executed_by_source(std::string_view version_comment) const {
  const bool mariadb_only = version_comment.size() > 2 && version_comment[2] == 'M';
  if (mariadb_only && !facts_.source.mariadb) return false;
  unsigned number = 0;
  const std::size_t digits = version_comment.find_first_of("0123456789");
  if (digits == std::string_view::npos) return true;
  std::from_chars(version_comment.data() + digits, version_comment.data() + version_comment.size(), number);
  constexpr unsigned kFirstOfMysqlOnly = 50700;
  constexpr unsigned kLastOfMysqlOnly = 99999;
  const bool mysql_only = number >= kFirstOfMysqlOnly && number <= kLastOfMysqlOnly;
  if (facts_.source.mariadb && !mariadb_only && mysql_only) return false;
  return number <= facts_.source.number;
}

bool Dialect::may_need_change(const sql::Statement& statement, sql::LexerOptions options) const {
  if ((statement.doubts & sql::doubt_version_comment) != 0 || is_definition(statement)) return true;
  const bool other_kind = facts_.source.mariadb != facts_.mirror.mariadb;
  if (!other_kind) return false;
  sql::Lexer lexer(statement.text, options);
  for (Token token = lexer.next(); token.kind != TokenKind::end; token = lexer.next()) {
    if (token.kind == TokenKind::word && kWordTable.find(token.text) >= 0) return true;
    if (token.kind == TokenKind::punctuation && token.text.size() > 1 && token.text.starts_with("->"))
      return true;
  }
  return false;
}

Translation Dialect::translate(const sql::Statement& statement, sql::LexerOptions options) const {
  Translation out;
  if (facts_.source.number == 0) return out;
  const bool to_mariadb = !facts_.source.mariadb && facts_.mirror.mariadb;
  if (to_mariadb && statement.text.find("/*+") != std::string_view::npos &&
      has_set_var(statement.text, options)) {
    out.suspect = "its SET_VAR hint is a comment to the mirror";
  }
  if (!may_need_change(statement, options)) return out;
  Rewriter tokens(statement.text, options,
                  [this](std::string_view opening) { return executed_by_source(opening); });
  if (!tokens.whole()) return out;
  Work work{statement, facts_, collations_, options, tokens, out};
  if (has_definer(statement.verb)) leave_out_definer(work);
  map_collations(work);
  if (to_mariadb) {
    rewrite_query(work);
    rewrite_functions(work);
    rewrite_insert_aliases(work);
  }
  if (is_definition(statement)) rewrite_definition(work);
  if (!out.text && tokens.changed()) out.text = tokens.text();
  if (out.text == statement.text) out.text.reset();
  return out;
}

}  // namespace dw::load
