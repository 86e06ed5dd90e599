#include "loader/baseline/takeover.h"

#include "loader/apply/bookkeeping.h"
#include "loader/baseline/copy_state_store.h"

namespace dw::load {
namespace {

void add_tables(CopyStateStore& store, const rows::Catalog& catalog, const std::string& nonce) {
  for (const rows::Table& table : catalog.tables) {
    TableCopy one;
    one.schema = table.schema;
    one.table = table.name;
    one.step = CopyStep::done;
    one.marker = nonce;
    store.add(one);
    store.save(one);
  }
}

}  // namespace

void save_takeover(mysql::Connection& mirror, const Takeover& takeover) {
  const SourceInfo& source = takeover.present.header.source;
  Bookkeeping bookkeeping(mirror);
  CopyStateStore store(mirror);
  bookkeeping.create_schema();
  store.create();
  mirror.execute("START TRANSACTION");
  store.clear();
  if (!takeover.markers.empty()) {
    store.begin(source.id);
    for (const CopyMarker& marker : takeover.markers) store.add(marker);
    add_tables(store, takeover.present.catalog, takeover.markers.front().nonce);
    store.finish(source.id);
  }
  SuspectEntry all;
  all.scope = SuspectScope::all;
  all.reason = takeover.reason;
  all.cursor = takeover.start.text();
  all.time = takeover.start.time;
  bookkeeping.add(std::vector<SuspectEntry>{all});
  bookkeeping.add(0, failures_of(takeover.refused, takeover.start));
  Checkpoint checkpoint;
  checkpoint.source_id = source.id;
  checkpoint.cursor = takeover.start;
  checkpoint.signs.server = source.server;
  bookkeeping.save_checkpoint(checkpoint);
  mirror.execute("COMMIT");
}

}  // namespace dw::load
