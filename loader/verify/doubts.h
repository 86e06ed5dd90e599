// Which rows a reading of production cannot judge: those of statements that were under way when its snapshot
// was opened. Pure.
//
// The replay has come to the reading's last mark. There the mirror and the snapshot may differ by
//   - statements of transactions that committed between the marks, or by a command that was still running at
//     the first one: the snapshot holds them or not (facts.md, "What log order is worth");
//   - statements behind the watermark, held back by an open transaction: the mirror does not hold them yet.
// What they write is in doubt, with what triggers, functions and foreign keys make of it: by key where the
// statement names one, else the table, else everything.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "loader/apply/table_keys.h"
#include "loader/plan/concurrency.h"
#include "loader/plan/planner.h"
#include "loader/retention/archive/shape.h"
#include "loader/verify/marks.h"
#include "loader/verify/reading.h"

namespace dw::load {

struct TableDoubts {
  bool whole = false;
  bool new_ids = false;  // rows that get an id from the server
  std::vector<sql::KeySet> keys;
};

class Doubts {
 public:
  void add_everything() { everything_ = true; }
  void add_table(const TableId& table) { tables_[table].whole = true; }
  void add_new_ids(const TableId& table) { tables_[table].new_ids = true; }
  void add_keys(const TableId& table, sql::KeySet keys);

  [[nodiscard]] bool everything() const { return everything_; }
  // nullptr: no doubt.
  [[nodiscard]] const TableDoubts* of(const TableId& table) const;
  // Something of the table is in doubt.
  [[nodiscard]] bool touches(const TableId& table) const { return everything_ || of(table) != nullptr; }
  [[nodiscard]] bool whole(const TableId& table) const;
  // An open transaction may have taken ids of it, which the mirror takes when that ends.
  void note_open(const Doubts& open);
  [[nodiscard]] bool is_open(const TableId& table) const { return all_open_ || open_.contains(table); }
  // Some statement of the batch writes it: what has no snapshot cannot be judged then.
  void note_written(const TableId& table) { written_.insert(table); }
  [[nodiscard]] bool is_written(const TableId& table) const {
    return everything_ || written_.contains(table);
  }

 private:
  bool everything_ = false;
  std::map<TableId, TableDoubts> tables_;
  std::set<TableId> written_;
  bool all_open_ = false;
  std::set<TableId> open_;
};

// What is asked of the mirror's schema.
struct SchemaLookup {
  std::function<const sql::TableKey*(const TableId&)> key_of;        // null: not known
  std::function<std::set<TableId>(const TableId&)> reached_by_keys;  // by foreign keys that cascade
};

struct DoubtsInput {
  const Batch& batch;         // cut behind the last mark
  const Plan& plan;           // of all its events: every open transaction is set aside in it
  std::size_t watermark = 0;  // of what is applied
  Marks marks;
  std::vector<std::uint64_t> busy;
  std::vector<InFlight> before;        // what the last batch left in flight
  std::set<std::uint64_t> committing;  // sessions whose last event in it was a COMMIT
  const PlannerOptions& options;
};
Doubts find_doubts(const DoubtsInput& in, const SchemaLookup& schema);

// Whether a row is one of those in doubt. `new_ids_from`: rows that have this id or a later one may be new;
// none: any may.
bool is_in_doubt(const TableDoubts& doubts, const sql::TableKey& key,
                 const std::vector<rows::Column>& columns, const StoredRow& row,
                 std::optional<std::int64_t> new_ids_from);

}  // namespace dw::load
