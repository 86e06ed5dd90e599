// The rows and tables that production removed and that stay on the mirror all the same: policy in-place.
//
// dw_meta.kept_tables has a row for each store (kind `rows`, see kept_table.h), for each table that
// production dropped (`table`) and for each schema (`schema`); `state` tells whether they are `out`, `in`, or
// between the two (`moving`: whatever is there is to be thrown away and made again). What is thrown away is
// in the archive. Not to be called inside a transaction, but for note_drop. Throws mysql::SqlError.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/mysql/connection.h"
#include "loader/apply/archive_catalog.h"
#include "loader/apply/archive_registry.h"
#include "loader/retention/kept/kept_table.h"
#include "loader/retention/kept/mentions.h"

namespace dw::load {

class KeptTables {
 public:
  explicit KeptTables(mysql::Connection& connection) : connection_(connection) {}

  // Asks the mirror.
  [[nodiscard]] bool some_are_in();
  // Leaves production's rows only, in the tables that may be meant; with `all` in every one.
  void take_out(const Mentions& mentions, bool all);
  // The policy is another one now: nothing stays.
  void give_up();

  // Takes tables that production dropped out of the catalogue.
  void hide(ArchiveCatalog& catalog);
  // A store that fits for every table whose rows can stay.
  void follow(const ArchiveCatalog& catalog);
  void rename(const TableId& from, const TableId& to);
  // Inside the transaction that keeps its rows for the event @dw_event: the table is about to be dropped.
  void note_drop(const TableId& table);

  void put_in(const ArchiveRegistry& archive);

  [[nodiscard]] const Store* store_of(const TableId& table) const;
  [[nodiscard]] std::set<TableId> tables_with_kept() const;

 private:
  enum class Kind : std::uint8_t { rows, table, schema };
  enum class State : std::uint8_t { out, moving, in };
  struct Entry {
    std::uint64_t id = 0;
    Kind kind = Kind::rows;
    State state = State::out;
    TableId live;
    Store store;             // of rows
    std::string definition;  // of a table, of a schema
    std::string event;       // that dropped the table
  };

  void load();
  void set_state(Entry& entry, State state);
  void forget(const Entry& entry);
  void transact(const std::vector<std::string>& statements, Entry& entry, State state);
  [[nodiscard]] std::set<TableId> concerned(const Mentions& mentions);
  void read_bodies(Mentions& words, bool& all);
  void take_out(Entry& entry);
  void drop_empty(Entry& schema);
  void take_out_if_in(Entry entry);
  void forget_displaced(const ArchiveCatalog& catalog);
  void follow(const TableShape& shape);
  std::optional<Store> add_store(const TableShape& shape);
  [[nodiscard]] bool has_triggers(const TableId& table);
  void put_rows_in(Entry& entry);
  void put_schema_in(Entry& entry);
  void put_table_in(Entry& entry, const ArchiveRegistry& archive);
  [[nodiscard]] std::vector<std::string> writable_columns(const TableId& table);
  [[nodiscard]] bool is_there(const TableId& table);
  [[nodiscard]] bool is_there(const std::string& schema);
  [[nodiscard]] const Entry* dropped(const TableId& table) const;

  mysql::Connection& connection_;
  std::vector<Entry> entries_;
};

}  // namespace dw::load
