// A server's own words on its tables: information_schema, and on a mirror dw_meta.archives.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/mysql/connection.h"
#include "loader/restore/shape.h"

namespace dw::load::restore {

class Catalog {
 public:
  // The connection must outlive the catalogue. Throws mysql::SqlError, here and below.
  explicit Catalog(mysql::Connection& connection) : connection_(connection) {}

  // Columns, key and foreign keys of a base table, without branches; nullopt when it is not there. Throws
  // Error(usage) for a view.
  std::optional<Shape> table(const sql::TableName& name);
  // The generations of its archive, the oldest first; none where the registry is missing. Each with all
  // columns but the archive's own (dw_…).
  std::vector<Branch> archives(const sql::TableName& name);
  // Indexed columns of an archive table: the key that the live table had. Empty: it had none.
  std::vector<std::string> archive_key(const sql::TableName& archive);
  // Whether some row of the archive table lacks a value in one of the columns.
  bool has_null(const Branch& branch, const std::vector<std::string>& columns);
  // The foreign keys of other tables, and of itself, that reference it.
  std::vector<std::pair<sql::TableName, ForeignKey>> referencing(const sql::TableName& name);

  bool is_mirror();
  // On a mirror: whether some of the table's rows may differ from production's.
  bool is_suspect(const sql::TableName& name);
  // Tables whose rows cannot be taken back: another engine than one with transactions.
  bool is_transactional(const sql::TableName& name);
  std::vector<std::string> insert_triggers(const sql::TableName& name);
  // What SHOW CREATE DATABASE and SHOW CREATE TABLE say.
  std::string database_definition(const std::string& schema);
  std::string table_definition(const sql::TableName& name);
  bool has_database(const std::string& schema);
  bool is_empty(const std::string& schema);

 private:
  std::string where(const sql::TableName& name, const char* schema_column, const char* table_column);
  std::vector<Column> columns(const sql::TableName& name);
  std::vector<std::string> key(const sql::TableName& name);
  std::vector<std::pair<sql::TableName, ForeignKey>> foreign_keys(const std::string& condition);

  mysql::Connection& connection_;
};

}  // namespace dw::load::restore
