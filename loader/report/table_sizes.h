// dw_meta.table_sizes: a row a table and day, for the curve of its growth.
#pragma once

#include <string>

#include "common/mysql/connection.h"

namespace dw::load {

// Writes the rows of `date` (2026-11-21) for every table that the account sees, live ones and archives, from
// the server's estimates (information_schema.TABLES: no table is read). A second call for the date changes
// nothing. Throws mysql::SqlError.
void record_table_sizes(mysql::Connection& mirror, const std::string& date);

}  // namespace dw::load
