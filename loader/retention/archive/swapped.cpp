#include "loader/retention/archive/swapped.h"

#include <map>
#include <set>

#include "loader/retention/archive/narrowing.h"

namespace dw::load {
namespace {

// `names`: old, new, old, new.
std::vector<TableId> permuted(const std::vector<TableId>& names) {
  std::map<TableId, TableId> came_from;
  for (std::size_t i = 0; i + 1 < names.size(); i += 2) {
    const auto on_its_way = came_from.extract(names[i]);
    came_from[names[i + 1]] = on_its_way.empty() ? names[i] : on_its_way.mapped();
  }
  std::set<TableId> before;
  for (const auto& [to, from] : came_from) before.insert(from);
  std::vector<TableId> out;
  for (const auto& [to, from] : came_from) {
    if (!before.contains(to)) return {};
    out.push_back(to);
  }
  return out;
}

}  // namespace

std::vector<TableId> swapped_tables(const sql::Statement& statement, const std::vector<TableId>& names) {
  if (statement.verb == sql::Verb::rename_table) return permuted(names);
  const bool exchanges = statement.verb == sql::Verb::alter_table && names.size() == 2 &&
                         loss_of_alter(statement) == "exchange partition";
  return exchanges ? std::vector{names[1]} : std::vector<TableId>();
}

}  // namespace dw::load
