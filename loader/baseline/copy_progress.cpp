#include "loader/baseline/copy_progress.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "loader/report/words.h"

namespace dw::load {
namespace {

constexpr double kMega = 1e6;

std::string clock_text(double seconds) {
  const auto whole = static_cast<std::uint64_t>(seconds);
  std::array<char, 40> out{};
  std::snprintf(out.data(), out.size(), "%llu:%02llu:%02llu", static_cast<unsigned long long>(whole / 3600),
                static_cast<unsigned long long>(whole / 60 % 60),
                static_cast<unsigned long long>(whole % 60));
  return out.data();
}

}  // namespace

std::string progress_line(const CopyProgress& progress) {
  const auto done = static_cast<double>(progress.bytes);
  const double expected = std::max(static_cast<double>(progress.expected_bytes), done);
  const double rate =
      static_cast<double>(progress.bytes - progress.bytes_before) / std::max(progress.seconds, 1e-3);
  std::array<char, 160> numbers{};
  std::snprintf(numbers.data(), numbers.size(), "%3.0f%% %s rows, %.0f MB, %.1f MB/s",
                expected > 0 ? 100 * done / expected : 100.0, grouped(progress.rows).c_str(), done / kMega,
                rate / kMega);
  std::string out = numbers.data();
  if (rate > 0) out += ", " + clock_text((expected - done) / rate) + " left";
  return progress.table.empty() ? out : out + ": " + progress.table;
}

}  // namespace dw::load
