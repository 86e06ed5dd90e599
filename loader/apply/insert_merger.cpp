#include "loader/apply/insert_merger.h"

#include <algorithm>
#include <cctype>

#include "loader/apply/bookkeeping.h"

namespace dw::load {

bool is_strict(std::string_view sql_mode) {
  return sql_mode.find("STRICT_") != std::string_view::npos ||
         sql_mode.find("TRADITIONAL") != std::string_view::npos;
}

IdKind id_kind(const sql::InsertRow& row, const MergeTable& table, std::string_view sql_mode) {
  if (table.auto_increment_column.empty()) return IdKind::none;
  const auto found = std::find(row.columns.begin(), row.columns.end(), table.auto_increment_column);
  if (found == row.columns.end()) return IdKind::generated;
  const bool zero_is_zero = sql_mode.find("NO_AUTO_VALUE_ON_ZERO") != std::string_view::npos;
  switch (row.values[static_cast<std::size_t>(found - row.columns.begin())]) {
    case sql::ValueKind::null:
      return IdKind::generated;
    case sql::ValueKind::zero:
      return zero_is_zero ? IdKind::unclear : IdKind::generated;
    case sql::ValueKind::positive_integer:
      return IdKind::given;
    default:
      return IdKind::unclear;
  }
}

bool plan_allows_merging(const Plan& plan) {
  return std::none_of(plan.units.begin(), plan.units.end(), [](const Unit& unit) {
    const bool runs = unit.treatment == Treatment::run || unit.treatment == Treatment::set_state;
    return runs &&
           (unit.statement.verb == sql::Verb::call || (unit.statement.doubts & sql::doubt_row_count) != 0);
  });
}

const MergeTable& MergeTables::find(const std::string& schema, const std::string& table) {
  const auto [place, is_new] = tables_.try_emplace({schema, table});
  if (!is_new) return place->second;
  const std::string where = "TABLE_SCHEMA=" + hex_literal(schema) + " AND TABLE_NAME=" + hex_literal(table);
  const auto is_innodb = connection_.value(
      "SELECT ENGINE='InnoDB' FROM information_schema.TABLES WHERE TABLE_TYPE='BASE TABLE' AND " + where);
  place->second.exists = is_innodb.has_value();
  place->second.mergeable =
      is_innodb == "1" &&
      !connection_.value(
          "SELECT 1 FROM information_schema.TRIGGERS WHERE TRIGGER_NAME NOT LIKE "
          "'dw|_archive|_%' ESCAPE '|' AND EVENT_OBJECT_SCHEMA=" +
          hex_literal(schema) + " AND EVENT_OBJECT_TABLE=" + hex_literal(table) + " LIMIT 1");
  std::string column =
      connection_
          .value(
              "SELECT COLUMN_NAME FROM information_schema.COLUMNS WHERE EXTRA LIKE '%auto_increment%' AND " +
              where)
          .value_or("");
  std::transform(column.begin(), column.end(), column.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  place->second.auto_increment_column = std::move(column);
  return place->second;
}

}  // namespace dw::load
