// What a restore is going to write: rows with their tables, in an order in which each finds what it
// references.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "loader/restore/row_order.h"
#include "loader/restore/shape.h"
#include "loader/restore/values.h"

namespace dw::load::restore {

enum class Part {
  picked,      // by --where, or by --with-children
  referenced,  // by a picked row, directly or by way of others
};

struct Row {
  std::size_t shape = 0;   // in Plan::shapes
  std::size_t branch = 0;  // of that shape: which columns it has
  bool live = false;       // it came from the live table
  Part part = Part::picked;
  std::vector<Value> values{};         // of the branch's columns
  std::vector<std::size_t> parents{};  // rows of the plan that it references
};

// A value that rows reference and that neither live nor archive has: the target must have it.
struct MissingReference {
  sql::TableName from{};
  sql::TableName to{};
  std::string values{};  // `id`=7
};

struct Plan {
  std::vector<Shape> shapes{};
  std::vector<Row> rows{};
  std::vector<MissingReference> missing{};
};

// The row's values of these columns; empty when its branch lacks one of them.
std::vector<Value> values_of(const Plan& plan, const Row& row, const std::vector<std::string>& columns);
std::vector<Column> columns_of(const Plan& plan, const Row& row, const std::vector<std::string>& columns);

// Whether the row has a key by which it is known again.
bool has_key(const Plan& plan, const Row& row);

// The plan's rows, parents first, table by table where that can be. The nodes are places in Plan::rows.
std::vector<Group> order_of(const Plan& plan);

}  // namespace dw::load::restore
