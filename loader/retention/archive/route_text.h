// What of a route's expression can be told from its text. The rest only a server knows. Pure.
#pragma once

#include <optional>
#include <string>

namespace dw::load {

// Why it is no single expression: it would leave the parentheses that it is put into, hide what stands behind
// it, or ask another table. nullopt: it is one.
std::optional<std::string> fault_of_expression(const std::string& expression);

}  // namespace dw::load
