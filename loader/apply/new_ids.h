// Whether the first AUTO_INCREMENT value that the server reports of an INSERT is a new one, or one that it
// named. Pure.
#pragma once

#include <string>

#include "common/sql/statement.h"

namespace dw::load {

// INSERT or REPLACE into a table with an `auto_increment_column` (lower case; empty: it has none). False
// where ON DUPLICATE KEY UPDATE may report an older row's id: the statement names the column, or has no list
// of columns.
bool gives_new_ids(const sql::Statement& statement, const std::string& auto_increment_column);

}  // namespace dw::load
