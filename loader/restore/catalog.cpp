#include "loader/restore/catalog.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "common/sql/identifiers.h"
#include "common/util/error.h"
#include "common/util/letter_case.h"

namespace dw::load::restore {
namespace {

using Texts = std::vector<std::optional<std::string>>;

std::string text(const Texts& row, std::size_t place) {
  return row[place].value_or("");
}

bool is_of_archive(const std::string& column) {
  return column == "dw_deleted_at" || column == "dw_reason" || column == "dw_event";
}

}  // namespace

std::string Catalog::where(const sql::TableName& name, const char* schema_column, const char* table_column) {
  return std::string(schema_column) + "=" + connection_.literal(name.schema) + " AND " + table_column + "=" +
         connection_.literal(name.table);
}

std::vector<Column> Catalog::columns(const sql::TableName& name) {
  std::vector<Column> out;
  for (const auto& row : connection_.rows(
           "SELECT COLUMN_NAME, DATA_TYPE, CHARACTER_SET_NAME, COALESCE(GENERATION_EXPRESSION,'') FROM "
           "information_schema.COLUMNS WHERE " +
           where(name, "TABLE_SCHEMA", "TABLE_NAME") + " ORDER BY ORDINAL_POSITION")) {
    out.push_back({text(row, 0), lower(text(row, 1)), lower(text(row, 2)), !text(row, 3).empty()});
  }
  return out;
}

// The primary key, else the first unique key by name, of whole columns that take no NULL.
std::vector<std::string> Catalog::key(const sql::TableName& name) {
  struct Candidate {
    std::vector<std::string> columns{};
    bool usable = true;
  };
  std::map<std::string, Candidate> keys;
  for (const auto& row : connection_.rows(
           "SELECT INDEX_NAME, COLUMN_NAME, SUB_PART, NULLABLE FROM information_schema.STATISTICS WHERE " +
           where(name, "TABLE_SCHEMA", "TABLE_NAME") +
           " AND NON_UNIQUE=0 ORDER BY INDEX_NAME, SEQ_IN_INDEX")) {
    Candidate& one = keys[text(row, 0)];
    one.columns.push_back(text(row, 1));
    // An expression has no column; a key over the beginning of a column does not name the row.
    if (!row[1] || row[2] || text(row, 3) == "YES") one.usable = false;
  }
  const auto primary = keys.find("PRIMARY");
  if (primary != keys.end() && primary->second.usable) return primary->second.columns;
  for (const auto& [index, one] : keys) {
    if (one.usable) return one.columns;
  }
  return {};
}

std::vector<std::pair<sql::TableName, ForeignKey>> Catalog::foreign_keys(const std::string& condition) {
  std::vector<std::pair<sql::TableName, ForeignKey>> out;
  std::string last;
  for (const auto& row : connection_.rows(
           "SELECT TABLE_SCHEMA, TABLE_NAME, CONSTRAINT_NAME, COLUMN_NAME, REFERENCED_TABLE_SCHEMA, "
           "REFERENCED_TABLE_NAME, REFERENCED_COLUMN_NAME FROM information_schema.KEY_COLUMN_USAGE WHERE "
           "REFERENCED_TABLE_NAME IS NOT NULL AND " +
           condition + " ORDER BY TABLE_SCHEMA, TABLE_NAME, CONSTRAINT_NAME, ORDINAL_POSITION")) {
    const std::string constraint = quoted({text(row, 0), text(row, 1)}) + text(row, 2);
    if (constraint != last) {
      ForeignKey key;
      key.parent = {text(row, 4), text(row, 5)};
      out.emplace_back(sql::TableName{text(row, 0), text(row, 1)}, std::move(key));
      last = constraint;
    }
    out.back().second.columns.push_back(text(row, 3));
    out.back().second.parent_columns.push_back(text(row, 6));
  }
  return out;
}

std::optional<Shape> Catalog::table(const sql::TableName& name) {
  const auto type = connection_.value("SELECT TABLE_TYPE FROM information_schema.TABLES WHERE " +
                                      where(name, "TABLE_SCHEMA", "TABLE_NAME"));
  if (!type) return std::nullopt;
  if (type->find("VIEW") != std::string::npos)
    throw Error(ExitCode::usage, shown(name) + " is a view", "restore takes tables");
  Shape out;
  out.name = name;
  out.columns = columns(name);
  out.key = key(name);
  for (auto& [table, foreign_key] : foreign_keys(where(name, "TABLE_SCHEMA", "TABLE_NAME")))
    out.foreign_keys.push_back(std::move(foreign_key));
  return out;
}

std::vector<Branch> Catalog::archives(const sql::TableName& name) {
  std::vector<Branch> out;
  if (!connection_.value("SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA='dw_meta' AND "
                         "TABLE_NAME='archives'"))
    return out;
  for (const auto& row : connection_.rows(
           "SELECT archive_schema, archive_table, void_events FROM dw_meta.archives WHERE " +
           where(name, "schema_name", "table_name") + " ORDER BY created_at, generation, archive_table")) {
    Branch& branch = out.emplace_back();
    branch.name = {text(row, 0), text(row, 1)};
    branch.generation = static_cast<unsigned>(out.size());
    if (row[2]) branch.void_events = nlohmann::json::parse(*row[2]).get<std::vector<std::string>>();
    branch.columns = columns(branch.name);
    std::erase_if(branch.columns, [](const Column& column) { return is_of_archive(column.name); });
    if (branch.columns.empty()) {
      throw Error(ExitCode::failed, shown(branch.name) + " stands in dw_meta.archives and is not there",
                  "let dw-load's account read it: it holds rows that left " + shown(name));
    }
  }
  return out;
}

std::vector<std::string> Catalog::archive_key(const sql::TableName& archive) {
  std::vector<std::string> out;
  std::string index;
  for (const auto& row : connection_.rows(
           "SELECT INDEX_NAME, COLUMN_NAME FROM information_schema.STATISTICS WHERE " +
           where(archive, "TABLE_SCHEMA", "TABLE_NAME") + " ORDER BY INDEX_NAME, SEQ_IN_INDEX")) {
    if (!index.empty() && text(row, 0) != index) break;
    index = text(row, 0);
    out.push_back(text(row, 1));
  }
  return out;
}

bool Catalog::has_null(const Branch& branch, const std::vector<std::string>& columns) {
  std::string is_null;
  for (const std::string& name : columns) {
    if (find_column(branch.columns, name))
      is_null += (is_null.empty() ? "" : " OR ") + sql::quote_identifier(name) + " IS NULL";
  }
  if (is_null.empty()) return false;
  return connection_.value("SELECT 1 FROM " + quoted(branch.name) + " WHERE " + is_null + " LIMIT 1")
      .has_value();
}

std::vector<std::pair<sql::TableName, ForeignKey>> Catalog::referencing(const sql::TableName& name) {
  return foreign_keys(where(name, "REFERENCED_TABLE_SCHEMA", "REFERENCED_TABLE_NAME"));
}

bool Catalog::is_mirror() {
  return has_database("dw_meta");
}

bool Catalog::is_suspect(const sql::TableName& name) {
  if (!connection_.value("SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA='dw_meta' AND "
                         "TABLE_NAME='suspects'"))
    return false;
  return connection_
      .value("SELECT 1 FROM dw_meta.suspects WHERE cleared_at IS NULL AND (schema_name='' OR (schema_name=" +
             connection_.literal(name.schema) + " AND table_name IN (''," + connection_.literal(name.table) +
             "))) LIMIT 1")
      .has_value();
}

bool Catalog::has_database(const std::string& schema) {
  return connection_
      .value("SELECT 1 FROM information_schema.SCHEMATA WHERE SCHEMA_NAME=" + connection_.literal(schema))
      .has_value();
}

bool Catalog::is_empty(const std::string& schema) {
  return !connection_
              .value("SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA=" +
                     connection_.literal(schema) + " LIMIT 1")
              .has_value();
}

bool Catalog::is_transactional(const sql::TableName& name) {
  return connection_.value(
             "SELECT e.TRANSACTIONS FROM information_schema.TABLES t JOIN information_schema.ENGINES e ON "
             "e.ENGINE=t.ENGINE WHERE " +
             where(name, "t.TABLE_SCHEMA", "t.TABLE_NAME")) == "YES";
}

std::vector<std::string> Catalog::insert_triggers(const sql::TableName& name) {
  std::vector<std::string> out;
  for (const auto& row :
       connection_.rows("SELECT TRIGGER_NAME FROM information_schema.TRIGGERS WHERE EVENT_MANIPULATION IN "
                        "('INSERT','UPDATE') AND " +
                        where(name, "EVENT_OBJECT_SCHEMA", "EVENT_OBJECT_TABLE") + " ORDER BY TRIGGER_NAME"))
    out.push_back(text(row, 0));
  return out;
}

std::string Catalog::database_definition(const std::string& schema) {
  return connection_.rows("SHOW CREATE DATABASE " + sql::quote_identifier(schema))[0][1].value_or("");
}

std::string Catalog::table_definition(const sql::TableName& name) {
  return connection_.rows("SHOW CREATE TABLE " + quoted(name))[0][1].value_or("");
}

}  // namespace dw::load::restore
