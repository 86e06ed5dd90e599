#include "extractor/reading/load_gate.h"

#include <charconv>
#include <thread>

namespace dw::extract {
namespace {

using Clock = std::chrono::steady_clock;

// Pieces of a few milliseconds would cost more by being asked for than by being read.
constexpr auto kMoment = std::chrono::milliseconds(50);
constexpr auto kPauseUnderLoad = std::chrono::milliseconds(250);
constexpr int kPausesToASign = 4;

}  // namespace

std::uint64_t LoadGate::threads_running() {
  const auto rows = server_.rows("SHOW GLOBAL STATUS LIKE 'Threads_running'");
  std::uint64_t out = 0;
  if (!rows.empty()) {
    const std::string& value = rows[0].at(1);
    std::from_chars(value.data(), value.data() + value.size(), out);
  }
  return out;
}

void LoadGate::pass(const std::function<void()>& while_waiting) {
  if (max_load_ == 0 || (had_time_ && Clock::now() - *had_time_ < kMoment)) return;
  for (int pause = 1; threads_running() > max_load_; ++pause) {
    if (pause % kPausesToASign == 0) {
      while_waiting();
      if (tell_) tell_();
    }
    std::this_thread::sleep_for(kPauseUnderLoad);
  }
  had_time_ = Clock::now();
}

}  // namespace dw::extract
