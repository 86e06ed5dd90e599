// When a foreign key is checked: before a row takes its AUTO_INCREMENT value, or behind that.
//
// MariaDB, and MySQL before 9.6, check in the engine, behind it: an INSERT that fails there has taken its
// ids. MySQL 9.6 and later check before it (innodb_native_foreign_keys=OFF), but in a session behind
// COM_CHANGE_USER or COM_RESET_CONNECTION the engine does, to the session's end (measured on MySQL 9.7). The
// ids of several rows are taken together, with the first that takes one.
//
// To the engine, REPLACE removes the row that is there: it fails, or takes the children along. To MySQL 9.6
// and later it is a change of that row, and the children stay (measured).
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "common/mysql/connection.h"
#include "common/sql/lexer.h"
#include "common/sql/server_version.h"

namespace dw::load {

inline constexpr unsigned kNoParentRow = 1452;  // ER_NO_REFERENCED_ROW_2

// Whether the engine does, in a session as it connects. Pure.
bool keys_by_engine(const sql::ServerVersion& source);

// Whether the connection's server checks before ids are taken. Throws mysql::SqlError.
bool checks_keys_before_ids(mysql::Connection& connection);

// Tables, by schema and name, whose rows change or go with rows of this one, over any number of foreign keys.
// Throws mysql::SqlError.
using QualifiedName = std::pair<std::string, std::string>;
std::set<QualifiedName> tables_behind(mysql::Connection& connection, const QualifiedName& parent);

// An INSERT … VALUES, cut behind its first row. Pure.
struct FirstRow {
  std::string_view statement;  // up to the row's end; empty: it has no VALUES
  std::string_view row;        // in parentheses
  std::size_t rows = 0;        // of the whole
};
FirstRow first_row(std::string_view insert, const sql::LexerOptions& options);

// The statement with as many rows, each like the first.
std::string repeated(const FirstRow& first);

}  // namespace dw::load
