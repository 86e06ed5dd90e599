// How far the first copy has come. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/log/cursor.h"

namespace dw::load {

enum class CopyStep : std::uint8_t { waiting, copying, done, refused };

struct TableCopy {
  std::string schema;
  std::string table;
  CopyStep step = CopyStep::waiting;
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
  std::string last_key;  // of what was committed, as a JSON list; "": none
  std::string marker;    // the nonce of the snapshot that its rows are from
};

// A snapshot's place in the log.
struct CopyMarker {
  std::string nonce;
  Cursor cursor;                             // before the list of sessions
  std::vector<std::uint64_t> busy;           // threads that were running a statement then
  std::optional<Micros> oldest_transaction;  // how long it had been open; none: not known
  bool passed = false;                       // the replay has
};

struct CopyState {
  std::string source_id;
  bool finished = false;            // all is copied, and the checkpoint stands
  std::vector<CopyMarker> markers;  // in the order of the snapshots
  std::vector<TableCopy> tables;    // by schema and name, bytewise
};

}  // namespace dw::load
