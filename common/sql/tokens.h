// A statement's tokens as a list, for rules that look back and forth.
#pragma once

#include <string_view>
#include <vector>

#include "common/sql/lexer.h"

namespace dw::sql {

// Without comments, without the edges of version comments that the server reads, and without the `;` that
// ends the statement. The last one may be `unterminated`. Views of `text`.
std::vector<Token> tokens_of(std::string_view text, LexerOptions options = {});

}  // namespace dw::sql
