// What a schema statement takes away with it.
#pragma once

#include <string>

#include "common/sql/statement.h"

namespace dw::sql {

// For ALTER TABLE and CREATE TABLE: "DROP COLUMN", "DROP PARTITION", "TRUNCATE PARTITION", "EXCHANGE
// PARTITION", "CREATE OR REPLACE TABLE"; empty when rows and columns stay (indexes, keys, constraints and
// checks hold no data).
std::string what_it_drops(const Statement& statement);

}  // namespace dw::sql
