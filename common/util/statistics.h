// What a run spent its time on, by action: server round trips by kind, HTTP requests, files, sleeping.
//
// Timed at the edges, each wait once: no action is measured inside another. What is left of the run's time is
// "other".
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace dw {

class Statistics {
 public:
  using Clock = std::chrono::steady_clock;

  void add(std::string_view action, Clock::duration time, std::uint64_t count = 1);

  struct Line {
    std::string action{};
    std::uint64_t count = 0;
    double seconds = 0;
    double percent = 0;  // of the time since the object was made
  };
  // The longest first, "other" among them.
  [[nodiscard]] std::vector<Line> lines() const;

 private:
  struct Sum {
    std::uint64_t count = 0;
    Clock::duration time{};
  };
  Clock::time_point started_ = Clock::now();
  std::map<std::string, Sum, std::less<>> sums_;
};

// Measures from here to its end of life; nothing where `statistics` is null.
class Timed {
 public:
  Timed(Statistics* statistics, std::string_view action, std::uint64_t count = 1)
      : statistics_(statistics), action_(action), count_(count) {}
  Timed(const Timed&) = delete;
  Timed& operator=(const Timed&) = delete;
  ~Timed() {
    if (statistics_ != nullptr) statistics_->add(action_, Statistics::Clock::now() - started_, count_);
  }

 private:
  Statistics* statistics_;
  std::string_view action_;  // must outlive the object
  std::uint64_t count_;
  Statistics::Clock::time_point started_ = Statistics::Clock::now();
};

// Columns Action, Count, Time and Pct, as pt-archiver --statistics prints them.
std::string statistics_table(const std::vector<Statistics::Line>& lines);

// [{"action": …, "count": …, "seconds": …, "percent": …}, …]
nlohmann::json statistics_json(const Statistics& statistics);

// What a statement is called there: its first word in lower case.
std::string action_of(std::string_view sql);

}  // namespace dw
