// The mirror's tables as they are compared and repaired: their definitions, rows and digests. A connection of
// its own, so that nothing of the sessions that are replayed stands in the way.
//
// Throws mysql::SqlError.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/mysql/connection.h"
#include "common/rows/catalog.h"
#include "common/rows/key_range.h"
#include "common/rows/row_checksum.h"
#include "loader/apply/table_keys.h"
#include "loader/verify/reading.h"

namespace dw::load {

// The rows of `asked` as a condition over the table's columns. `key`: the columns that its values are of.
// Throws Error(usage) when a value is none of its column's. Pure.
std::string condition_of(const RowsAsked& asked, const rows::Table& table);

class MirrorTables {
 public:
  explicit MirrorTables(const mysql::ConnectOptions& options);

  mysql::Connection& connection() { return connection_; }
  [[nodiscard]] bool is_mariadb() const { return connection_.is_mariadb(); }
  // As reading and repairing need it: after somebody else used the connection.
  void set_session();

  // nullptr: there is no such table. Good until forget().
  const rows::Table* find(const TableId& table);
  const TableFacts& facts(const TableId& table) { return keys_.find(table.schema, table.table); }
  // Tables whose rows foreign keys change or take along with this one's, at any distance.
  const std::set<TableId>& reached_by_keys(const TableId& table);
  // By name, bytewise; without views. `databases`: empty: all that are not a server's, dw_meta or the
  // archive's.
  std::vector<TableId> tables(const std::set<std::string>& databases);
  // The definitions may have changed.
  void forget();
  void forget(const TableId& table) { known_.erase(table); }

  // In the order of `columns`, which the table must have.
  std::vector<StoredRow> rows(const rows::Table& table, const std::vector<rows::Column>& columns,
                              const std::string& condition);
  // Along the table's key, until they have come to so many bytes. `through`: the key of the last one, as a
  // JSON list; "": there are no more.
  struct SomeRows {
    std::vector<StoredRow> rows;
    std::string through;
  };
  SomeRows rows_up_to(std::uint64_t most_bytes, const rows::Table& table,
                      const std::vector<rows::Column>& columns, const std::string& condition);
  struct Digest {
    std::uint64_t rows = 0;
    std::string text;
  };
  Digest digest(const rows::Table& table, const std::string& condition);
  // Of the rows of each condition (common/rows/row_checksum.h); nullopt: the values have no exact text, or
  // the table no key.
  std::optional<std::vector<rows::RowChecksum>> checksums(const rows::Table& table,
                                                          const std::vector<std::string>& conditions,
                                                          bool same_servers);

  // The key's values `rows` rows behind `after` (a JSON list, or ""), as a JSON list; "": there are fewer.
  std::string key_behind(const rows::Table& table, const std::string& after, std::uint64_t rows);
  // The highest id that the server has given; nullopt: no such column, or no row.
  std::optional<std::int64_t> highest_id(const rows::Table& table);
  // The AUTO_INCREMENT counter; nullopt: there is none, or no row was ever inserted.
  std::optional<std::uint64_t> next_id(const rows::Table& table);

 private:
  void read_cascades();

  mysql::Connection connection_;
  TableKeys keys_;
  std::map<TableId, std::optional<rows::Table>> known_;
  std::optional<std::map<TableId, std::set<TableId>>> children_;
  std::map<TableId, std::set<TableId>> reached_;
};

// `schema`.`table`
std::string sql_name(const rows::Table& table);

}  // namespace dw::load
