#include "loader/baseline/schema_maker.h"

#include "common/rows/counter.h"
#include "common/sql/identifiers.h"
#include "common/util/error.h"
#include "loader/apply/bookkeeping.h"

namespace dw::load {

std::string sql_name(const std::string& schema, const std::string& table) {
  return sql::quote_identifier(schema) + "." + sql::quote_identifier(table);
}

void make_database(mysql::Connection& mirror, const ProgramMaker& maker, const rows::Schema& schema) {
  const std::string create = "CREATE DATABASE IF NOT EXISTS " + sql::quote_identifier(schema.name) +
                             " CHARACTER SET " + schema.charset + " COLLATE " + schema.collation;
  mirror.execute(maker.translated(create, ""));
}

void make_table(mysql::Connection& mirror, const ProgramMaker& maker, const rows::Table& table) {
  mirror.execute("USE " + sql::quote_identifier(table.schema));
  mirror.execute(maker.translated(rows::without_counter(table.create), ""));
  if (table.next_id)
    mirror.execute("ALTER TABLE " + sql_name(table.schema, table.name) +
                   " AUTO_INCREMENT=" + std::to_string(*table.next_id));
}

std::optional<std::string> first_object(mysql::Connection& mirror, const std::string& schema) {
  const std::string name = hex_literal(schema);
  return mirror.value(
      "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA=" + name +
      " UNION ALL SELECT ROUTINE_NAME FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA=" + name);
}

void refuse_if_not_empty(mysql::Connection& mirror, const std::string& schema) {
  const auto found = first_object(mirror, schema);
  if (!found) return;
  throw Error(
      ExitCode::usage, "the mirror is not empty: schema " + schema + " has " + *found + " already",
      "drop the schema there if it may go, or take it over as it is: dw-load baseline --adopt " + schema);
}

}  // namespace dw::load
