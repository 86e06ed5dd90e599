// The policy `in-place`: what production removes stays in the live tables.
//
// While statements run, a live table has production's rows and no others, so that every statement does what
// it did there: INSERT, ON DUPLICATE KEY, REPLACE, an UPDATE without a key, ALTER … ADD UNIQUE, foreign keys,
// procedures, ids. Deletes are run, and what they take is archived as by the policy `archive`, which is why
// nothing can be lost. Beside it the triggers note the row in a table of dw_meta; at the end of a run it is
// put back into the live table where it still fits, and before a batch that may touch the table it is taken
// out again. A row whose place another one has taken is displaced: it stays in the archive. (The log gives no
// other choice that is sound: a kept row among the others would be read, changed and counted by statements
// that never saw it, in bodies and subqueries too, which cannot be rewritten.)
//
// Limits:
// - Rows stay only in InnoDB tables with a primary key over whole columns, without SYSTEM VERSIONING; they
//   are out while it has triggers of production's, which would fire for the row that is put back. Of other
//   tables, what leaves is in the archive only.
// - A column that production drops or narrows is dropped or narrowed here: kept rows have what it takes.
//   The value is in the archive.
// - A batch that names a table, or one that foreign keys, a view or a stored program tie to it, takes all its
//   kept rows out and the run's end puts them back: the time grows with the kept rows of such tables.
// - The account must be allowed to make triggers, as for `archive`.
// How: loader/retention/kept/kept.md.
#pragma once

#include <utility>

#include "loader/retention/archive/archive.h"

namespace dw::load {

class InPlace : public Archive {
 public:
  explicit InPlace(ArchiveOptions options) : Archive(std::move(options)) {}
  [[nodiscard]] bool leaves_in_place() const override { return true; }
};

}  // namespace dw::load
