// How far a long run is, for whoever watches: from the third second on a line that is written over on a
// terminal, elsewhere a dated line now and then.
#pragma once

#include <mutex>
#include <optional>
#include <string>

#include "common/util/ticker.h"

namespace dw::load {

// While it lives, the run's time goes on being shown, also where the run waits for a server. One at a time.
class Progress {
 public:
  explicit Progress(std::string words);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();  // takes the line away

  void update(std::string words);

 private:
  std::string words();

  std::mutex mutex_;
  std::string words_;
  std::optional<Ticker> ticker_;
};

}  // namespace dw::load
