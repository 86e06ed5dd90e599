// What a delete or an update takes along or changes by foreign keys, as SQL for the parent's trigger. Pure.
//
// A cascade fires no trigger of the child (facts.md, "Never-delete on a mirror"), so the parent's BEFORE
// DELETE trigger copies what the cascade is about to take: the server takes it right behind, row by row, so
// that a later row of the same statement does not see it any more (measured on MariaDB 10.11 and MySQL 9.7:
// chains, diamonds, self-references, DELETE … ORDER BY over a tree).
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "loader/retention/archive/shape.h"

namespace dw::load {

// Rows of `child`, called t, that go or change: `INSERT INTO … <with> SELECT t.… FROM <from>`.
struct CascadeCopy {
  TableId child;
  std::string with;    // empty, or a WITH RECURSIVE clause
  std::string from;    // tables and a WHERE clause; more conditions may follow behind AND
  bool stays = false;  // with NULL, or another value, where it refers to what went or changed
};

// All that deleting OLD of `root` takes, each row in one of the copies once, and where edges set NULL, what
// they change. `root_key`: columns that tell a row of root from another. Edges that cannot be reached are
// ignored.
std::vector<CascadeCopy> cascade_copies(const TableId& root, const std::vector<std::string>& root_key,
                                        const std::vector<CascadeEdge>& edges);

// Whether the former row of a child is to be kept that an edge changes.
using KeepsChild = std::function<bool(const CascadeEdge&)>;

// All that an UPDATE of OLD changes by ON UPDATE CASCADE and SET NULL. A table that is met a second time on
// the way ends it: there the servers refuse the UPDATE, or change no more.
std::vector<CascadeCopy> update_copies(const TableId& root, const std::vector<std::string>& root_key,
                                       const std::vector<CascadeEdge>& edges, const KeepsChild& keeps);

// Root's columns whose change does so.
std::set<std::string> columns_of_updates(const TableId& root, const std::vector<CascadeEdge>& edges,
                                         const KeepsChild& keeps);

}  // namespace dw::load
