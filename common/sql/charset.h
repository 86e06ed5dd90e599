// Character sets whose bytes are not what they seem.
#pragma once

#include <cstdint>
#include <string_view>

namespace dw::sql {

// Character sets in which the second byte of a character can be a \, a ` or a letter (MySQL manual 12.10.7).
// In all others (utf8mb4, latin1, eucjpms …) a byte below 0x80 is what it seems.
enum class Charset : std::uint8_t {
  ascii_safe,
  big5,
  gbk,   // gb18030 too: its characters of four bytes have no such byte
  sjis,  // cp932 too
};

// From its name in SET NAMES or character_set_client, whatever its case.
Charset charset_from(std::string_view name);

// The two bytes at p are one character, the second of which could be taken for something else.
bool is_pair(const char* p, const char* end, Charset charset);

// From behind an opening quote to behind the closing one, in a character set with pairs; null when there is
// none.
const char* skip_quoted_pairs(const char* p, const char* end, char quote, bool escapes, Charset charset,
                              bool& has_backslash);

}  // namespace dw::sql
