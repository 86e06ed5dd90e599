#include "extractor/mariadb_text.h"

#include <algorithm>

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

// The run of \\xHH at the front of `text`, as bytes.
std::string bytes_behind_backslashes(std::string_view text) {
  std::string out;
  while (text.starts_with('\\')) {
    const int byte = escaped_byte(text.substr(1));
    if (byte < 0) break;
    out += static_cast<char>(byte);
    text.remove_prefix(1 + kEscape);
  }
  return out;
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

std::string original_bytes_of_execute(std::string_view logged) {
  std::string out;
  while (!logged.empty()) {
    const std::string_view plain = logged.substr(0, logged.find('\\'));
    out += plain;
    logged.remove_prefix(plain.size());
    if (const int byte = escaped_byte(logged); byte >= 0) {
      out += static_cast<char>(byte);
      logged.remove_prefix(kEscape);
    } else if (const std::string bytes = bytes_behind_backslashes(logged); !bytes.empty()) {
      const std::size_t length = bytes.size() * (1 + kEscape);
      if (is_utf8(bytes)) {
        out += logged.substr(0, length);
      } else {
        for (const char each : bytes) out += {'\\', each};
      }
      logged.remove_prefix(length);
    } else {  // any other escape: both its characters
      out += logged.substr(0, 2);
      logged.remove_prefix(std::min<std::size_t>(2, logged.size()));
    }
  }
  return out;
}

}  // namespace dw::extract
