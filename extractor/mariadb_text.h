// The bytes of a statement, from MariaDB's log table.
#pragma once

#include <string>
#include <string_view>

namespace dw::extract {

// MariaDB's table holds text of utf8mb3 and writes every other byte as \xHH: an emoji of four bytes becomes
// sixteen characters (facts.md, "What a row is"). Gives the bytes back. Only bytes from 0x80 on are written
// so, with upper-case digits. A client can have typed such a thing itself, behind a backslash of its own:
// there a run is taken for bytes only when they make whole UTF-8 characters.
std::string original_bytes(std::string_view logged);

}  // namespace dw::extract
