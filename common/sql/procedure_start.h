// Whether a procedure ends its caller's transaction before it does anything else. Pure.
#pragma once

#include <string_view>

#include "common/sql/lexer.h"

namespace dw::sql {

// The first statement that the body runs is START TRANSACTION or COMMIT; only declarations stand before it.
// Both commit what the caller's transaction changed, whatever happens behind them (MySQL manual 15.3.3).
bool commits_first(std::string_view body, LexerOptions options = {});

}  // namespace dw::sql
