// What of production's schemas is on the mirror, and what is missing there made: databases and tables.
#pragma once

#include <optional>
#include <string>

#include "common/mysql/connection.h"
#include "common/rows/catalog.h"
#include "loader/baseline/program_maker.h"

namespace dw::load {

// `schema`.`table`
std::string sql_name(const std::string& schema, const std::string& table);

// All throw mysql::SqlError.
void make_database(mysql::Connection& mirror, const ProgramMaker& maker, const rows::Schema& schema);
// Empty, with its counter. There must be none of that name. Leaves the schema as the default database.
void make_table(mysql::Connection& mirror, const ProgramMaker& maker, const rows::Table& table);

// A table, view or routine of the schema; nullopt: it is empty, or not there.
std::optional<std::string> first_object(mysql::Connection& mirror, const std::string& schema);
// Throws Error(usage) when the schema has something.
void refuse_if_not_empty(mysql::Connection& mirror, const std::string& schema);

}  // namespace dw::load
