// Writes production's rows over the mirror's, within the transaction of whoever calls.
//
// Rows that are wrong or that production lacks go first, then production's come, so that no unique key is in
// the way of another row of the same repair. A row that is in the way and not of this repair is wrong, too,
// for production has its unique value elsewhere: it goes, and is to be looked at next. What goes is kept: by
// the archive's trigger with reason `repair`, or `absent` where production has no such row; where the policy
// keeps no archive, in the ledger, as text.
//
// Where statements that the mirror did not run may have replaced rows (unseen_replace.h), what was wrong is a
// row that production had, and goes with reason `replace`, the statement's place and time.
//
// Throws mysql::SqlError: nothing of the table may be committed then.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/rows/catalog.h"
#include "loader/apply/bookkeeping.h"
#include "loader/verify/comparison.h"
#include "loader/verify/mirror_tables.h"

namespace dw::load {

struct RepairPlace {
  std::string cursor;  // of the log: up to here the mirror has come
  Micros time = 0;     // of the event before it
  const char* reason = "repair";
};

enum class Absent : bool { keep, remove };

class Repairer {
 public:
  // `archived`: the tables' triggers keep what goes. `absent`: what becomes of rows that production lacks.
  // `gives_way`: what becomes of those that it has otherwise, or that are in the way.
  Repairer(MirrorTables& tables, bool archived, Absent absent, RepairPlace place, RepairPlace gives_way)
      : tables_(tables),
        archived_(archived),
        absent_(absent),
        place_(std::move(place)),
        gives_way_(std::move(gives_way)) {}

  // Gives the number of rows that are now as production's.
  std::uint64_t repair(const rows::Table& table, const std::vector<rows::Column>& columns,
                       const std::vector<Difference>& differences);
  // Keys of rows that were in the way and went, as JSON lists of the table's key; of the last repair.
  [[nodiscard]] const std::vector<std::string>& displaced() const { return displaced_; }
  // How many rows gave way, in all repairs.
  [[nodiscard]] std::uint64_t gave_way() const { return gave_way_; }

  // What the archive's triggers write down of the rows that the session deletes from here on.
  static void set_reason(mysql::Connection& mirror, const RepairPlace& place);

 private:
  void remove(const RepairPlace& place, const std::vector<const StoredRow*>& rows);
  [[nodiscard]] std::string same_row(const StoredRow& row) const;
  void insert(const std::vector<const StoredRow*>& rows);
  void insert_alone(const StoredRow& row);
  void displace(const StoredRow& row);
  void note(const RepairPlace& place, const std::vector<const StoredRow*>& rows);
  [[nodiscard]] std::string insert_text(const StoredRow& row) const;

  MirrorTables& tables_;
  bool archived_;
  Absent absent_;
  RepairPlace place_;
  RepairPlace gives_way_;
  std::uint64_t gave_way_ = 0;
  const rows::Table* table_ = nullptr;
  const std::vector<rows::Column>* columns_ = nullptr;
  std::vector<std::size_t> key_;
  std::vector<std::string> displaced_;
};

}  // namespace dw::load
