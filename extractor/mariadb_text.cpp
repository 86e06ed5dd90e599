#include "extractor/mariadb_text.h"

#include "common/log/batch.h"

namespace dw::extract {
namespace {

constexpr std::size_t kEscape = 4;  // \xHH

int upper_hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// The byte that is written at the front of `text`; -1 when none is.
int escaped_byte(std::string_view text) {
  if (text.size() < kEscape || text[0] != '\\' || text[1] != 'x') return -1;
  const int high = upper_hex(text[2]);
  const int low = upper_hex(text[3]);
  return high < 8 || low < 0 ? -1 : high * 16 + low;
}

}  // namespace

std::string original_bytes(std::string_view logged) {
  std::string out;
  std::size_t done = 0;
  for (std::size_t at = logged.find("\\x"); at != std::string_view::npos; at = logged.find("\\x", at)) {
    std::string bytes;
    std::size_t end = at;
    for (int byte = escaped_byte(logged.substr(end)); byte >= 0; byte = escaped_byte(logged.substr(end))) {
      bytes += static_cast<char>(byte);
      end += kEscape;
    }
    const bool behind_backslash = at > 0 && logged[at - 1] == '\\';
    if (!bytes.empty() && (!behind_backslash || is_utf8(bytes))) {
      out.append(logged, done, at - done);
      out += bytes;
      done = end;
    }
    at = std::max(end, at + 1);
  }
  return out.append(logged.substr(done));
}

}  // namespace dw::extract
