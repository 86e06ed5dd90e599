// Statements that move rows between tables and leave every definition as it was. Pure.
#pragma once

#include <vector>

#include "common/sql/statement.h"
#include "loader/retention/archive/shape.h"

namespace dw::load {

// The tables whose rows tell whether the statement ran, where nothing else may: of EXCHANGE PARTITION, and of
// a RENAME TABLE behind which the same names are there (a TO x, b TO a, x TO b). `names`: what the statement
// writes, in its order, with schemas. Empty for all others.
std::vector<TableId> swapped_tables(const sql::Statement& statement, const std::vector<TableId>& names);

}  // namespace dw::load
