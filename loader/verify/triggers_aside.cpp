#include "loader/verify/triggers_aside.h"

#include <string>

#include "common/sql/identifiers.h"
#include "loader/apply/bookkeeping.h"

namespace dw::load {
namespace {

constexpr const char* kCreate =
    R"(CREATE TABLE IF NOT EXISTS dw_meta.triggers_aside (
      id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
      schema_name VARCHAR(64) NOT NULL,
      trigger_name VARCHAR(64) NOT NULL,
      definition LONGBLOB NOT NULL,
      sql_mode TEXT NOT NULL,
      charset VARCHAR(64) NOT NULL,
      collation VARCHAR(64) NOT NULL
    ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4)";

}  // namespace

bool TriggersAside::take_off(const TableId& table) {
  const auto found = connection_.rows(
      "SELECT TRIGGER_SCHEMA, TRIGGER_NAME FROM information_schema.TRIGGERS WHERE TRIGGER_NAME NOT LIKE "
      "'dw|_archive|_%' ESCAPE '|' AND EVENT_OBJECT_SCHEMA=" +
      hex_literal(table.schema) + " AND EVENT_OBJECT_TABLE=" + hex_literal(table.table) +
      " ORDER BY EVENT_MANIPULATION, ACTION_TIMING, ACTION_ORDER");
  if (found.empty()) return false;
  connection_.execute(kCreate);
  connection_.execute("SET character_set_results=utf8mb4");
  for (const auto& row : found) {
    const std::string name =
        sql::quote_identifier(row[0].value_or("")) + "." + sql::quote_identifier(row[1].value_or(""));
    // Trigger, sql_mode, statement, character_set_client, collation_connection (both servers).
    const auto shown = connection_.rows("SHOW CREATE TRIGGER " + name).at(0);
    connection_.execute(
        "INSERT INTO dw_meta.triggers_aside (schema_name, trigger_name, definition, "
        "sql_mode, charset, collation) VALUES (" +
        hex_literal(row[0].value_or("")) + "," + hex_literal(row[1].value_or("")) + "," +
        hex_literal(shown.at(2).value_or("")) + "," + hex_literal(shown.at(1).value_or("")) + "," +
        hex_literal(shown.at(3).value_or("")) + "," + hex_literal(shown.at(4).value_or("")) + ")");
    connection_.execute("DROP TRIGGER " + name);
  }
  connection_.execute("SET character_set_results=NULL");
  return true;
}

// `row` as put_back reads it. A table that was dropped meanwhile took its triggers along.
void TriggersAside::make(const std::vector<std::optional<std::string>>& row) {
  constexpr unsigned kNoSuchDatabase = 1049;
  constexpr unsigned kNoSuchTable = 1146;
  try {
    connection_.execute("USE " + sql::quote_identifier(row[1].value_or("")));
    // The definition comes in UTF-8; its literals are of the character set that it was made under.
    connection_.execute("SET NAMES utf8mb4");
    connection_.execute("SET collation_connection=" + row[6].value_or("utf8mb4_general_ci") +
                        ", sql_mode=" + hex_literal(row[4].value_or("")));
    connection_.execute(row[3].value_or(""));
  } catch (const mysql::SqlError& error) {
    if (error.code() != kNoSuchTable && error.code() != kNoSuchDatabase) throw;
  }
}

bool TriggersAside::put_back() {
  if (!connection_.value("SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA='dw_meta' AND "
                         "TABLE_NAME='triggers_aside'"))
    return false;
  const auto aside = connection_.rows(
      "SELECT id, schema_name, trigger_name, definition, sql_mode, charset, collation FROM "
      "dw_meta.triggers_aside ORDER BY id");
  for (const auto& row : aside) {
    const bool there =
        connection_
            .value("SELECT 1 FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA=" +
                   hex_literal(row[1].value_or("")) + " AND TRIGGER_NAME=" + hex_literal(row[2].value_or("")))
            .has_value();
    if (!there) make(row);
    connection_.execute("DELETE FROM dw_meta.triggers_aside WHERE id=" + row[0].value_or("0"));
  }
  return !aside.empty();
}

}  // namespace dw::load
