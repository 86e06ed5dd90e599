// What a delete takes along by foreign keys, as SQL for the parent's trigger. Pure.
//
// A cascade fires no trigger of the child (facts.md, "Never-delete on a mirror"), so the parent's BEFORE
// DELETE trigger copies what the cascade is about to take: the server takes it right behind, row by row, so
// that a later row of the same statement does not see it any more (measured on MariaDB 10.11 and MySQL 9.7:
// chains, diamonds, self-references, DELETE … ORDER BY over a tree).
#pragma once

#include <string>
#include <vector>

#include "loader/retention/archive/shape.h"

namespace dw::load {

// Rows of `child`, called t, that go: `INSERT INTO … <with> SELECT t.… FROM <from>`.
struct CascadeCopy {
  TableId child;
  std::string with;  // empty, or a WITH RECURSIVE clause
  std::string from;  // tables and a WHERE clause; more conditions may follow behind AND
};

// All that deleting OLD of `root` takes, each row in one of the copies once. `root_key`: columns that tell a
// row of root from another. Edges that cannot be reached are ignored.
std::vector<CascadeCopy> cascade_copies(const TableId& root, const std::vector<std::string>& root_key,
                                        const std::vector<CascadeEdge>& edges);

}  // namespace dw::load
