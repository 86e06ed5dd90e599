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

// The same for an Execute row. There the server has put the values in, with a backslash before each byte that
// is no character of the connection's set: binary 0x80 stands as \\x80 (measured on 10.11). So does the text
// \x80 of four characters: a run is taken for bytes unless these make whole UTF-8 characters, which the
// server would not have put a backslash before. What comes out is then no UTF-8, which tells the loader of
// the doubt.
std::string original_bytes_of_execute(std::string_view logged);

}  // namespace dw::extract
