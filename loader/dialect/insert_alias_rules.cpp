// INSERT … VALUES (…) AS new [(a, b)] ON DUPLICATE KEY UPDATE c = new.c (MySQL 8.0.19): MariaDB says
// VALUES(c).
#include <vector>

#include "common/sql/identifiers.h"
#include "common/util/letter_case.h"
#include "loader/dialect/rules.h"

namespace dw::load {
namespace {

using Names = std::vector<std::string>;

Names names_in(const Rewriter& tokens, std::size_t open, std::size_t close) {
  Names out;
  for (std::size_t i = open + 1; i < close; i += 2) {
    if (!tokens.is_name(i)) return {};
    out.push_back(sql::unquote(tokens.at(i).text));
  }
  return out;
}

// The columns that an INSERT names: (a, b), or SET a = 1, b = 2. Empty when it names none.
Names columns_of(const Rewriter& tokens, std::size_t insert, std::size_t end) {
  const std::size_t set = tokens.find(insert, end, "SET");
  Names out;
  if (set != end) {
    for (std::size_t i = set + 1; i < end; i = tokens.find(i, end, ",") + 1) {
      if (tokens.is(i + 1, "=")) out.push_back(sql::unquote(tokens.at(i).text));
    }
    return out;
  }
  std::size_t i = insert + 1;
  while (i < end && !tokens.is(i, "(") && !tokens.is(i, "VALUES") && !tokens.is(i, "VALUE")) ++i;
  return tokens.is(i, "(") ? names_in(tokens, i, tokens.close_of(i)) : Names{};
}

struct Alias {
  std::size_t begin = 0;  // AS
  std::size_t end = 0;    // behind it: ON
  std::string row;
  Names columns;  // of its own
};

void rewrite_insert(Work& work, std::size_t insert, std::size_t end) {
  Rewriter& tokens = work.tokens;
  std::size_t on = tokens.find(insert, end, "DUPLICATE");
  if (on == end || !tokens.is(on - 1, "ON") || !tokens.is(on + 2, "UPDATE")) return;
  --on;
  // A query's own AS stands before its end: only rows and SET are followed by this alias.
  if (tokens.find(insert, on, "SELECT") != on || tokens.find(insert, on, "TABLE") != on) return;
  Alias alias;
  alias.begin = tokens.find(insert, on, "AS");
  if (alias.begin == on) return;
  alias.row = sql::unquote(tokens.at(alias.begin + 1).text);
  if (tokens.is(alias.begin + 2, "(")) alias.columns = names_in(tokens, alias.begin + 2, on - 1);
  const Names columns = columns_of(tokens, insert, alias.begin);
  if (!alias.columns.empty() && alias.columns.size() != columns.size()) return;
  const auto real = [&](const std::string& name) -> std::string {
    if (alias.columns.empty()) return name;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (equals_ignoring_case(alias.columns[i], name)) return columns[i];
    }
    return "";
  };
  const auto value_of = [](const std::string& column) {
    return "VALUES(" + sql::quote_identifier(column) + ")";
  };
  const std::size_t first = on + 4;
  int depth = 0;
  for (std::size_t i = first; i < end; ++i) {
    if (tokens.is(i, "(")) ++depth;
    if (tokens.is(i, ")")) --depth;
    if (!tokens.is_name(i)) continue;
    const bool is_target = depth == 0 && tokens.is(i + 1, "=") && (i == first || tokens.is(i - 1, ","));
    const std::string name = sql::unquote(tokens.at(i).text);
    if (tokens.is(i + 1, ".") && tokens.is_name(i + 2) && equals_ignoring_case(name, alias.row)) {
      const std::string column = real(sql::unquote(tokens.at(i + 2).text));
      if (!column.empty()) tokens.replace(i, value_of(column));
      if (!column.empty()) tokens.erase(i + 1, i + 3);
      i += 2;
    } else if (tokens.is(i + 1, ".")) {
      i += 2;
    } else if (!alias.columns.empty() && !is_target && !tokens.is(i + 1, "(") && !real(name).empty()) {
      tokens.replace(i, value_of(real(name)));
    }
  }
  tokens.erase(alias.begin, on);
}

}  // namespace

void rewrite_insert_aliases(Work& work) {
  std::size_t begin = 0;
  while (begin < work.tokens.size()) {
    const std::size_t end = work.tokens.find(begin, work.tokens.size(), ";");
    const std::size_t insert = work.tokens.find(begin, end, "INSERT");
    if (insert != end) rewrite_insert(work, insert, end);
    begin = end + 1;
  }
}

}  // namespace dw::load
