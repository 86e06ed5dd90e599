// gzip in memory, over zlib.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace dw {

// One whole gzip stream. `level` 1 (fast) to 9 (small): log text shrinks well at any.
std::string gzip(std::string_view bytes, int level = 1);

// The same piece by piece: each call gives what there is of the stream so far.
class GzipStream {
 public:
  explicit GzipStream(int level = 1);
  ~GzipStream();
  GzipStream(const GzipStream&) = delete;
  GzipStream& operator=(const GzipStream&) = delete;

  std::string add(std::string_view bytes);
  // All that was added can be read from what was given out.
  std::string flush();
  std::string finish();

 private:
  std::string run(std::string_view bytes, int mode);

  struct State;
  std::unique_ptr<State> state_;
};

// Throws Error(failed) when `bytes` is no whole gzip stream or gives more than `limit` bytes.
std::string gunzip(std::string_view bytes, std::size_t limit);

inline bool looks_gzipped(std::string_view bytes) {
  return bytes.size() > 2 && bytes[0] == '\x1f' && bytes[1] == '\x8b';
}

}  // namespace dw
