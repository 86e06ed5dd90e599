#include "loader/baseline/progress.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "common/util/clock.h"
#include "loader/report/words.h"

namespace dw::load {
namespace {

constexpr auto kTerminalPause = std::chrono::milliseconds(200);
constexpr auto kLinesPause = std::chrono::seconds(10);
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

void ProgressPrinter::show(const CopyProgress& progress) {
  const auto now = Clock::now();
  const bool terminal = style_ == Style::terminal;
  if (now - last_ < (terminal ? Clock::duration(kTerminalPause) : Clock::duration(kLinesPause))) return;
  last_ = now;
  const std::string line = progress_line(progress);
  if (terminal) {
    out_ << '\r' << line << std::string(width_ > line.size() ? width_ - line.size() : 0, ' ');
    width_ = line.size();
  } else {
    out_ << format_time(now_micros()) << ' ' << line << '\n';
  }
  out_.flush();
}

void ProgressPrinter::end_line() {
  if (width_ != 0) out_ << '\n';
  width_ = 0;
  out_.flush();
}

}  // namespace dw::load
