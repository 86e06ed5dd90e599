// Which user variables a text names, and what it does with them. Pure.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "common/sql/statement.h"

namespace dw::load {

struct VariableUse {
  std::set<std::string> names;     // all that it names, in lower case
  std::set<std::string> read;
  std::set<std::string> assigned;  // those it sets, or may set
  // What is assigned depends on the order in which rows are read, or on which rows a LIMIT leaves.
  bool row_order = false;
};

// The names in a text, in lower case: both servers compare them without case.
std::set<std::string> variable_names(std::string_view text, sql::LexerOptions options = {});

VariableUse variable_use(const sql::Statement& statement, sql::LexerOptions options);

}  // namespace dw::load
