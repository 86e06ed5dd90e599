// Recognises in the log the two statements that dw-extract runs to count: the one that reads the server's
// counters, and the one that holds what was read.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/log/counters.h"
#include "extractor/log_source.h"

namespace dw::extract {

inline constexpr std::string_view kCountingMarker = "/* dw-extract counting */ ";
// `values`: as counters_text() writes them.
std::string counted_marker(const std::string& values);

class CounterWatch {
 public:
  // One of dw-extract's own rows. `logged`: what the batch showed before it.
  void observe(std::uint32_t generation, const LogRow& row, const Tally& logged);

  [[nodiscard]] const std::vector<CounterReading>& readings() const { return readings_; }

 private:
  std::map<std::uint64_t, Tally> begun_;  // by thread
  std::vector<CounterReading> readings_;
};

}  // namespace dw::extract
