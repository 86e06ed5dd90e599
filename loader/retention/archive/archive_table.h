// SQL of what the archive policy keeps beside a live table: archive tables, triggers, the view. Pure.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "loader/retention/archive/cascade.h"
#include "loader/retention/archive/shape.h"
#include "loader/retention/kept/kept_table.h"

namespace dw::load {

// Session variables that the triggers read. Unset, as for somebody who deletes by hand on the mirror:
// 'delete', the clock, no event.
//   @dw_reason  @dw_at ('2026-11-21 01:02:03.000004', UTC)  @dw_event (place in the log)
// @dw_kept counts the rows that they kept.

// Where a row of a table goes. `when` is a condition over the row, which it calls OLD; empty: always.
struct ArchiveTarget {
  TableId table;
  std::string when;
};

// What a trigger needs to know to keep a table's rows. The last target has no condition.
struct Keeping {
  TableShape shape;
  std::vector<ArchiveTarget> targets;
  std::optional<Store> store{};  // where what leaves is noted too, so that it can stay in the live table
};

// An expression over OLD as one over the table called t.
std::string over_table(const std::string& expression);

// CREATE TABLE: nothing in it can refuse a row (no unique key, no NOT NULL), and it has an index over the
// live table's key.
std::string create_archive_table(const TableShape& shape, const TableId& name, const std::string& engine);

// The same columns with texts and bytes outside the row: for a table whose archive's row would be longer than
// a row may be (65,535 bytes; MySQL manual 10.4.7).
TableShape with_values_outside(TableShape shape);

// INSERT … SELECT of rows of `from` (a table called t, and a WHERE clause) into each target, the row once.
// `reason` is an SQL expression.
std::vector<std::string> copies_of(const Keeping& keeping, const std::string& with, const std::string& from,
                                   const std::string& reason);

struct ArchiveTrigger {
  std::string name;
  TableId table;
  std::string event;   // DELETE, UPDATE, INSERT
  std::string digest;  // stands in the body as a comment: tells a stale trigger from one that is right
  std::string create;
};

// Whether REPLACE leaves the children of the row that it replaces where what they refer to stays the same:
// MySQL since 9.6, with innodb_native_foreign_keys=OFF (measured on 9.7; MariaDB 10.11 takes them).
enum class Replacing : bool { takes_children, spares_children };
// Set on a connection whose session takes them all the same (loader/apply/foreign_keys.h).
inline constexpr const char* kTakesChildren = "@dw_takes_children";

// `edges`: by which rows go, or with `history: all` are set to NULL. `children`: how the tables keep that
// these reach; one that is missing is not kept.
ArchiveTrigger delete_trigger(const Keeping& keeping, const std::vector<CascadeEdge>& edges,
                              const std::vector<Keeping>& children, Replacing replacing);

// Tells the delete trigger what REPLACE puts in the row's place. Only for a parent, where REPLACE spares
// children.
ArchiveTrigger insert_trigger(const TableShape& shape, const std::vector<CascadeEdge>& edges);

// The former row, where the key changes; with `all` where anything does. And those of children that the
// change reaches by foreign keys, of whose tables there are as many in `children`.
enum class History : bool { keys, all };
ArchiveTrigger update_trigger(const Keeping& keeping, History history, const std::vector<CascadeEdge>& edges,
                              const std::vector<Keeping>& children);

// Root's columns whose change changes what is to be kept of children's rows.
std::set<std::string> columns_of_children(const TableId& root, History history,
                                          const std::vector<CascadeEdge>& edges,
                                          const std::map<TableId, TableShape>& tables);

// The digest in a trigger's body; empty when there is none.
std::string digest_in(const std::string& body);

// A table of the archive, as the view needs it.
struct Generation {
  TableId table;
  std::vector<ShapeColumn> columns;
  std::vector<std::string> void_events;  // their statements failed: what was kept for them never left
};

// SELECT of everything that is or was in the table; `live` null: there is no such table any more. `store`: of
// rows that are in the live table though they left; they count as what the archive has.
std::string view_query(const TableShape* live, const std::vector<Generation>& generations,
                       const Store* store = nullptr);

}  // namespace dw::load
