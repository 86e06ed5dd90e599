// One column, index or constraint of a definition: MySQL's to MariaDB's.
#include <array>

#include "loader/dialect/rules.h"

namespace dw::load {
namespace {

using sql::TokenKind;

constexpr const char* kAddedJson = "a JSON column that was added, in the rows that were there";
constexpr unsigned kChecksEnforced = 80016;  // before it MySQL reads CHECK and forgets it

// The position of an attribute's value: behind it, and behind `=` where there is one.
std::size_t value_at(const Rewriter& tokens, std::size_t i) {
  return tokens.is(i + 1, "=") ? i + 2 : i + 1;
}

bool is_attribute(const Rewriter& tokens, std::size_t i, std::size_t begin) {
  return i > begin && tokens.at(i).kind == TokenKind::word && !tokens.at(i).identifier;
}

// CHECK (x) [NOT] ENFORCED. One that is not enforced keeps its name, and is always true.
void rewrite_check(Work& work, std::size_t i, std::size_t end) {
  Rewriter& tokens = work.tokens;
  if (!tokens.is(i + 1, "(")) return;
  const std::size_t close = tokens.close_of(i + 1);
  if (close >= end) return;
  const bool off = tokens.is(close + 1, "NOT") && tokens.is(close + 2, "ENFORCED");
  if (off) tokens.erase(close + 1, close + 3);
  if (tokens.is(close + 1, "ENFORCED")) tokens.erase(close + 1, close + 2);
  if (!off && work.facts.source.number >= kChecksEnforced) return;
  tokens.put_behind(i + 1, "(");
  tokens.put_before(close, ") OR TRUE");
}

// MariaDB has no [NOT] NULL on a generated column.
void leave_out_null(Rewriter& tokens, std::size_t i, std::size_t end) {
  const std::size_t null = tokens.find(i, end, "NULL");
  if (null == end) return;
  tokens.erase(tokens.is(null - 1, "NOT") ? null - 1 : null, null + 1);
}

// Rows that are there get JSON's null on MySQL, and '' on MariaDB, which its own check then refuses.
void fill_added_json(Work& work, std::size_t begin, std::size_t end) {
  Rewriter& tokens = work.tokens;
  std::size_t before = begin;
  if (before > 0 && tokens.is(before - 1, "(")) --before;
  if (before > 0 && tokens.is(before - 1, "COLUMN")) --before;
  const bool added =
      work.statement.verb == sql::Verb::alter_table && before > 0 && tokens.is(before - 1, "ADD");
  const std::size_t null = tokens.find(begin, end, "NULL");
  const bool fills = null != end && tokens.is(null - 1, "NOT") && tokens.find(begin, end, "DEFAULT") == end &&
                     tokens.find(begin, end, "AS") == end;
  if (!added || !fills || work.out.suspect == kAddedJson) return;
  tokens.put_before(0, "SET STATEMENT check_constraint_checks=0 FOR ");
  work.out.suspect = kAddedJson;
}

void rewrite_attribute(Work& work, std::size_t i, std::size_t end) {
  Rewriter& tokens = work.tokens;
  if (tokens.is(i, "VISIBLE")) tokens.erase(i, i + 1);
  if (tokens.is(i, "COLUMN_FORMAT") || tokens.is(i, "STORAGE")) tokens.erase(i, i + 2);
  if (tokens.is(i, "NOT") && tokens.is(i + 1, "SECONDARY")) tokens.erase(i, i + 2);
  if (tokens.is(i, "ENGINE_ATTRIBUTE") || tokens.is(i, "SECONDARY_ENGINE_ATTRIBUTE"))
    tokens.erase(i, value_at(tokens, i) + 1);
  if (tokens.is(i, "CHECK")) rewrite_check(work, i, end);
  if (tokens.is(i, "AS") && tokens.is(i + 1, "(")) leave_out_null(tokens, tokens.close_of(i + 1) + 1, end);
  if (tokens.is(i, "SRID") && tokens.at(i + 1).kind == TokenKind::number) {
    if (tokens.at(i + 1).text != "0") {
      work.note("SRID left out");
      work.out.suspect = "coordinates of a spatial reference system: their order is not production's";
    }
    tokens.erase(i, i + 2);
  }
}

}  // namespace

bool is_index(const Work& work, std::size_t begin) {
  static constexpr std::array kWords{"CONSTRAINT", "PRIMARY", "UNIQUE",  "KEY",  "INDEX",
                                     "FULLTEXT",   "SPATIAL", "FOREIGN", "CHECK"};
  for (const char* word : kWords) {
    if (work.tokens.is(begin, word)) return true;
  }
  return false;
}

void rewrite_column(Work& work, std::size_t begin, std::size_t end) {
  add_default_collation(work, begin + 1, end);
  if (!work.to_mariadb()) return;
  Rewriter& tokens = work.tokens;
  if (tokens.is(begin + 1, "JSON")) {
    work.note("JSON is text here: spaces and the order of keys may differ");
    fill_added_json(work, begin, end);
  }
  int depth = 0;
  for (std::size_t i = begin; i < end; ++i) {
    if (tokens.is(i, "(")) ++depth;
    if (tokens.is(i, ")")) --depth;
    if (depth == 0 && is_attribute(tokens, i, begin)) rewrite_attribute(work, i, end);
  }
}

bool rewrite_index(Work& work, std::size_t begin, std::size_t end) {
  if (!work.to_mariadb()) return true;
  Rewriter& tokens = work.tokens;
  const std::size_t check = tokens.find(begin, end, "CHECK");
  if (check != end) {
    rewrite_check(work, check, end);
    return true;
  }
  std::size_t open = begin;
  while (open < end && !tokens.is(open, "(")) ++open;
  const std::size_t close = tokens.close_of(open);
  if (close >= end) return true;
  bool functional = false;
  for (std::size_t i = open; i < close; ++i) {
    functional = functional || ((i == open || tokens.is(i, ",")) && tokens.is(i + 1, "("));
  }
  const bool unique = tokens.find(begin, open, "UNIQUE") != open;
  if (functional && !unique) {
    work.note("an index on an expression left out");
    return false;
  }
  for (std::size_t i = close + 1; i < end; ++i) {
    if (tokens.is(i, "INVISIBLE")) tokens.replace(i, "IGNORED");
    if (tokens.is(i, "VISIBLE")) tokens.erase(i, i + 1);
    if (tokens.is(i, "WITH") && tokens.is(i + 1, "PARSER")) {
      tokens.erase(i, i + 3);
      work.note("a full-text parser left out");
    }
    if (tokens.is(i, "ENGINE_ATTRIBUTE") || tokens.is(i, "SECONDARY_ENGINE_ATTRIBUTE"))
      tokens.erase(i, value_at(tokens, i) + 1);
  }
  return true;
}

}  // namespace dw::load
