// Verifier's part for tasks that have more rows than are to be held at once: they are looked at in parts.
#include "loader/verify/verifier.h"

namespace dw::load {

// Along a key that both sides sort alike, or by keys: then it may be answered in parts.
bool Verifier::is_bounded(const Task& task) {
  const rows::Table* table = tables_.find(task.asked.table);
  if (table == nullptr) return false;
  if (!task.asked.keys.empty()) return true;
  return (task.asked.key.empty() || task.asked.key == table->key) && is_walkable(*table);
}

// The mirror has more rows in it than are to be held at once: production's are asked for again, up to there,
// and then behind it.
void Verifier::look_in_two(Task& task, const RowsAsked& asked, const std::string& through) {
  Task rest = task;
  rest.asked = asked;
  rest.asked.after = through;
  task.asked = asked;
  task.asked.through = through;
  task.chunk.reset();
  for (const std::uint64_t suspect : task.suspects) ++parts_[suspect];
  look_again(rest, Want::rows);
  look_again(task, Want::rows);
}

// What the answer left out; the piece is done when that is.
void Verifier::look_at_rest(Judged& judged) {
  if (!judged.rest) return;
  Task rest = *judged.task;
  rest.asked = *judged.rest;
  rest.looks = 0;
  rest.readings = 0;
  for (const std::uint64_t suspect : rest.suspects) ++parts_[suspect];
  judged.task->chunk.reset();
  look_again(rest, Want::rows);
}

}  // namespace dw::load
