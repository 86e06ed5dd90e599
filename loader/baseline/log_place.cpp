#include "loader/baseline/log_place.h"

#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "common/log/batch.h"
#include "common/util/error.h"

namespace dw::load {
namespace {

constexpr Micros kTimeWaver = 2'000'000;  // rows of the log stand in another order than their times

// Keeps what comes before the rows.
class HeadOnly : public SnapshotVisitor {
 public:
  void on_start(const SnapshotHeader& header, const rows::Catalog& catalog) override {
    present = Present{header, catalog};
  }
  void on_table(const rows::Table& /*table*/) override {}
  void on_row(std::span<const rows::Value> /*values*/) override {}
  void on_chunk() override {}
  void on_table_end(bool /*changed*/) override {}
  std::optional<Present> present;
};

// A snapshot that is to go on behind the last name there can be has no rows.
std::string behind_all_tables() {
  return nlohmann::json{{"schema", "\U0010FFFF"}, {"table", ""}}.dump();
}

}  // namespace

Present fetch_present(const SourceClient& client) {
  HeadOnly visitor;
  SnapshotLines lines(visitor);
  client.fetch_snapshot(behind_all_tables(), [&](std::string_view bytes) { lines.feed(bytes); });
  if (!lines.complete() || !visitor.present) {
    throw Error(ExitCode::source_unreachable, "the source broke off its answer",
                "its web server's error log says why");
  }
  marker_of(visitor.present->header);
  return std::move(*visitor.present);
}

CopyMarker marker_of(const SnapshotHeader& header) {
  if (!header.cursor) {
    throw Error(ExitCode::gap, "the source's snapshot has no place in its log",
                "switch the general log on, and let dw-extract's account be logged (dw-extract check)");
  }
  return {header.nonce, *header.cursor, header.busy, header.oldest_transaction, false};
}

Cursor replay_start(const SourceClient& client, const CopyMarker& marker) {
  BatchRequest request;
  request.since = format_time(marker.cursor.time - marker.oldest_transaction.value_or(0) - kTimeWaver);
  request.max_bytes = 1;
  const Cursor first = decode_batch(client.fetch_batch(request)).cursor_before(0);
  const bool behind = first.fingerprint == marker.cursor.fingerprint ? first.index > marker.cursor.index
                                                                     : first.time > marker.cursor.time;
  // The log was rotated away meanwhile: the next sync finds that out, and says so.
  return behind ? marker.cursor : first;
}

}  // namespace dw::load
