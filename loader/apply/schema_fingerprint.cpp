#include "loader/apply/schema_fingerprint.h"

#include <array>

#include "common/util/digest.h"
#include "loader/apply/bookkeeping.h"

namespace dw::load {
namespace {

struct View {
  const char* name;
  const char* schema_column;
  const char* columns;  // in both dialects
  const char* but = "";
};

constexpr std::array kViews{
    View{"SCHEMATA", "SCHEMA_NAME", "SCHEMA_NAME, DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME"},
    View{"TABLES", "TABLE_SCHEMA",
         "TABLE_NAME, TABLE_TYPE, ENGINE, ROW_FORMAT, TABLE_COLLATION, CREATE_OPTIONS, TABLE_COMMENT"},
    View{"COLUMNS", "TABLE_SCHEMA",
         "TABLE_NAME, COLUMN_NAME, ORDINAL_POSITION, COLUMN_DEFAULT, IS_NULLABLE, COLUMN_TYPE, "
         "COLLATION_NAME, EXTRA, "
         "COLUMN_COMMENT, GENERATION_EXPRESSION"},
    View{
        "STATISTICS", "TABLE_SCHEMA",
        "TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX, COLUMN_NAME, NON_UNIQUE, SUB_PART, INDEX_TYPE, INDEX_COMMENT"},
    View{"REFERENTIAL_CONSTRAINTS", "CONSTRAINT_SCHEMA",
         "CONSTRAINT_NAME, TABLE_NAME, REFERENCED_TABLE_NAME, UPDATE_RULE, DELETE_RULE"},
    View{"KEY_COLUMN_USAGE", "TABLE_SCHEMA",
         "CONSTRAINT_NAME, TABLE_NAME, COLUMN_NAME, REFERENCED_COLUMN_NAME"},
    View{"CHECK_CONSTRAINTS", "CONSTRAINT_SCHEMA", "CONSTRAINT_NAME, CHECK_CLAUSE, 1"},
    View{"PARTITIONS", "TABLE_SCHEMA", "TABLE_NAME, PARTITION_NAME, PARTITION_METHOD, PARTITION_DESCRIPTION"},
    View{"VIEWS", "TABLE_SCHEMA", "TABLE_NAME, VIEW_DEFINITION, 1"},
    View{"TRIGGERS", "TRIGGER_SCHEMA",
         "TRIGGER_NAME, EVENT_MANIPULATION, EVENT_OBJECT_TABLE, ACTION_TIMING, ACTION_STATEMENT",
         " AND TRIGGER_NAME NOT LIKE 'dw|_archive|_%' ESCAPE '|'"},
    View{"ROUTINES", "ROUTINE_SCHEMA", "ROUTINE_NAME, ROUTINE_TYPE, ROUTINE_DEFINITION, LAST_ALTERED"},
    View{"EVENTS", "EVENT_SCHEMA", "EVENT_NAME, EVENT_DEFINITION, STATUS, LAST_ALTERED"},
};

void add_row(Sha256& sha, const mysql::Row& row) {
  for (const mysql::Value& value : row) {
    sha.add(value ? std::to_string(value->size()) + ":" : "-");
    sha.add(value.value_or(""));
  }
}

}  // namespace

std::string schema_fingerprint(mysql::Connection& connection, const std::vector<std::string>& schemas,
                               const std::vector<TableId>& with_rows) {
  std::string list;
  for (const std::string& schema : schemas) list += (list.empty() ? "" : ",") + hex_literal(schema);
  Sha256 sha;
  for (const View& view : kViews) {
    sha.add(view.name);
    if (list.empty()) continue;
    const std::string sql = std::string("SELECT ") + view.schema_column + ", " + view.columns +
                            " FROM information_schema." + view.name + " WHERE " + view.schema_column +
                            " IN (" + list + ")" + view.but + " ORDER BY " + "1, 2, 3, 4";
    connection.stream(sql, [&](mysql::Row row) {
      add_row(sha, row);
      return true;
    });
  }
  for (const TableId& table : with_rows) {
    connection.stream("CHECKSUM TABLE " + quoted(table), [&](mysql::Row row) {
      add_row(sha, row);
      return true;
    });
  }
  return sha.hex();
}

}  // namespace dw::load
