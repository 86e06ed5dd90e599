// Puts single-row INSERTs that stand next to each other in the log into one of many rows, where that gives
// the very same rows and ids, at a fraction of the server's work.
//
// It does so only when the result cannot differ: literals only; a strict sql_mode (a multi-row INSERT turns
// NULL into a default where it is not strict: MySQL manual 15.2.7); an InnoDB base table without triggers
// (the ids of a "simple insert" are consecutive: manual 17.6.1.6); rows that all take a new id, or that all
// bring one. A merged INSERT that fails says nothing of its rows: the caller then runs the whole transaction
// again without merging.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/mysql/connection.h"
#include "common/sql/insert_row.h"
#include "loader/plan/planner.h"

namespace dw::load {

// What decides whether INSERTs into a table may be merged.
struct MergeTable {
  bool exists = false;
  bool mergeable = false;
  std::string auto_increment_column;  // lower case; empty: it has none
};

enum class IdKind { none, generated, given, unclear };

// How a row gets its AUTO_INCREMENT value. Pure.
IdKind id_kind(const sql::InsertRow& row, const MergeTable& table, std::string_view sql_mode);

// No statement of the plan asks for the last one's row count or may do anything unseen. Pure.
bool plan_allows_merging(const Plan& plan);

bool is_strict(std::string_view sql_mode);

// Knows the mirror's tables; forget after DDL.
class MergeTables {
 public:
  explicit MergeTables(mysql::Connection& connection) : connection_(connection) {}
  const MergeTable& find(const std::string& schema, const std::string& table);
  void forget() { tables_.clear(); }
  // Not to be called while statements are under way.
  [[nodiscard]] bool knows(const std::string& schema, const std::string& table) const {
    return tables_.contains({schema, table});
  }

 private:
  mysql::Connection& connection_;
  std::map<std::pair<std::string, std::string>, MergeTable> tables_;
};

}  // namespace dw::load
