#include "loader/restore/shape.h"

#include <algorithm>
#include <cctype>

#include "common/sql/identifiers.h"

namespace dw::load::restore {
namespace {

bool same_name(std::string_view left, std::string_view right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); });
}

}  // namespace

std::optional<std::size_t> find_column(const std::vector<Column>& columns, std::string_view name) {
  const auto found = std::find_if(columns.begin(), columns.end(),
                                  [&](const Column& column) { return same_name(column.name, name); });
  if (found == columns.end()) return std::nullopt;
  return static_cast<std::size_t>(found - columns.begin());
}

bool has_columns(const std::vector<Column>& columns, const std::vector<std::string>& names) {
  return std::all_of(names.begin(), names.end(),
                     [&](const std::string& name) { return find_column(columns, name).has_value(); });
}

std::string quoted(const sql::TableName& table) {
  return sql::quote_identifier(table.schema) + "." + sql::quote_identifier(table.table);
}

std::string shown(const sql::TableName& table) {
  return table.schema + "." + table.table;
}

}  // namespace dw::load::restore
