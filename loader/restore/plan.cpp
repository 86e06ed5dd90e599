#include "loader/restore/plan.h"

#include <algorithm>

namespace dw::load::restore {
namespace {

// Which tables' rows reference which tables' rows, in this plan.
std::vector<std::vector<std::size_t>> table_parents(const Plan& plan) {
  std::vector<std::vector<std::size_t>> out(plan.shapes.size());
  for (const Row& row : plan.rows) {
    auto& own = out[row.shape];
    for (const std::size_t parent : row.parents) {
      const std::size_t shape = plan.rows[parent].shape;
      if (std::find(own.begin(), own.end(), shape) == own.end()) own.push_back(shape);
    }
  }
  return out;
}

// The rows of tables that reference each other in a circle, ordered row by row.
std::vector<Group> order_rows(const Plan& plan, const std::vector<std::size_t>& rows) {
  std::vector<std::size_t> place(plan.rows.size(), plan.rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) place[rows[i]] = i;
  std::vector<std::vector<std::size_t>> parents(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (const std::size_t parent : plan.rows[rows[i]].parents) {
      if (place[parent] < rows.size()) parents[i].push_back(place[parent]);
    }
  }
  std::vector<Group> groups = parents_first(parents);
  for (Group& group : groups) {
    for (std::size_t& node : group.nodes) node = rows[node];
  }
  return groups;
}

}  // namespace

std::vector<Value> values_of(const Plan& plan, const Row& row, const std::vector<std::string>& columns) {
  const auto& own = plan.shapes[row.shape].branches[row.branch].columns;
  std::vector<Value> out;
  for (const std::string& name : columns) {
    const auto place = find_column(own, name);
    if (!place) return {};
    out.push_back(row.values[*place]);
  }
  return out;
}

std::vector<Column> columns_of(const Plan& plan, const Row& row, const std::vector<std::string>& columns) {
  const auto& own = plan.shapes[row.shape].branches[row.branch].columns;
  std::vector<Column> out;
  for (const std::string& name : columns) {
    if (const auto place = find_column(own, name)) out.push_back(own[*place]);
  }
  return out;
}

bool has_key(const Plan& plan, const Row& row) {
  const auto& key = plan.shapes[row.shape].key;
  return !key.empty() && has_columns(plan.shapes[row.shape].branches[row.branch].columns, key);
}

std::vector<Group> order_of(const Plan& plan) {
  std::vector<std::vector<std::size_t>> rows_of(plan.shapes.size());
  for (std::size_t i = 0; i < plan.rows.size(); ++i) rows_of[plan.rows[i].shape].push_back(i);
  std::vector<Group> out;
  for (const Group& tables : parents_first(table_parents(plan))) {
    std::vector<std::size_t> rows;
    for (const std::size_t table : tables.nodes)
      rows.insert(rows.end(), rows_of[table].begin(), rows_of[table].end());
    if (!tables.circular) {
      if (!rows.empty()) out.push_back({std::move(rows), false});
      continue;
    }
    for (Group& group : order_rows(plan, rows)) out.push_back(std::move(group));
  }
  return out;
}

}  // namespace dw::load::restore
