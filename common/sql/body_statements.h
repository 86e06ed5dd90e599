// The body of a stored program: where it begins in a CREATE statement, and the statements in it that the
// general log shows when it runs.
//
// Logged (measured on MariaDB 10.11 and MySQL 9.7): every SQL statement, SET of what is no local variable,
// CALL, SELECT … INTO, SIGNAL. Not logged: DECLARE, SET of a local variable or of NEW.x, RETURN, the
// conditions of IF, CASE and loops, cursors (OPEN, FETCH, CLOSE, and the cursor's own query), LEAVE, ITERATE.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/sql/lexer.h"

namespace dw::sql {

struct BodyStatement {
  std::string text;
  // Runs exactly once each time that the body runs, unless an error ends it: no IF, CASE, loop, handler or
  // RETURN stands before it or around it.
  bool straight = true;
};

std::vector<BodyStatement> body_statements(std::string_view body, LexerOptions options = {});

// From the body's first word on; empty when the text is no CREATE (or ALTER EVENT … DO) with a body that is
// understood. A view of the text.
std::string_view body_of(std::string_view create_statement, LexerOptions options = {});

}  // namespace dw::sql
