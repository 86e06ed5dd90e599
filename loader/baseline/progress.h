// How far a long copy is, for whoever watches: a line that is written over on a terminal, else a dated line
// now and then.
#pragma once

#include <chrono>
#include <cstdint>
#include <ostream>
#include <string>

namespace dw::load {

struct CopyProgress {
  std::string table;
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
  std::uint64_t expected_bytes = 0;  // a guess
  double seconds = 0;                // of this run
  std::uint64_t bytes_before = 0;    // of earlier runs
};

// "12% 1,200,000 rows, 310 MB, 45 MB/s, 0:01:20 left: shop.orders"
std::string progress_line(const CopyProgress& progress);

class ProgressPrinter {
 public:
  enum class Style : std::uint8_t { terminal, lines };
  ProgressPrinter(std::ostream& out, Style style) : out_(out), style_(style) {}

  // Prints when it is time.
  void show(const CopyProgress& progress);
  // What was written over is not: the next line begins anew.
  void end_line();

 private:
  using Clock = std::chrono::steady_clock;

  std::ostream& out_;
  Style style_;
  Clock::time_point last_{};
  std::size_t width_ = 0;
};

}  // namespace dw::load
