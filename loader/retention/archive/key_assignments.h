// Which columns a statement, or a stored program's body, may assign in an UPDATE. Pure.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "common/sql/lexer.h"

namespace dw::load {

// Names in lower case, without their tables: those of UPDATE … SET, of ON DUPLICATE KEY UPDATE, and of SET
// NEW.x in a trigger. May name too many. An INSERT's own SET gives none.
std::set<std::string> updated_columns(std::string_view text, sql::LexerOptions options = {});

}  // namespace dw::load
