#include "common/sql/charset.h"

#include "common/sql/word_table.h"

namespace dw::sql {

Charset charset_from(std::string_view name) {
  if (equals_ignoring_case(name, "big5")) return Charset::big5;
  if (equals_ignoring_case(name, "gbk") || equals_ignoring_case(name, "gb18030")) return Charset::gbk;
  if (equals_ignoring_case(name, "sjis") || equals_ignoring_case(name, "cp932")) return Charset::sjis;
  return Charset::ascii_safe;
}

// The ranges are the servers' (strings/ctype-big5.c, -gbk.c, -sjis.c).
bool is_pair(const char* p, const char* end, Charset charset) {
  if (charset == Charset::ascii_safe || p + 1 >= end) return false;
  const auto lead = static_cast<unsigned char>(p[0]);
  const auto trail = static_cast<unsigned char>(p[1]);
  switch (charset) {
    case Charset::big5:
      return lead >= 0xA1 && lead <= 0xF9 &&
             ((trail >= 0x40 && trail <= 0x7E) || (trail >= 0xA1 && trail <= 0xFE));
    case Charset::gbk:
      return lead >= 0x81 && lead <= 0xFE &&
             ((trail >= 0x40 && trail <= 0x7E) || (trail >= 0x80 && trail <= 0xFE));
    default:
      return ((lead >= 0x81 && lead <= 0x9F) || (lead >= 0xE0 && lead <= 0xFC)) &&
             ((trail >= 0x40 && trail <= 0x7E) || (trail >= 0x80 && trail <= 0xFC));
  }
}

const char* skip_quoted_pairs(const char* p, const char* end, char quote, bool escapes, Charset charset,
                              bool& has_backslash) {
  while (p < end) {
    if (is_pair(p, end, charset)) {
      p += 2;
    } else if (*p == '\\') {
      has_backslash = true;
      p += escapes ? 2 : 1;
    } else if (*p++ == quote) {
      if (p == end || *p != quote) return p;
      ++p;
    }
  }
  return nullptr;
}

}  // namespace dw::sql
