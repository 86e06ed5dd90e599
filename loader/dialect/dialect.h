// Turns a statement that production ran into one that means the same on the mirror's server. Pure: text in,
// text out.
//
// Only what is exact is rewritten. What the mirror lacks and what cannot be said otherwise stays as it was:
// the mirror refuses it, and it is recorded as failed. What was each server's behaviour is measured on
// MySQL 9.7 and MariaDB 10.11 (tests/integration/dialect_test.cpp).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/sql/statement.h"
#include "loader/dialect/collations.h"
#include "loader/dialect/server.h"

namespace dw::load {

struct DialectFacts {
  ServerVersion source;
  ServerVersion mirror;
  CollationFacts collations;
  // sql_generate_invisible_primary_key of the source: a table made without a primary key has one all the
  // same.
  bool invisible_primary_keys = false;
};

struct Translation {
  std::optional<std::string> text;  // to be run in place of the statement; none: it stays as it is
  std::vector<std::string> notes;   // what of its meaning was lost, to be told once
  std::string suspect;              // why the rows it writes may differ; "": they do not
};

class Dialect {
 public:
  Dialect() = default;
  explicit Dialect(DialectFacts facts);

  // `options`: as the statement's session has them.
  [[nodiscard]] Translation translate(const sql::Statement& statement, sql::LexerOptions options) const;
  [[nodiscard]] const Collations& collations() const { return collations_; }
  [[nodiscard]] const ServerVersion& source() const { return facts_.source; }
  [[nodiscard]] const ServerVersion& mirror() const { return facts_.mirror; }

 private:
  [[nodiscard]] bool may_need_change(const sql::Statement& statement, sql::LexerOptions options) const;
  [[nodiscard]] bool executed_by_source(std::string_view version_comment) const;

  DialectFacts facts_;
  Collations collations_;
};

}  // namespace dw::load
