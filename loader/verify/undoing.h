// How DDL statements that ran on the mirror, and that production gave up or refused, are undone. Pure.
#pragma once

#include <string>
#include <vector>

#include "loader/verify/table_shape.h"

namespace dw::load {

// Takes out of `changes`, which would make a table production's, what undoes these statements: columns and
// keys that they do not name stay in it, for they may be the mirror's own. A column that they renamed is
// renamed back.
std::vector<ShapeChange> take_undoing(const std::vector<std::string>& statements,
                                      std::vector<ShapeChange>& changes);

}  // namespace dw::load
