// A digest of schemas' definitions, to tell after a crash whether a DDL statement took place.
#pragma once

#include <string>
#include <vector>

#include "common/mysql/connection.h"

namespace dw::load {

// Covers tables, columns, indexes, constraints, partitions, views, triggers, routines and events of the
// schemas, and whether they exist; not rows, and not the next AUTO_INCREMENT value of a table.
std::string schema_fingerprint(mysql::Connection& connection, const std::vector<std::string>& schemas);

}  // namespace dw::load
