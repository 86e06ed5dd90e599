// How far the first copy is, in words. Pure.
#pragma once

#include <cstdint>
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

}  // namespace dw::load
