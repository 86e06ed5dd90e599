// Where in production's log a copy stands, and from where the log is replayed behind it.
#pragma once

#include "common/rows/catalog.h"
#include "loader/baseline/copy_state.h"
#include "loader/baseline/snapshot_lines.h"
#include "loader/net/source_client.h"

namespace dw::load {

// Production at one instant whose place in the log is known: what it has, without rows.
struct Present {
  SnapshotHeader header;
  rows::Catalog catalog;
};

// Throws Error: `gap` when the log is off.
Present fetch_present(const SourceClient& client);

// Throws Error(gap) when the snapshot has no place in the log.
CopyMarker marker_of(const SnapshotHeader& header);

// Before the first statement of what was under way at the marker's place. Throws Error.
Cursor replay_start(const SourceClient& client, const CopyMarker& marker);

}  // namespace dw::load
