// One statement of a stored program's body, as the general log shows it when the program runs it.
//
// Measured on MariaDB 10.11 and MySQL 9.7: the log has the body's own text, with
// - a parameter or local variable x as NAME_CONST('x',5), or _utf8mb4'…' COLLATE '…' in place of 5; the name
// is
//   spelled as it was used. A record's field r.a is NAME_CONST('r.a',5). Behind LIMIT stands the bare number;
// - NEW.a and OLD.a as they are, and so is a variable that is assigned (SELECT … INTO x);
// - SET @a=1, x=2 cut at its commas into SET @a=1 (x=2 is not logged), without SESSION. MariaDB writes
// NAME_CONST at
//   a wrong place of it: `SET @total = x` becomes `SET @to NAME_CONST('x',5)al = x`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/sql/lexer.h"
#include "common/sql/tokens.h"

namespace dw::sql {

// The text uses NEW.x or OLD.x, or NAME_CONST as a server prints it. A quick look that may take an alias or a
// string for one.
bool may_be_marked(std::string_view text);

// Where a statement is known to come from a body: what no client can have sent. `of_row` means NEW or OLD,
// unless the statement itself names something so.
struct Marks {
  bool of_row = false;
  bool name_const = false;
};
Marks marks_of(std::string_view text, LexerOptions options = {});

class StatementPattern {
 public:
  StatementPattern(std::string_view text, LexerOptions options);

  // `row`: tokens_of the logged text.
  [[nodiscard]] bool matches(const std::vector<Token>& row) const;

  // SET of a user variable: see above what MariaDB can make of it.
  [[nodiscard]] bool sets_user_variable() const { return sets_user_variable_; }

 private:
  struct Part {
    std::string text;
    bool name = false;   // may stand for a variable
    bool limit = false;  // a number may stand for it
  };
  [[nodiscard]] bool same(std::size_t part, const Token& token) const;
  [[nodiscard]] std::size_t parts_named(std::size_t part, const std::string& name) const;

  std::vector<Part> parts_;
  bool sets_user_variable_ = false;
};

// A SET that a server spoiled by writing NAME_CONST into the middle of it.
bool is_spoiled_set(std::string_view text);

}  // namespace dw::sql
