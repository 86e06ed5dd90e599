// Waits while production is busy: a reading has time, production has not.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>

#include "extractor/server.h"

namespace dw::extract {

class LoadGate {
 public:
  // `max_load`: of Threads_running, as pt-table-checksum's --max-load; 0: never waits.
  LoadGate(Server& server, std::uint64_t max_load) : server_(server), max_load_(max_load) {}

  // Returns when the server has time, or had a moment ago. `while_waiting` is called about once a second.
  void pass(const std::function<void()>& while_waiting);
  // The same, telling who was given here.
  void pass() {
    pass([] {});
  }
  // Also told while it waits, whoever does.
  void on_wait(std::function<void()> tell) { tell_ = std::move(tell); }

 private:
  [[nodiscard]] std::uint64_t threads_running();

  Server& server_;
  std::uint64_t max_load_;
  std::function<void()> tell_;
  std::optional<std::chrono::steady_clock::time_point> had_time_;
};

}  // namespace dw::extract
