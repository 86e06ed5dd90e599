// The texts of the SELECTs that look for a row's images in the live table and in the archive. Pure.
#pragma once

#include <string>
#include <vector>

#include "loader/restore/shape.h"
#include "loader/restore/values.h"

namespace dw::load::restore {

// A WHERE condition over the table's columns, as the operator wrote it or as `any_of` made it.
using Condition = std::string;

// (`a`=1 AND `b`='x') OR (…): rows whose columns have one of these value lists.
Condition any_of(const std::vector<Column>& columns, const std::vector<std::vector<Value>>& values);

struct ImageQuery {
  const Shape& shape;
  const Branch& branch;
  std::string as_of{};  // "2026-11-21 01:02:03.000000" in UTC: only what left after it; empty: all
};

// The distinct values of the key's columns, of images that meet the condition.
std::string keys_query(const ImageQuery& query, const Condition& condition);

// All images that meet the condition. Columns: left_at, reason, event (NULL while live), whether the image
// meets `wanted` (1 or 0), then the branch's columns.
std::string images_query(const ImageQuery& query, const Condition& condition, const Condition& wanted);
inline constexpr std::size_t kImageColumns = 4;  // before the branch's own

}  // namespace dw::load::restore
