// The temporary tables that the mirror's connection has, and which source session each belongs to.
//
// All sessions run on one connection, where a temporary table of one would hide the table of the same name
// from all others. So a table is put aside under another name while others run that use its name, and put
// back for its owner. ALTER TABLE … RENAME does that and commits, on both servers, as ALTER, TRUNCATE,
// CREATE INDEX and DROP TABLE without TEMPORARY do on a temporary table; CREATE TEMPORARY TABLE and DROP
// TEMPORARY TABLE do not (measured on MariaDB 10.11 and MySQL 9.7).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/mysql/connection.h"
#include "loader/plan/session_table.h"

namespace dw::load {

class TemporaryTables {
 public:
  struct Table {
    std::uint64_t thread = 0;
    std::string schema;
    std::string table;      // the owner's name for it
    std::string aside;      // its name while it is put aside; empty: it has its own
    bool committed = false;  // it was there at the last commit
  };

  void created(std::uint64_t thread, const std::string& schema, const std::string& table);
  void renamed(std::uint64_t thread, const std::string& schema, const std::string& table,
               const std::string& new_schema, const std::string& new_table);
  // Takes it off the list.
  void dropped(std::uint64_t thread, const std::string& schema, const std::string& table);
  Table* find(std::uint64_t thread, const std::string& schema, const std::string& table);
  [[nodiscard]] std::vector<Table>& all() { return tables_; }
  [[nodiscard]] bool empty() const { return tables_.empty(); }

  void committed();
  // Statements that put a table aside, or back; each commits.
  std::string put_aside(Table& table);
  static std::string put_back(Table& table);

 private:
  std::vector<Table> tables_;
  std::uint64_t next_ = 1;
};

// `schema`.`table` as it is named at present.
std::string present_name(const TemporaryTables::Table& table);
std::string drop_temporary(const std::string& quoted_name);

// Keeps temporary tables in dw_meta from one run to the next.
class TemporaryCopies {
 public:
  explicit TemporaryCopies(mysql::Connection& connection) : connection_(connection) {}

  // Makes an empty dw_meta.temporary_<copy> like the table `from`; commits. Fills in `copy` and `next_id`.
  void make(const std::string& from, TemporaryTable& table);
  // Inside a transaction: the rows.
  void fill(const TemporaryTable& table, const std::string& from);
  // Makes the temporary table `to` again, with its rows; may commit.
  void restore(const TemporaryTable& table, const std::string& to);
  // Drops the copies that no session names any more.
  void drop_others(const SessionTable& sessions);

 private:
  void copy_rows(const std::string& from, const std::string& to);
  std::uint64_t next_id_of(const std::string& table);
  std::vector<std::uint64_t> present();

  mysql::Connection& connection_;
};

}  // namespace dw::load
