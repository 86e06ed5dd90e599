#include "loader/apply/replace_ids.h"

#include <algorithm>

#include "common/sql/identifiers.h"
#include "common/sql/tokens.h"
#include "common/util/letter_case.h"

namespace dw::load {
namespace {

using Tokens = std::vector<sql::Token>;

// The items of a list in parentheses that begins at `at`, which is moved behind it.
std::vector<Tokens> items_of(const Tokens& tokens, std::size_t& at) {
  std::vector<Tokens> out(1);
  std::size_t depth = 1;
  for (++at; at < tokens.size() && depth > 0; ++at) {
    const sql::Token& token = tokens[at];
    if (token.is("(")) ++depth;
    if (token.is(")") && --depth == 0) continue;
    if (depth == 1 && token.is(",")) {
      out.emplace_back();
    } else {
      out.back().push_back(token);
    }
  }
  return out;
}

// Where the column stands in each row; nullopt: nowhere.
std::optional<std::size_t> place_of(const std::vector<std::string>& columns, const std::string& name) {
  const auto found = std::ranges::find(columns, name);
  return found == columns.end() ? std::nullopt : std::optional<std::size_t>(found - columns.begin());
}

// Of one value; the outer nullopt: not certain.
std::optional<std::optional<std::uint64_t>> id_of(const Tokens& value, bool zero_is_a_value) {
  if (value.size() != 1) return std::nullopt;
  if (value[0].is("NULL") || value[0].is("DEFAULT")) return std::optional<std::uint64_t>();
  const auto number = sql::integer_value({value[0]});
  if (!number || *number < 0) return std::nullopt;
  if (*number == 0 && !zero_is_a_value) return std::optional<std::uint64_t>();
  return std::optional<std::uint64_t>(static_cast<std::uint64_t>(*number));
}

// A new id is given, another one named, and again a new one given.
bool may_reserve_twice(const RowIds& rows) {
  const auto given = [](const auto& id) { return !id; };
  const auto first = std::ranges::find_if(rows, given);
  const auto named = std::find_if_not(first, rows.end(), given);
  return std::find_if(named, rows.end(), given) != rows.end();
}

}  // namespace

RowIds ids_of_replace(const sql::Statement& statement, const sql::TableKey& key,
                      const sql::LexerOptions& lexer, bool zero_is_a_value) {
  if (statement.verb != sql::Verb::replace || key.columns.size() != 1 ||
      key.columns[0].name != key.auto_increment)
    return {};
  const Tokens tokens = sql::tokens_of(statement.text, lexer);
  const auto is_values = [](const sql::Token& token) { return token.is("VALUES") || token.is("VALUE"); };
  auto at = static_cast<std::size_t>(std::ranges::find_if(tokens, is_values) - tokens.begin());
  std::vector<std::string> columns = key.table_columns;
  const auto open = std::ranges::find_if(tokens, [](const sql::Token& token) { return token.is("("); });
  auto list = static_cast<std::size_t>(open - tokens.begin());
  if (list < at) {
    columns.clear();
    for (const Tokens& name : items_of(tokens, list)) {
      if (name.size() != 1) return {};
      columns.push_back(lower(sql::unquote(name[0].text)));
    }
  }
  const auto place = place_of(columns, key.auto_increment);
  if (!place) return {};
  RowIds out;
  for (++at; at < tokens.size() && tokens[at].is("("); ++at) {
    const std::vector<Tokens> row = items_of(tokens, at);
    const auto id = *place < row.size() ? id_of(row[*place], zero_is_a_value) : std::nullopt;
    if (!id) return {};
    out.push_back(*id);
    if (at >= tokens.size() || !tokens[at].is(",")) break;
  }
  return at >= tokens.size() && may_reserve_twice(out) ? out : RowIds();
}

std::uint64_t counter_behind(std::uint64_t counter, const RowIds& rows, std::set<std::uint64_t> there,
                             bool other_unique) {
  constexpr unsigned kMostDoublings = 16;  // of both servers
  std::uint64_t left = 0;                  // to be reserved for
  std::uint64_t next = 0;
  std::uint64_t end = 0;
  unsigned intervals = 0;
  for (const std::optional<std::uint64_t>& row : rows) {
    if (!row && next >= end) {
      if (left == 0)
        left = intervals == 0 ? rows.size() : std::uint64_t{1} << std::min(intervals, kMostDoublings);
      next = counter;
      end = counter = next + left;
      ++intervals;
    }
    const std::uint64_t id = row ? *row : next;
    if (intervals > 0 && id >= next) next = id + 1;
    const std::uint64_t tries = other_unique && there.contains(id) ? 2 : 1;
    left -= std::min(left, tries);
    counter = std::max(counter, id + 1);
    there.insert(id);
  }
  return counter;
}

}  // namespace dw::load
