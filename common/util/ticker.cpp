#include "common/util/ticker.h"

namespace dw {

std::string progress_text(const std::string& words, long seconds) {
  const std::string minutes = std::to_string(seconds / 60) + ":" + (seconds % 60 < 10 ? "0" : "");
  return words + " [" + minutes + std::to_string(seconds % 60) + "]";
}

Ticker::Ticker(std::chrono::milliseconds first, std::chrono::milliseconds pause, Tick tick)
    : thread_([this, first, pause, tick = std::move(tick)] { run(first, pause, tick); }) {}

Ticker::~Ticker() {
  {
    const std::lock_guard lock(mutex_);
    end_ = true;
  }
  ended_.notify_all();
  thread_.join();
}

void Ticker::run(std::chrono::milliseconds first, std::chrono::milliseconds pause, const Tick& tick) {
  const auto started = std::chrono::steady_clock::now();
  auto next = started + first;
  std::unique_lock lock(mutex_);
  while (!ended_.wait_until(lock, next, [this] { return end_; })) {
    lock.unlock();
    tick(std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - started));
    lock.lock();
    next += pause;
  }
}

}  // namespace dw
