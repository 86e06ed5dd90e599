// gzip in memory, over zlib.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace dw {

// One whole gzip stream. `level` 1 (fast) to 9 (small): log text shrinks well at any.
std::string gzip(std::string_view bytes, int level = 1);

// Throws Error(failed) when `bytes` is no whole gzip stream or gives more than `limit` bytes.
std::string gunzip(std::string_view bytes, std::size_t limit);

inline bool looks_gzipped(std::string_view bytes) {
  return bytes.size() > 2 && bytes[0] == '\x1f' && bytes[1] == '\x8b';
}

}  // namespace dw
