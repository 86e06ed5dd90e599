// How far the first copy has come: dw_meta.baseline and dw_meta.baseline_markers. They are there from the
// first table on, and empty once the replay has passed the last snapshot's place in the log.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/log/cursor.h"
#include "common/mysql/connection.h"

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

class CopyStateStore {
 public:
  explicit CopyStateStore(mysql::Connection& connection) : connection_(connection) {}

  // nullopt: no copy is under way, nor is the replay of one. Throws mysql::SqlError, all of these.
  std::optional<CopyState> load();
  void create();
  void add(const CopyMarker& marker);
  void add(const TableCopy& table);
  // The row of a table, in the transaction under way.
  void save(const TableCopy& table);
  void finish(const std::string& source_id);
  void begin(const std::string& source_id);
  // The replay has passed the place.
  void pass_marker(const std::string& nonce);
  void clear();

 private:
  [[nodiscard]] bool exists();
  mysql::Connection& connection_;
};

}  // namespace dw::load
