// SQL of the rows that left a table and stay in it all the same: see kept.md. Pure.
//
// A store is a table dw_meta.kept_<id>: the columns of the live table, its primary key, `dw_left_at` and
// `dw_shown`, which is 1 where the live table has the row at this moment.
#pragma once

#include <string>
#include <vector>

#include "loader/retention/archive/shape.h"

namespace dw::load {

// Session variable: set, the archive's triggers keep nothing, for a kept row is taken out.
inline constexpr const char* kTakingOut = "@dw_taking_out";

// Rows of such a table can stay: each is told from others by its key, and comes and goes with a transaction.
// What production's triggers would do is not asked here.
bool rows_can_stay(const TableShape& shape);

struct Store {
  TableId live;
  TableId table;
  std::vector<ShapeColumn> columns;
  std::vector<std::string> key;
  bool operator==(const Store&) const = default;
};

// `number`: of the registry's row.
Store store_for(const TableShape& shape, std::uint64_t number);
// The store has what the live table's rows have, and tells them apart alike.
bool fits(const Store& store, const TableShape& shape);
// The key's columns are the same, so that rows can go from one store to the other.
bool same_key(const Store& one, const Store& other);

// Nothing but its key can refuse a row.
std::string create_store(const Store& store);

// In a trigger: OLD goes there.
std::string note_old(const Store& store);
// Rows of a table called t, as in copies_of().
std::string note_rows(const Store& store, const std::string& with, const std::string& from);

// Takes out what is shown, and says so. In one transaction.
std::vector<std::string> take_out(const Store& store);

// Puts in what is not shown, but for rows whose key is taken; what was refused for another reason goes from
// the store, too: it is displaced. `live_columns`: that can be written. In one transaction, with
// sql_mode='NO_AUTO_VALUE_ON_ZERO', without checks of foreign keys.
std::vector<std::string> put_in(const Store& store, const std::vector<std::string>& live_columns);

// All rows from one store to another with the same key.
std::string move_rows(const Store& from, const Store& to);

// A condition over the live table: the row is not a kept one.
std::string is_not_kept(const Store& store);

// CREATE TABLE as SHOW CREATE TABLE gives it: with the schema's name, and without foreign keys.
std::string standing_alone(const std::string& create, const TableId& table);

}  // namespace dw::load
