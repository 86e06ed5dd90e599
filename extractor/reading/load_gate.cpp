#include "extractor/reading/load_gate.h"

#include <charconv>
#include <chrono>
#include <thread>

namespace dw::extract {
namespace {

constexpr auto kPause = std::chrono::milliseconds(250);
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
  if (max_load_ == 0) return;
  for (int pause = 1; threads_running() > max_load_; ++pause) {
    if (pause % kPausesToASign == 0) while_waiting();
    std::this_thread::sleep_for(kPause);
  }
}

}  // namespace dw::extract
