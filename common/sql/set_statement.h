// The assignments of a SET statement.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/sql/lexer.h"

namespace dw::sql {

struct Assignment {
  enum class Scope { session, global, user_variable };
  Scope scope = Scope::session;
  std::string name;             // lower case, without @@ and scope; user variables without @, unquoted
  std::string_view expression;  // as written; views the statement
  // 'text', 123, ON, DEFAULT … : a single token that gives the same value whenever it is evaluated.
  bool constant = false;
};

// `SET a = 1, @@session.b = 'x', @c := 2` and the like; SET NAMES, SET CHARACTER SET, SET PASSWORD, SET ROLE
// and SET TRANSACTION have none. nullopt when the text is no such SET.
std::optional<std::vector<Assignment>> parse_assignments(std::string_view set_statement,
                                                         LexerOptions options = {});

// The value of a constant expression without its quotes, e.g. ANSI_QUOTES of 'ANSI_QUOTES'.
std::string constant_value(std::string_view expression);

}  // namespace dw::sql
