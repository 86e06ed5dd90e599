// The next AUTO_INCREMENT value in the text of SHOW CREATE TABLE. Pure.
//
// information_schema.TABLES shows it too, but MySQL 9.7 shows one too few there for a table that nobody has
// opened since the server started (measured: 21, where SHOW CREATE TABLE and the next INSERT have 22).
// MariaDB 10.11 is right in both.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dw::rows {

// nullopt: it shows none, because the table has no such column or has given no id yet (the next one is 1).
std::optional<std::uint64_t> shown_counter(std::string_view create);

// The text without what inserting rows changes.
std::string without_counter(std::string create);

}  // namespace dw::rows
