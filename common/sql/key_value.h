// Values of primary keys as statements write them, in a form that can be compared.
//
// Conservative: a constant that a server might read as another value than the one written (a number for a
// text column, '5abc' for an integer, what is cut off at the column's length) gives none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/sql/identifiers.h"
#include "common/sql/lexer.h"

namespace dw::sql {

enum class KeyType : std::uint8_t { integer, text, binary, date, other };

struct KeyColumn {
  std::string name;  // lower case
  KeyType type = KeyType::other;
  // integer: what the column can hold.
  std::int64_t least = 0;
  std::uint64_t most = 0;
  // text: characters; binary: bytes.
  std::uint64_t longest = 0;
  bool fixed_length = false;  // BINARY(n): shorter values are padded
};

// What a table's rows are known by.
struct TableKey {
  std::vector<KeyColumn> columns;          // the primary key's, in its order; empty: there is none
  std::vector<std::string> table_columns;  // lower case, in order, without invisible ones
  std::string auto_increment;              // lower case; empty: no such column
  bool other_unique = false;               // unique keys besides the primary one
};

// integer: decimal digits without leading zeros, `-` before them; text: its characters; binary: its bytes;
// date: YYYY-MM-DD.
using KeyRow = std::vector<std::string>;

// A token that is a constant, with the sign that stood before it.
struct Constant {
  Token token;
  bool negative = false;
};

// nullopt: not certain which value of the column is meant. `backslash` as for unquote().
std::optional<std::string> key_value(const Constant& constant, const KeyColumn& column, Backslash backslash);

// The value of an integer constant; nullopt for everything else, and beyond 64 bits.
std::optional<std::int64_t> integer_value(const Constant& constant);

// Rows whose forms differ are different rows, whatever the collation. nullopt: it may be any row. (Collations
// without case, and those that have v=w or i=y, such as utf8mb4_swedish_ci and utf8mb4_latvian_ci: MySQL
// manual 12.10.)
std::optional<std::string> comparable(const KeyRow& row, const std::vector<KeyColumn>& columns);

}  // namespace dw::sql
