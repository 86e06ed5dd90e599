// What a call `name(…)` in a statement means for a replay.
#pragma once

#include <cstdint>
#include <string_view>

namespace dw::sql {

// The word may stand before "(" without calling a stored function: the servers' own functions, reserved
// words, types. A loadable or stored function may have any other name, and may change data.
bool is_builtin_before_parenthesis(std::string_view word);

// The servers take the name as their own function only with "(" right behind it, unless IGNORE_SPACE is set
// (MySQL manual 11.2.5).
bool needs_adjacent_parenthesis(std::string_view word);

// What is in the parentheses, as far as a doubt depends on it.
enum class Argument : std::uint8_t { none, zero, other };

// Doubt bits of a call of this function.
std::uint32_t call_doubts(std::string_view word, Argument argument);

}  // namespace dw::sql
