// Whether a mirror is as its production: every row, every next AUTO_INCREMENT value, every definition.
//
// Rows are compared as bags of all columns' bytes, without conversion by the client's character set. Where
// the dialects differ (MySQL to MariaDB) definitions are compared by what both have: columns with their
// types' names and nullability, keys, foreign keys, the names of triggers, routines and views; JSON and
// floating point by value.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/mysql/connection.h"

namespace dw::test {

struct TableDifference {
  std::string table{};      // schema.name; of a trigger, routine or view too
  std::string kind{};       // rows, definition, auto_increment, missing, extra, objects
  std::string detail{};     // the first difference on both sides
  std::size_t missing = 0;  // rows: on the mirror
  std::size_t extra = 0;
  std::size_t rows = 0;     // production has
  bool suspect = false;     // the mirror's dw_meta.suspects has it
  bool by_dialect = false;  // with the reason that MySQL and MariaDB differ
};

// Rewrites a value of a column of this type (DATA_TYPE, in lower case) so that MySQL and MariaDB agree on it.
void make_comparable(const std::string& type, std::optional<std::string>& value);

std::vector<TableDifference> compare_servers(mysql::Connection& source, mysql::Connection& mirror,
                                             const std::vector<std::string>& schemas);

}  // namespace dw::test
