// Statements that say the same to MySQL and to MariaDB, and yet give other rows for a column's type. Pure.
#pragma once

#include <string>
#include <vector>

#include "common/sql/statement.h"

namespace dw::load {

// Whether what the statement does may depend on how JSON compares, prints and converts: MySQL has a type of
// its own for it, with an order of its own, and refuses what is neither text nor JSON; to MariaDB it is text
// with a CHECK (MySQL manual 13.5, "Comparison and Ordering of JSON Values"; MariaDB manual, "JSON Data
// Type"). `written`, `read`: the JSON columns of the tables that it writes and reads, in lower case. Rows
// whose JSON stands in the statement as text are taken alike, others are not.
bool depends_on_json(const sql::Statement& statement, const std::vector<std::string>& written,
                     const std::vector<std::string>& read, sql::LexerOptions options);

// Whether a column of type SET or ENUM stands in a statement with a query in it: by `a IN (SELECT id
// FROM t)` MySQL 9.7 found a row that MariaDB 10.11 did not (tests/differential, seed 424). `columns`: of
// all tables of the statement, in lower case.
bool compares_sets(const sql::Statement& statement, const std::vector<std::string>& columns,
                   sql::LexerOptions options);

}  // namespace dw::load
