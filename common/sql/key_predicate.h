// Which rows of a table a statement may touch, as far as its own text names their primary keys.
//
// Pure and conservative: what is not one of the forms below is `unknown`.
//   UPDATE t [AS a] SET … WHERE …, DELETE FROM t [AS a] WHERE …: one table; in the WHERE, among conditions
//   that
//     are all joined by AND: key = constant, key IN (constants), for every column of the primary key; or for
//     an integer primary key of one column <, <=, >, >= and BETWEEN. An UPDATE that gives the key new
//     constants touches both rows.
//   INSERT and REPLACE … VALUES or SET, with constants for the primary key or with none for its
//   AUTO_INCREMENT
//     column; REPLACE and ON DUPLICATE KEY UPDATE only where no other unique key can find a row.
//   INSERT … SELECT that leaves the AUTO_INCREMENT column out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/sql/key_value.h"
#include "common/sql/statement.h"

namespace dw::sql {

struct KeySet {
  enum class Kind : std::uint8_t {
    unknown,
    rows,   // these
    range,  // those whose one integer key lies in [from, to]
    given,  // new rows whose key the server gives by AUTO_INCREMENT
  };
  Kind kind = Kind::unknown;
  std::vector<KeyRow> rows{};
  std::optional<std::int64_t> from{};  // none: no lower bound
  std::optional<std::int64_t> to{};
  std::size_t new_rows = 0;  // rows that an INSERT … VALUES brings; 0: it does not tell
};

// More rows than this are `unknown`, or a range where they are integers.
inline constexpr std::size_t kMostKeyRows = 1000;

// `options`: those of the session, which decide where a string ends.
KeySet keys_of(const Statement& statement, const TableKey& key, LexerOptions options = {});

// They can have no row in common. (New rows and rows that are named have none: a client cannot name an id
// before the server has given it.)
bool disjoint(const KeySet& left, const KeySet& right, const TableKey& key);

}  // namespace dw::sql
