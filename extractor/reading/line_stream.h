// An answer that is written while it is made: JSON Lines. common/rows/reading_format.md describes them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

namespace dw::extract {

// Where an answer's bytes go.
class ByteSink {
 public:
  ByteSink() = default;
  ByteSink(const ByteSink&) = delete;
  ByteSink& operator=(const ByteSink&) = delete;
  virtual ~ByteSink() = default;

  // Throws Error(failed) when nobody takes them any more.
  virtual void write(std::string_view bytes) = 0;
  // What was written is to be on its way when this returns.
  virtual void flush() = 0;
};

class LineStream {
 public:
  explicit LineStream(ByteSink& sink) : sink_(sink) {}

  void line(const nlohmann::json& value);
  // A row: `out` is appended to, then `row_done` is called.
  [[nodiscard]] std::string& out() { return buffer_; }
  void row_done();
  void flush();
  // The last line: what lacks it was cut off.
  void finish();

  [[nodiscard]] std::uint64_t bytes() const { return sent_ + buffer_.size(); }

 private:
  ByteSink& sink_;
  std::string buffer_;
  std::uint64_t lines_ = 0;
  std::uint64_t sent_ = 0;
};

}  // namespace dw::extract
