#include "loader/plan/resume.h"

#include <algorithm>

#include "common/util/error.h"

namespace dw::load {

bool leave_out_applied(Batch& batch, const Cursor& checkpoint) {
  const BatchHeader& header = batch.header;
  const bool follows = (header.after && header.after->same_place(checkpoint)) ||
                       (header.gap && header.gap->after.same_place(checkpoint));
  if (follows) return true;
  const auto position_of = [&](const Cursor& cursor) {
    const auto known = std::find(header.generations.begin(), header.generations.end(), cursor.fingerprint);
    return Position{static_cast<std::uint32_t>(known - header.generations.begin()), cursor.index};
  };
  const Position reached = position_of(checkpoint);
  const bool hole = header.after && header.after->fingerprint == checkpoint.fingerprint &&
                    header.after->index > checkpoint.index;
  // A batch that was asked for by time says nothing of what lies before its first event.
  const bool begins_behind = !header.after && !batch.events.empty() &&
                             Position{batch.events.front().generation, batch.events.front().index} > reached;
  if (reached.generation == header.generations.size() || hole || begins_behind) {
    throw Error(ExitCode::gap, "the batch does not follow the mirror's checkpoint " + checkpoint.text(),
                "apply the batches in their order; the spool has them");
  }
  const auto first = std::find_if(batch.events.begin(), batch.events.end(), [&](const Event& event) {
    return Position{event.generation, event.index} >= reached;
  });
  batch.events.erase(batch.events.begin(), first);
  return position_of(header.next) > reached;
}

}  // namespace dw::load
