// A consistent snapshot of production, and its place in the log.
//
// Three statements stand in the log around it, and the first and the third go out with the batches, because
// they bear a nonce: a list of the sessions, and a first SELECT inside. What was committed by a statement
// that stands before the first is in the snapshot, but for the last statement of each session that the list
// shows busy; what stands behind the third is not (facts.md, "What log order is worth"). Both are reads:
// whoever replays them does nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "common/log/cursor.h"
#include "extractor/filter.h"
#include "extractor/log_source.h"
#include "extractor/server.h"

namespace dw::extract {

struct SnapshotMarker {
  std::string nonce;
  std::vector<std::uint64_t> busy;  // threads that were running a statement
  // Threads with a transaction of InnoDB, and how long the oldest of them had been there; none: not known.
  std::optional<std::vector<std::uint64_t>> in_transaction;
  Micros oldest_transaction = 0;
  std::optional<Cursor> cursor;  // the place before the first statement, where it was looked up
};

// Opens the snapshot in the server's session; it lasts until close_snapshot. Throws mysql::SqlError.
SnapshotMarker open_snapshot(Server& server, const ServerInfo& info);
void close_snapshot(Server& server);

// Lets go of the metadata locks that reading took, so that production's ALTER TABLE does not wait, and all
// others behind it; the snapshot stays (as mysqldump --single-transaction does it).
void release_table(Server& server);

// The place before the marker's first statement. `before`: a place in the log from before it was opened.
// nullopt when it is not there: the log is off, or the session is hidden from it.
std::optional<Cursor> find_marker(LogSource& source, const Cursor& before, const std::string& nonce);

// Where the log ends now.
Cursor end_of_log(LogSource& source);

nlohmann::json to_json(const SnapshotMarker& marker);

// The texts in front of the first and the third statement. Batches keep what begins so (extractor/filter.h).
std::string list_mark(const std::string& nonce);
std::string inside_mark(const std::string& nonce);

}  // namespace dw::extract
