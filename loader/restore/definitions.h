// The CREATE statements for tables that a restore's target lacks, as the mirror has them.
#pragma once

#include <string>
#include <vector>

#include "loader/restore/catalog.h"
#include "loader/restore/plan.h"

namespace dw::load::restore {

struct Definition {
  sql::TableName name{};  // `table` is empty: a database
  std::string text{};     // CREATE DATABASE …, CREATE TABLE `db`.`table` …
};

// Databases first, then the plan's tables and all that these reference, directly or by way of others; those
// that the mirror has no more are left out. To be run with foreign_key_checks off.
std::vector<Definition> definitions_for(const Plan& plan, Catalog& mirror);

// CREATE … IF NOT EXISTS …
std::string unless_there(const Definition& definition);

}  // namespace dw::load::restore
