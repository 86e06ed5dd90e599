#include "tests/differential/shrinker.h"

#include <algorithm>

namespace dw::workload {
namespace {

using Clock = std::chrono::steady_clock;
using Fails = std::function<bool(const Script&)>;

bool expired(Clock::time_point deadline) {
  return Clock::now() >= deadline;
}

// The smallest n for which the first n steps fail: failing is taken to stay once it is there, and checked.
Script shortest_beginning(const Script& script, const Fails& fails, Clock::time_point deadline) {
  std::size_t good = 0;
  std::size_t bad = script.size();
  while (bad - good > 1 && !expired(deadline)) {
    const std::size_t middle = (good + bad) / 2;
    if (fails({script.begin(), script.begin() + static_cast<std::ptrdiff_t>(middle)})) {
      bad = middle;
    } else {
      good = middle;
    }
  }
  return {script.begin(), script.begin() + static_cast<std::ptrdiff_t>(bad)};
}

Script without(const Script& script, std::size_t from, std::size_t count) {
  Script out(script.begin(), script.begin() + static_cast<std::ptrdiff_t>(from));
  const std::size_t end = std::min(script.size(), from + count);
  out.insert(out.end(), script.begin() + static_cast<std::ptrdiff_t>(end), script.end());
  return out;
}

// Drops runs of steps, half of them at first, one in the end.
Script fewer_steps(Script script, const Fails& fails, Clock::time_point deadline) {
  for (std::size_t size = std::max<std::size_t>(1, script.size() / 2);;
       size = std::max<std::size_t>(1, size / 2)) {
    bool dropped = false;
    for (std::size_t end = script.size(); end > 0 && !expired(deadline);) {
      const std::size_t from = end > size ? end - size : 0;
      Script shorter = without(script, from, end - from);
      if (fails(shorter)) {
        script = std::move(shorter);
        dropped = true;
      }
      end = std::min(from, script.size());
    }
    if (expired(deadline) || (size == 1 && !dropped)) return script;
  }
}

Script smaller_statements(Script script, const Fails& fails, Clock::time_point deadline) {
  for (std::size_t i = 0; i < script.size(); ++i) {
    for (bool again = true; again && !expired(deadline);) {
      again = false;
      for (const std::string& smaller : without_one_item(script[i].text)) {
        if (expired(deadline)) break;
        Script candidate = script;
        candidate[i].text = smaller;
        if (!fails(candidate)) continue;
        script = std::move(candidate);
        again = true;
        break;
      }
    }
  }
  return script;
}

struct Item {
  std::size_t begin;
  std::size_t end;
  int depth;
};

// Where the items of lists begin and end, quotes respected; depth 0 is outside of all brackets.
std::vector<Item> items_of(const std::string& statement) {
  std::vector<Item> items;
  std::vector<std::size_t> starts{0};
  char quote = 0;
  for (std::size_t i = 0; i < statement.size(); ++i) {
    const char c = statement[i];
    const auto close_item = [&] { items.push_back({starts.back(), i, static_cast<int>(starts.size()) - 1}); };
    if (quote != 0) {
      if (c == '\\')
        ++i;
      else if (c == quote)
        quote = 0;
    } else if (c == '\'' || c == '"' || c == '`') {
      quote = c;
    } else if (c == '(') {
      starts.push_back(i + 1);
    } else if (c == ')' && starts.size() > 1) {
      close_item();
      starts.pop_back();
    } else if (c == ',') {
      close_item();
      starts.back() = i + 1;
    }
  }
  items.push_back({starts.front(), statement.size(), 0});
  return items;
}

}  // namespace

std::vector<std::string> without_one_item(const std::string& statement) {
  std::vector<std::string> out;
  for (const Item& item : items_of(statement)) {
    const bool comma_before = item.begin > 0 && statement[item.begin - 1] == ',';
    const bool comma_after = item.end < statement.size() && statement[item.end] == ',';
    if (!comma_before && !comma_after) continue;
    if (comma_before) {
      out.push_back(statement.substr(0, item.begin - 1) + statement.substr(item.end));
    } else if (item.depth > 0) {
      out.push_back(statement.substr(0, item.begin) + statement.substr(item.end + 1));
    }
  }
  return out;
}

Script shrink(Script script, const Fails& fails, Clock::time_point deadline) {
  Script shorter = shortest_beginning(script, fails, deadline);
  if (fails(shorter)) script = std::move(shorter);
  Script unsynced;
  std::copy_if(script.begin(), script.end(), std::back_inserter(unsynced),
               [](const Step& step) { return step.action != Action::sync; });
  if (unsynced.size() < script.size() && fails(unsynced)) script = std::move(unsynced);
  script = fewer_steps(std::move(script), fails, deadline);
  script = smaller_statements(std::move(script), fails, deadline);
  return fewer_steps(std::move(script), fails, deadline);
}

}  // namespace dw::workload
