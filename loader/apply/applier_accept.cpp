// Applier's part that takes another source for the one to follow.
#include "loader/apply/applier.h"
#include "loader/baseline/copy_state_store.h"

namespace dw::load {

// Whatever the former server had under way has ended: here it is as after a restart of the source.
void Applier::accept_source(const BatchHeader& header, const Cursor& start) {
  Batch batch;
  batch.header = header;
  batch.header.after = checkpoint_.cursor;
  batch.header.next = start;
  batch_ = &batch;
  begin();
  journal_.begin(batch);
  for (const HeldTransaction& one : held_.load()) {
    journal_.rolled_back(held_.count(one.key, HeldStatement::Kind::change),
                         held_.count(one.key, HeldStatement::Kind::savepoint));
    held_.erase(one.key);
  }
  journal_.suspect_all(std::string(kGapSuspect) + ": another source was accepted", start.text());
  journal_.write(bookkeeping_, table_keys_, false);
  if (copied_) CopyStateStore(connection_).clear();
  connection_.execute("DELETE FROM dw_meta.checkpoint");
  Checkpoint anew;
  anew.source_id = header.source.id;
  anew.cursor = start;
  anew.signs = signs_behind({}, header, true);
  anew.sessions.set_server_started(header.source.started);
  bookkeeping_.save_checkpoint(anew);
  connection_.execute("COMMIT");
  batch_ = nullptr;
  prepare();
}

}  // namespace dw::load
