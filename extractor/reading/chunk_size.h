// How many rows to ask for at once, so that a reading takes production about a given time. Pure.
#pragma once

#include <algorithm>
#include <cstdint>

namespace dw::extract {

class ChunkSize {
 public:
  // `bytes_in_row`: about, by what the server estimates; 0: not known.
  explicit ChunkSize(double target_seconds, std::uint64_t bytes_in_row = 0) : target_(target_seconds) {
    if (bytes_in_row != 0) rows_ = std::clamp<std::uint64_t>(kMostBytes / bytes_in_row, 1, rows_);
  }

  [[nodiscard]] std::uint64_t rows() const { return rows_; }

  // The chunk gave so many rows and bytes, and took so long. Grows slowly and shrinks at once: a slow chunk
  // is one that production noticed.
  void learn(std::uint64_t rows, std::uint64_t bytes, double seconds) {
    if (rows == 0) return;
    const double by_time = static_cast<double>(rows) * target_ / std::max(seconds, 1e-4);
    const double by_bytes = static_cast<double>(kMostBytes) * static_cast<double>(rows) /
                            static_cast<double>(std::max<std::uint64_t>(bytes, 1));
    const double most = static_cast<double>(rows_) * kGrowth;
    const double wanted = std::min({by_time, by_bytes, most});
    rows_ = static_cast<std::uint64_t>(std::clamp(wanted, 1.0, kMostRows));
  }

 private:
  static constexpr std::uint64_t kMostBytes = 16U << 20U;
  static constexpr double kGrowth = 4;
  static constexpr double kMostRows = 1e6;

  double target_;
  std::uint64_t rows_ = 500;
};

}  // namespace dw::extract
