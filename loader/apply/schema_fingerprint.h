// A digest of schemas' definitions, to tell after a crash whether a DDL statement took place.
#pragma once

#include <string>
#include <vector>

#include "common/mysql/connection.h"
#include "loader/retention/archive/shape.h"

namespace dw::load {

// Covers tables, columns, indexes, constraints, partitions, views, triggers, routines and events of the
// schemas, and whether they exist; not the next AUTO_INCREMENT value of a table, and rows only of the tables
// `with_rows`, which are read whole.
std::string schema_fingerprint(mysql::Connection& connection, const std::vector<std::string>& schemas,
                               const std::vector<TableId>& with_rows);

}  // namespace dw::load
