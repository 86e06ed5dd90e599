// What a statement reads from the server itself. Pure.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "common/sql/lexer.h"

namespace dw::sql {

// NOW(), CURRENT_TIMESTAMP, CURDATE(), UNIX_TIMESTAMP() and the like may be in it.
bool reads_clock(std::string_view text, LexerOptions options = {});

// Reads a system variable (or VERSION()) other than the session's own `known` ones (lower case).
bool reads_other_variables(std::string_view text, const std::set<std::string>& known,
                           LexerOptions options = {});

}  // namespace dw::sql
