// What `restore` knows of a table: its columns, what identifies a row, what its rows reference, and where
// rows of it lie: in the live table and in the generations of its archive. Values; no server.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/sql/statement.h"

namespace dw::load::restore {

struct Column {
  std::string name{};
  std::string type{};      // information_schema's DATA_TYPE, lower case
  std::string charset{};   // of characters; empty for everything else
  bool generated = false;  // the server computes it: never written
};

struct ForeignKey {
  std::vector<std::string> columns{};
  sql::TableName parent{};
  std::vector<std::string> parent_columns{};
};

// One table that holds rows of the restored one: the live table, or a generation of its archive. Its columns
// are those that the live table has too, in the live order (of a dropped table: those of the newest
// generation).
struct Branch {
  sql::TableName name{};
  bool live = false;
  unsigned generation = 0;  // of an archive: the higher, the newer
  std::vector<Column> columns{};
  std::vector<std::string> void_events{};  // what the archive kept for these never left the live table
};

struct Shape {
  sql::TableName name{};
  std::vector<Column> columns{};
  std::vector<std::string> key{};  // the primary key, else a unique key without NULL; empty: there is none
  std::vector<ForeignKey> foreign_keys{};
  std::vector<Branch> branches{};
};

// The place of a column; names of columns are the same in upper and lower case (MySQL manual 11.2.3).
std::optional<std::size_t> find_column(const std::vector<Column>& columns, std::string_view name);

// Whether all these columns are there.
bool has_columns(const std::vector<Column>& columns, const std::vector<std::string>& names);

// `db`.`table`
std::string quoted(const sql::TableName& table);
// db.table, for messages
std::string shown(const sql::TableName& table);

}  // namespace dw::load::restore
