// The parts of a single-row INSERT of literals, for putting several into one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/sql/statement.h"

namespace dw::sql {

enum class ValueKind : std::uint8_t { null, zero, positive_integer, other };

struct InsertRow {
  std::string_view head;             // INSERT INTO t (a, b) VALUES
  std::string_view row;              // (1, 'x')
  std::vector<std::string> columns;  // lower case, unquoted
  std::vector<ValueKind> values;
};

// `INSERT INTO t (columns) VALUES (literals)` with nothing else: no IGNORE, no ON DUPLICATE KEY, no
// expression, one row. nullopt for everything else.
std::optional<InsertRow> parse_insert_row(const Statement& statement);

}  // namespace dw::sql
