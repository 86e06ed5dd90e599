// Which ALTER TABLE may lose something of the rows that it leaves. Pure.
#pragma once

#include <string>

#include "common/sql/statement.h"
#include "loader/retention/archive/shape.h"

namespace dw::load {

// Why rows must be kept before the ALTER runs, by its text: "drop column", "modify column", "drop partition",
// "truncate partition", "exchange partition", "drop table"; empty where it takes nothing.
std::string loss_of_alter(const sql::Statement& statement);

// Every MODIFY and CHANGE in it makes its column wider, or leaves it. What is not proved is narrowing.
bool only_widens(const sql::Statement& alter, const TableShape& shape);

// Partitions that DROP, TRUNCATE, EXCHANGE or CONVERT PARTITION names; empty: all, or not understood.
std::vector<std::string> partitions_of(const sql::Statement& alter);

}  // namespace dw::load
