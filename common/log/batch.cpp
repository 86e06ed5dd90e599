#include "common/log/batch.h"

#include <algorithm>
#include <iterator>

namespace dw {

Cursor Batch::cursor_before(std::size_t i) const {
  if (i >= events.size()) return header.next;
  return {header.generations.at(events[i].generation), events[i].index, events[i].time};
}

void append_batch(Batch& batch, Batch&& next) {
  std::vector<std::string>& generations = batch.header.generations;
  const auto number_of = [&](std::uint32_t theirs) {
    const std::string& fingerprint = next.header.generations.at(theirs);
    auto found = std::find(generations.begin(), generations.end(), fingerprint);
    if (found == generations.end()) found = generations.insert(generations.end(), fingerprint);
    return static_cast<std::uint32_t>(found - generations.begin());
  };
  for (Event& event : next.events) event.generation = number_of(event.generation);
  if (next.header.live) next.header.live->at.generation = number_of(next.header.live->at.generation);
  std::move(next.events.begin(), next.events.end(), std::back_inserter(batch.events));
  for (CounterReading& reading : next.header.counters) {
    reading.at.generation = number_of(reading.at.generation);
    reading.before += batch.header.logged;
    reading.through += batch.header.logged;
  }
  next.header.counters.insert(next.header.counters.begin(), batch.header.counters.begin(),
                              batch.header.counters.end());
  next.header.logged += batch.header.logged;
  next.header.after = batch.header.after;
  next.header.generations = std::move(generations);
  batch.header = std::move(next.header);
  batch.sha256 = std::move(next.sha256);
}

}  // namespace dw
