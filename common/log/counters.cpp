#include "common/log/counters.h"

#include <algorithm>
#include <charconv>

namespace dw {
namespace {

constexpr std::string_view kStarted = "started";

template <typename Number>
bool read_number(std::string_view text, Number& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return !text.empty() && error == std::errc{} && end == text.data() + text.size();
}

}  // namespace

Tally& Tally::operator+=(const Tally& other) {
  changes += other.changes;
  calls += other.calls;
  unclear += other.unclear;
  return *this;
}

Tally Tally::operator-(const Tally& other) const {
  return {changes - other.changes, calls - other.calls, unclear - other.unclear};
}

const std::vector<std::string>& change_counters() {
  static const std::vector<std::string> names{
      "Com_insert",       "Com_insert_select", "Com_replace",      "Com_replace_select", "Com_update",
      "Com_update_multi", "Com_delete",        "Com_delete_multi", "Com_truncate",       "Com_load"};
  return names;
}

const std::vector<std::string>& counter_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> out = change_counters();
    out.insert(out.end(), {"Com_stmt_reprepare", "Queries", "Questions", "Threads_running"});
    return out;
  }();
  return names;
}

std::string counters_text(Micros started, const ServerCounters& values) {
  std::string out = std::string(kStarted) + "=" + std::to_string(started);
  for (const auto& [name, value] : values) out += " " + name + "=" + std::to_string(value);
  return out;
}

std::optional<CounterText> parse_counters(std::string_view text) {
  CounterText out;
  bool has_start = false;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    const std::size_t equals = word.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const std::string_view name = word.substr(0, equals);
    const std::string_view digits = word.substr(equals + 1);
    if (name == kStarted) {
      has_start = read_number(digits, out.started);
    } else if (!read_number(digits, out.values[std::string(name)])) {
      return std::nullopt;
    }
  }
  return has_start ? std::optional(out) : std::nullopt;
}

}  // namespace dw
