// Keeping passwords out of what is written down.
#pragma once

#include <string>
#include <string_view>

namespace dw::sql {

// The statement with every string behind IDENTIFIED or PASSWORD replaced by '<secret>': for the text of
// account statements, which MariaDB logs in clear (facts.md, "What a row is").
std::string without_passwords(std::string_view statement);

}  // namespace dw::sql
