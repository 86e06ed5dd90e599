// How far a long run is, for whoever watches: from the third second on a line that is written over on a
// terminal, elsewhere a dated line now and then.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

namespace dw::load {

// "batch 12: applying, 34 s": what is said after `seconds` of a work. Pure.
std::string progress_text(const std::string& words, long seconds);

// While it lives, the run's time goes on being shown, also where the run waits for a server. One at a time.
class Progress {
 public:
  explicit Progress(std::string words);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();  // takes the line away

  void update(std::string words);

 private:
  void run();

  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  std::mutex mutex_;
  std::condition_variable ended_;
  std::string words_;
  bool end_ = false;
  std::thread thread_;
};

}  // namespace dw::load
