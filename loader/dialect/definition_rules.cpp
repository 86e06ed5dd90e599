// CREATE and ALTER TABLE, CREATE and DROP INDEX, CREATE and ALTER DATABASE.
#include <algorithm>
#include <array>
#include <vector>

#include "loader/dialect/rules.h"

namespace dw::load {
namespace {

using sql::TokenKind;
using sql::Verb;

struct Range {
  std::size_t begin = 0;
  std::size_t end = 0;
};

// [begin, end) cut at the commas outside parentheses.
std::vector<Range> split(const Rewriter& tokens, std::size_t begin, std::size_t end) {
  std::vector<Range> out;
  while (begin < end) {
    const std::size_t comma = tokens.find(begin, end, ",");
    out.push_back({begin, comma});
    begin = comma + 1;
  }
  return out;
}

// Takes out an item with one of the commas beside it.
void leave_out(Rewriter& tokens, const Range& item, bool first_of_those_kept, std::size_t end) {
  if (first_of_those_kept) {
    tokens.erase(item.begin, std::min(item.end + 1, end));
  } else {
    tokens.erase(item.begin - 1, item.end);
  }
}

std::size_t option_value_at(const Rewriter& tokens, std::size_t i) {
  return tokens.is(i + 1, "=") ? i + 2 : i + 1;
}

// Options of InnoDB that say where and how the bytes lie, not what they are.
bool is_storage_option(const Rewriter& tokens, std::size_t i) {
  static constexpr std::array kOptions{"ENGINE_ATTRIBUTE", "SECONDARY_ENGINE_ATTRIBUTE",
                                       "SECONDARY_ENGINE", "ENCRYPTION",
                                       "COMPRESSION",      "AUTOEXTEND_SIZE",
                                       "TABLESPACE"};
  return std::any_of(kOptions.begin(), kOptions.end(), [&](const char* name) { return tokens.is(i, name); });
}

void rewrite_options(Work& work, std::size_t begin, std::size_t end) {
  add_default_collation(work, begin, end);
  if (!work.to_mariadb()) return;
  Rewriter& tokens = work.tokens;
  for (std::size_t i = begin; i < end; ++i) {
    if (is_storage_option(tokens, i)) {
      if (tokens.is(i, "ENCRYPTION")) work.note("ENCRYPTION left out: the mirror's own setting decides");
      tokens.erase(tokens.is(i - 1, "DEFAULT") ? i - 1 : i, option_value_at(tokens, i) + 1);
    }
    if (tokens.is(i, "START") && tokens.is(i + 1, "TRANSACTION")) tokens.erase(i, i + 2);
  }
}

// Where the options of a CREATE TABLE end: at its partitions or its query.
std::size_t end_of_options(const Rewriter& tokens, std::size_t begin) {
  std::size_t end = tokens.size();
  for (const char* word : {"PARTITION", "AS", "SELECT", "WITH", "TABLE", "VALUES", "IGNORE", "REPLACE", "("})
    end = tokens.find(begin, end, word);
  return end;
}

bool has_primary_key(const Rewriter& tokens, const std::vector<Range>& items) {
  for (const Range& item : items) {
    if (tokens.find(item.begin, item.end, "PRIMARY") != item.end) return true;
    const std::size_t key = tokens.find(item.begin + 1, item.end, "KEY");  // id INT KEY
    const bool own = key != item.end && !tokens.is(key - 1, "UNIQUE") && !tokens.is(key - 1, "FOREIGN");
    if (own && !tokens.is(item.begin, "UNIQUE") && !tokens.is(item.begin, "FULLTEXT") &&
        !tokens.is(item.begin, "SPATIAL") && !tokens.is(item.begin, "CONSTRAINT"))
      return true;
  }
  return false;
}

bool is_innodb(const Rewriter& tokens, std::size_t begin, std::size_t end) {
  const std::size_t engine = tokens.find(begin, end, "ENGINE");
  return engine == end || tokens.is(option_value_at(tokens, engine), "INNODB");
}

void rewrite_list(Work& work, std::size_t open, std::size_t close) {
  bool first = true;
  for (const Range& item : split(work.tokens, open + 1, close)) {
    const bool index = is_index(work, item.begin);
    if (!index) rewrite_column(work, item.begin, item.end);
    if (index && !rewrite_index(work, item.begin, item.end)) {
      leave_out(work.tokens, item, first, close);
      continue;
    }
    first = false;
  }
}

void create_table(Work& work) {
  Rewriter& tokens = work.tokens;
  std::size_t i = tokens.find(0, tokens.size(), "TABLE") + 1;
  while (tokens.is(i, "IF") || tokens.is(i, "NOT") || tokens.is(i, "EXISTS")) ++i;
  i = tokens.behind_name(i);
  if (!tokens.is(i, "(")) return rewrite_options(work, i, end_of_options(tokens, i));
  if (tokens.is(i + 1, "SELECT") || tokens.is(i + 1, "LIKE") || tokens.is(i + 1, "(")) return;
  const std::size_t close = tokens.close_of(i);
  if (close == tokens.size()) return;
  const std::size_t end = end_of_options(tokens, close + 1);
  const bool lacks_key = work.facts.invisible_primary_keys && work.to_mariadb() &&
                         !has_primary_key(tokens, split(tokens, i + 1, close)) &&
                         is_innodb(tokens, close + 1, end);
  rewrite_list(work, i, close);
  rewrite_options(work, close + 1, end);
  // MySQL manual 15.1.20.11, "Generated Invisible Primary Keys".
  if (lacks_key)
    tokens.put_behind(i, "`my_row_id` BIGINT UNSIGNED NOT NULL AUTO_INCREMENT INVISIBLE PRIMARY KEY, ");
}

// The mirror copies the table where it has to, and nobody waits.
void any_algorithm(Rewriter& tokens, std::size_t begin, std::size_t end) {
  for (std::size_t i = begin; i < end; ++i) {
    if ((tokens.is(i, "ALGORITHM") || tokens.is(i, "LOCK")) &&
        tokens.at(option_value_at(tokens, i)).kind == TokenKind::word)
      tokens.replace(option_value_at(tokens, i), "DEFAULT");
  }
}

std::size_t behind_word(const Rewriter& tokens, std::size_t i, std::string_view optional) {
  return tokens.is(i, optional) ? i + 1 : i;
}

// ALTER INDEX k INVISIBLE, DROP CHECK c.
void rewrite_small_change(Rewriter& tokens, std::size_t i) {
  if (tokens.is(i, "DROP") && tokens.is(i + 1, "CHECK")) tokens.replace(i + 1, "CONSTRAINT");
  if (!tokens.is(i, "ALTER") || !tokens.is(i + 1, "INDEX")) return;
  if (tokens.is(i + 3, "INVISIBLE")) tokens.replace(i + 3, "IGNORED");
  if (tokens.is(i + 3, "VISIBLE")) tokens.replace(i + 3, "NOT IGNORED");
}

// One specification of an ALTER TABLE. False: it is to be left out.
bool rewrite_change(Work& work, const Range& range) {
  Rewriter& tokens = work.tokens;
  const std::size_t i = range.begin;
  if (tokens.is(i, "ADD") && is_index(work, i + 1)) return rewrite_index(work, i + 1, range.end);
  const bool adds = tokens.is(i, "ADD") && !tokens.is(i + 1, "PARTITION");
  if (adds || tokens.is(i, "MODIFY") || tokens.is(i, "CHANGE")) {
    std::size_t name = behind_word(tokens, i + 1, "COLUMN");
    if (tokens.is(i, "CHANGE")) ++name;
    if (tokens.is(name, "(")) {
      rewrite_list(work, name, tokens.close_of(name));
    } else {
      rewrite_column(work, name, range.end);
    }
    return true;
  }
  if (!work.to_mariadb()) {
    rewrite_options(work, i, range.end);
    return true;
  }
  if (is_storage_option(tokens, i) && option_value_at(tokens, i) + 1 == range.end) return false;
  rewrite_small_change(tokens, i);
  any_algorithm(tokens, i, range.end);
  const bool options = !tokens.is(i, "ALTER") && !tokens.is(i, "DROP") && !tokens.is(i, "RENAME");
  if (options) rewrite_options(work, i, range.end);
  return true;
}

void alter_table(Work& work) {
  Rewriter& tokens = work.tokens;
  const std::size_t begin = tokens.behind_name(tokens.find(0, tokens.size(), "TABLE") + 1);
  const std::size_t end = tokens.size();
  bool first = true;
  for (const Range& change : split(tokens, begin, end)) {
    if (rewrite_change(work, change)) {
      first = false;
    } else {
      leave_out(tokens, change, first, end);
    }
  }
  if (first && begin < end) work.out.text = kNothing;
}

void create_index(Work& work) {
  Rewriter& tokens = work.tokens;
  if (!rewrite_index(work, 1, tokens.size())) {
    work.out.text = kNothing;
    return;
  }
  if (work.to_mariadb()) any_algorithm(tokens, 1, tokens.size());
}

}  // namespace

void rewrite_definition(Work& work) {
  switch (work.statement.verb) {
    case Verb::create_table:
    case Verb::create_temporary_table:
      return create_table(work);
    case Verb::alter_table:
      return alter_table(work);
    case Verb::create_index:
      return create_index(work);
    case Verb::drop_index:
      if (work.to_mariadb()) any_algorithm(work.tokens, 1, work.tokens.size());
      return;
    case Verb::create_database:
    case Verb::alter_database:
      return rewrite_options(work, 1, work.tokens.size());
    default:
      return;
  }
}

}  // namespace dw::load
