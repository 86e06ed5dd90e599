// Production's rows against the mirror's. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "common/rows/column.h"
#include "loader/verify/reading.h"

namespace dw::load {

// A row that is not the same on both. Without `source` production lacks it, without `mirror` the mirror does.
struct Difference {
  std::optional<StoredRow> source;
  std::optional<StoredRow> mirror;
};

// Where the columns of `names` stand among `columns`; empty when one is missing.
std::vector<std::size_t> places_of(const std::vector<rows::Column>& columns,
                                   const std::vector<std::string>& names);

// Rows are matched by the values at the places `key`; with no key they are bags of rows. Values are equal
// where their canonical forms are (common/rows/row_digest.h).
std::vector<Difference> compare_rows(const std::vector<rows::Column>& columns,
                                     const std::vector<std::size_t>& key,
                                     const std::vector<StoredRow>& source,
                                     const std::vector<StoredRow>& mirror);

// MySQL and MariaDB put its values into the same order: numbers, bytes, and texts that are sorted by their
// characters' numbers. (Collations that stand here for one that the mirror lacks are none of these.)
bool sorts_alike(const rows::Column& column);
// Whether the texts among the columns `key` have the same collation on both sides.
bool same_collations(const std::vector<rows::Column>& source, const std::vector<rows::Column>& mirror,
                     const std::vector<std::string>& key);

// Puts the values into the order of `wanted`. False when `columns` has others, or their values are not of the
// same kind: the tables have not the same columns. Text of production's JSON is taken for JSON in `wanted`,
// too: on MariaDB CREATE TABLE … SELECT makes LONGTEXT of it, without the check that marks it as JSON.
bool arrange(const std::vector<rows::Column>& columns, std::vector<rows::Column>& wanted,
             std::vector<StoredRow>& rows);

}  // namespace dw::load
