#include "loader/verify/undoing.h"

#include <algorithm>

#include "common/sql/identifiers.h"
#include "common/sql/tokens.h"
#include "common/util/letter_case.h"

namespace dw::load {
namespace {

constexpr std::string_view kAddColumn = "ADD COLUMN ";
constexpr std::string_view kDropColumn = "DROP COLUMN ";

bool is(const sql::Token& token, const std::string& name) {
  return equals_ignoring_case(sql::unquote(token.text), name);
}

// The first name in the clause: that of its column or key. "": it has none (PRIMARY KEY).
std::string name_in(const ShapeChange& change) {
  const std::string& clause = change.clause;
  const std::size_t open = clause.find('`');
  if (open == std::string::npos) return "";
  return sql::unquote(sql::tokens_of(std::string_view(clause).substr(open)).front().text);
}

bool names(const std::string& statement, const std::string& name) {
  const std::vector<sql::Token> tokens = sql::tokens_of(statement);
  return !name.empty() && std::ranges::any_of(tokens, [&](const sql::Token& one) { return is(one, name); });
}

// CHANGE from to …, RENAME COLUMN from TO to
bool renames(const std::string& statement, const std::string& from, const std::string& to) {
  const std::vector<sql::Token> tokens = sql::tokens_of(statement);
  for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
    const std::size_t next = i + (tokens[i + 1].is("TO") ? 2 : 1);
    if (next < tokens.size() && is(tokens[i], from) && is(tokens[next], to)) return true;
  }
  return false;
}

// One that is added and one that is dropped, which a statement has the names of, are one column.
void rename_back(const std::vector<std::string>& statements, std::vector<ShapeChange>& changes) {
  for (ShapeChange& added : changes) {
    if (!added.clause.starts_with(kAddColumn)) continue;
    const auto dropped = std::ranges::find_if(changes, [&](const ShapeChange& one) {
      return one.clause.starts_with(kDropColumn) &&
             std::ranges::any_of(statements, [&](const std::string& statement) {
               return renames(statement, name_in(added), name_in(one));
             });
    });
    if (dropped == changes.end()) continue;
    added.clause = "CHANGE COLUMN " + dropped->clause.substr(kDropColumn.size()) + " " +
                   added.clause.substr(kAddColumn.size());
    dropped->clause.clear();
  }
  std::erase_if(changes, [](const ShapeChange& one) { return one.clause.empty(); });
}

}  // namespace

std::vector<ShapeChange> take_undoing(const std::vector<std::string>& statements,
                                      std::vector<ShapeChange>& changes) {
  if (statements.empty()) return {};
  const auto stays = [&](const ShapeChange& one) {
    return one.removes && std::ranges::none_of(statements, [&](const std::string& statement) {
             return names(statement, name_in(one));
           });
  };
  const auto rest = std::stable_partition(changes.begin(), changes.end(), stays);
  std::vector<ShapeChange> out(rest, changes.end());
  changes.erase(rest, changes.end());
  rename_back(statements, out);
  return out;
}

}  // namespace dw::load
