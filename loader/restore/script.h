// The statements that write a plan's rows into a server, as values. Pure.
//
// One row, one statement: INSERT … SELECT … WHERE NOT EXISTS (its key). So the second time changes nothing,
// and another row that holds one of its unique values is the server's own error, not a row left out without a
// word (as INSERT IGNORE and ON DUPLICATE KEY would). Overwriting is an UPDATE by key in front of it: REPLACE
// would delete the row, and its children with it.
//
// Rows stand parents first, and foreign keys stay checked. Rows that reference each other in a circle have no
// such order: they are written with the checks off, for a step with NULLs needs columns that take NULL, and
// fires UPDATE triggers; then a statement that fails if one of them references nothing.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "loader/restore/plan.h"

namespace dw::load::restore {

enum class Existing {
  leave,
  overwrite,      // the picked rows; the rows that they reference are left
  overwrite_all,  // both
};

struct Statement {
  enum class Kind { insert, update, other } kind = Kind::other;
  std::size_t row = 0;  // in Plan::rows, where it is an insert or update
  std::string text{};   // without a semicolon
};

// How the session must be set; the first of them is SET NAMES.
std::vector<std::string> session_statements();

// Everything between START TRANSACTION and COMMIT.
void write_rows(const Plan& plan, Existing existing, const std::function<void(Statement)>& sink);

}  // namespace dw::load::restore
