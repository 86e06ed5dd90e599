// What a stored program's body puts together as text and executes (PREPARE … FROM, MariaDB's EXECUTE
// IMMEDIATE): the texts where they stand in it, and else what they may do. Pure.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/sql/lexer.h"

namespace dw::load {

struct DynamicSql {
  std::vector<std::string> texts;  // known in full
  bool may_take = false;           // another one may take a table's rows without firing a trigger
  bool may_update = false;         // another one may assign columns that are not named here
};

DynamicSql dynamic_sql(std::string_view body, sql::LexerOptions options = {});

// The words of a text's string literals, in lower case: names that a text put together of them can hold.
std::set<std::string> words_of_literals(std::string_view text, sql::LexerOptions options = {});

}  // namespace dw::load
