#include "common/util/statistics.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <mutex>

#include <nlohmann/json.hpp>

namespace dw {
namespace {

// A reading may be awaited on a thread of its own. One lock does for every object: a wait is far longer.
std::mutex& sums_lock() {
  static std::mutex lock;
  return lock;
}

}  // namespace

void Statistics::add(std::string_view action, Clock::duration time, std::uint64_t count) {
  const std::scoped_lock lock(sums_lock());
  auto sum = sums_.find(action);
  if (sum == sums_.end()) sum = sums_.emplace(action, Sum{}).first;
  sum->second.count += count;
  sum->second.time += time;
}

std::vector<Statistics::Line> Statistics::lines() const {
  const auto seconds = [](Clock::duration time) { return std::chrono::duration<double>(time).count(); };
  const Clock::duration whole = Clock::now() - started_;
  const double percent = whole.count() > 0 ? 100 / seconds(whole) : 0;
  std::vector<Line> out;
  const std::scoped_lock lock(sums_lock());
  Clock::duration known{};
  for (const auto& [action, sum] : sums_) {
    known += sum.time;
    out.push_back({action, sum.count, seconds(sum.time), seconds(sum.time) * percent});
  }
  const Clock::duration other = std::max(whole - known, Clock::duration{});
  out.push_back({"other", 0, seconds(other), seconds(other) * percent});
  std::stable_sort(out.begin(), out.end(),
                   [](const Line& left, const Line& right) { return left.seconds > right.seconds; });
  return out;
}

std::string statistics_table(const std::vector<Statistics::Line>& lines) {
  std::string out = "Action         Count       Time        Pct\n";
  for (const Statistics::Line& line : lines) {
    std::array<char, 96> numbers{};
    std::snprintf(numbers.data(), numbers.size(), " %7llu %10.4f %10.2f\n",
                  static_cast<unsigned long long>(line.count), line.seconds, line.percent);
    std::string action = line.action;
    action.resize(std::max<std::size_t>(action.size(), 12), ' ');
    out += action + numbers.data();
  }
  return out;
}

nlohmann::json statistics_json(const Statistics& statistics) {
  nlohmann::json out = nlohmann::json::array();
  for (const Statistics::Line& line : statistics.lines()) {
    out.push_back({{"action", line.action},
                   {"count", line.count},
                   {"seconds", line.seconds},
                   {"percent", line.percent}});
  }
  return out;
}

std::string action_of(std::string_view sql) {
  std::string out;
  for (const char c : sql.substr(0, 20)) {
    if (std::isalpha(static_cast<unsigned char>(c)) == 0) break;
    out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return out.empty() ? "statement" : out;
}

}  // namespace dw
