#include "loader/restore/definitions.h"

#include <set>
#include <string_view>

#include "common/sql/identifiers.h"

namespace dw::load::restore {
namespace {

constexpr std::string_view kCreateTable = "CREATE TABLE ";
constexpr std::string_view kCreateDatabase = "CREATE DATABASE ";

// SHOW CREATE TABLE names the table without its database.
std::string with_database(const std::string& text, const sql::TableName& name) {
  const std::string own = sql::quote_identifier(name.table);
  return std::string(kCreateTable) + quoted(name) + text.substr(kCreateTable.size() + own.size());
}

}  // namespace

std::vector<Definition> definitions_for(const Plan& plan, Catalog& mirror) {
  std::vector<sql::TableName> waiting;
  for (const Shape& shape : plan.shapes) waiting.push_back(shape.name);
  std::vector<Definition> databases;
  std::vector<Definition> tables;
  std::set<std::string> seen;
  while (!waiting.empty()) {
    const sql::TableName name = waiting.back();
    waiting.pop_back();
    if (!seen.insert(quoted(name)).second) continue;
    const auto shape = mirror.table(name);
    if (!shape) continue;
    if (seen.insert(name.schema).second)
      databases.push_back({{name.schema, ""}, mirror.database_definition(name.schema)});
    tables.push_back({name, with_database(mirror.table_definition(name), name)});
    for (const ForeignKey& foreign_key : shape->foreign_keys) waiting.push_back(foreign_key.parent);
  }
  databases.insert(databases.end(), tables.begin(), tables.end());
  return databases;
}

std::string unless_there(const Definition& definition) {
  const std::string_view head = definition.name.table.empty() ? kCreateDatabase : kCreateTable;
  return std::string(head) + "IF NOT EXISTS " + definition.text.substr(head.size());
}

}  // namespace dw::load::restore
