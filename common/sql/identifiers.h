// Quoting of identifiers and literals.
#pragma once

#include <string>
#include <string_view>

namespace dw::sql {

// `a``b`: valid in every sql_mode.
std::string quote_identifier(std::string_view name);

// 'it\'s': for a session whose sql_mode lacks NO_BACKSLASH_ESCAPES and whose character set has no \ as the
// second byte of a character (utf8mb4, latin1, binary; not sjis, gbk, big5, cp932).
std::string quote_literal(std::string_view value);

enum class Backslash : bool { ordinary, escape };

// The value of a token: `a``b`, "a", 'a', N'a' without their quotes, anything else as it is. `backslash` is
// for '…' and "…" that are strings: escape unless the session has NO_BACKSLASH_ESCAPES. (MySQL
// manual 11.1.1, 11.2)
std::string unquote(std::string_view token, Backslash backslash = Backslash::escape);

// As a server compares a name of a schema or table: `lower_case_names` is its lower_case_table_names other
// than 0.
std::string folded(std::string_view name, bool lower_case_names);

}  // namespace dw::sql
