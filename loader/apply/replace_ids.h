// The AUTO_INCREMENT values that a REPLACE of several rows takes, where some rows name theirs. Pure.
//
// InnoDB reserves values for all rows that are still to come, and once more where a named value lies behind
// what it reserved (measured on MariaDB 10.11 and MySQL 9.7, with few rows; that what a statement reserves
// doubles 16 times at most was not). It counts how often a row was tried, and a row that replaces another by
// a key that is not the last unique one is tried again. With a DELETE trigger, such as the archive's, every
// replaced row is tried again: the counter behind the statement is another then.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "common/sql/key_value.h"
#include "common/sql/statement.h"

namespace dw::load {

using RowIds = std::vector<std::optional<std::uint64_t>>;  // nullopt: the server gives one

// Of REPLACE … VALUES, whose table's primary key is its AUTO_INCREMENT column. Empty: the text does not tell,
// or values are reserved but once.
RowIds ids_of_replace(const sql::Statement& statement, const sql::TableKey& key,
                      const sql::LexerOptions& lexer, bool zero_is_a_value);

// The next value behind such a statement on a table without a DELETE trigger. `counter`: before it. `there`:
// ids that it names and that have a row. `other_unique`: the table has one more unique key, the last.
std::uint64_t counter_behind(std::uint64_t counter, const RowIds& rows, std::set<std::uint64_t> there,
                             bool other_unique);

}  // namespace dw::load
