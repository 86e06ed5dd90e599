// What the mirror's own schema says of its tables, as far as doubts depend on it.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/mysql/connection.h"
#include "common/sql/key_value.h"

namespace dw::load {

struct TableFacts {
  sql::TableKey key;           // empty where a BEFORE trigger may change it
  bool clock_default = false;  // a column gets or keeps the time in whole seconds by itself
  // A column gets a fraction of a second, or UUID(), RAND() and the like, by itself.
  bool inexact_default = false;
  bool foreign_key = false;                 // to a parent
  bool referenced = false;                  // by a child's
  bool generated = false;                   // some column is
  std::vector<std::string> set_columns{};   // of type SET or ENUM; lower case
  std::vector<std::string> json_columns{};  // MariaDB's LONGTEXT for JSON; lower case
};

// Whether a column's default or its ON UPDATE reads the clock in whole seconds, or gives what no replay
// repeats. Pure.
bool reads_clock(std::string_view expression);
bool is_inexact(std::string_view expression);

// Knows the mirror's tables; forget after DDL.
class TableKeys {
 public:
  explicit TableKeys(mysql::Connection& connection) : connection_(connection) {}
  // A table that the mirror lacks, a view, has no key. Not to be called while statements are under way,
  // unless knows() it.
  const TableFacts& find(const std::string& schema, const std::string& table);
  [[nodiscard]] bool knows(const std::string& schema, const std::string& table) const {
    return tables_.contains({schema, table});
  }
  void forget() { tables_.clear(); }

 private:
  void read_columns(const std::string& where, TableFacts& facts,
                    std::map<std::string, sql::KeyColumn>& columns);
  void read_keys(const std::string& where, TableFacts& facts,
                 const std::map<std::string, sql::KeyColumn>& columns);

  void read_foreign_keys(const std::string& schema, const std::string& table, TableFacts& facts);

  mysql::Connection& connection_;
  std::map<std::pair<std::string, std::string>, TableFacts> tables_;
};

}  // namespace dw::load
