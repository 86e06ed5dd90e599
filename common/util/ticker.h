// Something done again and again beside a work, from a thread of its own: what showing progress takes.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace dw {

// "looking [1:05]": what is said after `seconds` of a work. Pure.
std::string progress_text(const std::string& words, long seconds);

class Ticker {
 public:
  // `passed`: since the ticker was made.
  using Tick = std::function<void(std::chrono::seconds passed)>;

  // The first tick comes after `first`, each further one after `pause`.
  Ticker(std::chrono::milliseconds first, std::chrono::milliseconds pause, Tick tick);
  Ticker(const Ticker&) = delete;
  Ticker& operator=(const Ticker&) = delete;
  ~Ticker();  // when it returns no tick is under way, and none comes

 private:
  void run(std::chrono::milliseconds first, std::chrono::milliseconds pause, const Tick& tick);

  std::mutex mutex_;
  std::condition_variable ended_;
  bool end_ = false;
  std::thread thread_;
};

}  // namespace dw
