// The rules of the dialects. Each changes what it knows and leaves everything else. Internal to
// loader/dialect.
#pragma once

#include <algorithm>
#include <cstddef>

#include "loader/dialect/dialect.h"
#include "loader/dialect/rewriter.h"

namespace dw::load {

struct Work {
  const sql::Statement& statement;
  const DialectFacts& facts;
  const Collations& collations;
  sql::LexerOptions options;
  Rewriter& tokens;
  Translation& out;
  [[nodiscard]] bool to_mariadb() const { return !facts.source.mariadb && facts.mirror.mariadb; }
  void note(const std::string& text) {
    if (std::find(out.notes.begin(), out.notes.end(), text) == out.notes.end()) out.notes.push_back(text);
  }
};

// Nothing of the statement is left for the mirror to do.
inline constexpr const char* kNothing = "DO 0";

// Names of collations and character sets, wherever they stand.
void map_collations(Work& work);
// COLLATE behind a CHARACTER SET that has none of its own, in [begin, end) outside parentheses.
void add_default_collation(Work& work, std::size_t begin, std::size_t end);
// DEFINER = user: whoever it is in production, the mirror need not have that account.
void leave_out_definer(Work& work);

// Queries and changes of rows, also inside views and stored programs: MySQL's to MariaDB's.
void rewrite_query(Work& work);
void rewrite_functions(Work& work);
void rewrite_insert_aliases(Work& work);

// CREATE and ALTER TABLE, CREATE and DROP INDEX, CREATE and ALTER DATABASE.
void rewrite_definition(Work& work);
// One column of a definition, from its name on; one index or constraint, from its first word on. False: the
// mirror cannot have it, and the caller is to leave it out.
void rewrite_column(Work& work, std::size_t begin, std::size_t end);
[[nodiscard]] bool rewrite_index(Work& work, std::size_t begin, std::size_t end);
// Whether [begin, end) begins an index or a constraint, not a column.
[[nodiscard]] bool is_index(const Work& work, std::size_t begin);

}  // namespace dw::load
