#include "loader/verify/marks.h"

namespace dw::load {

std::optional<Marks> find_marks(const Batch& batch, const std::string& nonce) {
  const std::string opening = "/* dw-extract mark " + nonce;
  Marks out;
  for (std::size_t i = 0; i < batch.events.size(); ++i) {
    const std::string& text = batch.events[i].text;
    if (!text.starts_with(opening)) continue;
    if (text.starts_with(opening + " list */")) out.list = i;
    if (!text.starts_with(opening + " inside */")) continue;
    out.inside = i;
    return out;
  }
  return std::nullopt;
}

void cut_behind(Batch& batch, std::size_t last) {
  if (last + 1 >= batch.events.size()) return;
  batch.header.next = batch.cursor_before(last + 1);
  batch.header.more = true;
  batch.header.live.reset();
  const Position end{batch.events[last].generation, batch.events[last].index};
  std::erase_if(batch.header.counters, [&](const CounterReading& one) { return one.at > end; });
  batch.events.resize(last + 1);
  batch.header.event_count = batch.events.size();
}

}  // namespace dw::load
