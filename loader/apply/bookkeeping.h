// The schema dw_meta on the mirror: what was applied, what was withheld, what failed, what may differ.
//
// Everything here is written in the same transaction as the rows it speaks of. Strings go as hexadecimal
// literals, so that neither sql_mode nor character set of the session that is being replayed can change them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/log/cursor.h"
#include "common/mysql/connection.h"
#include "loader/apply/counts.h"
#include "loader/plan/session_table.h"

namespace dw::load {

// A DDL statement that was about to run: DDL commits by itself, so after a crash the schema tells whether it
// did.
struct Intent {
  std::string cursor;         // of its event
  std::uint32_t ordinal = 0;  // which statement of the event
  std::vector<std::string> schemas;
  std::string fingerprint;  // of those schemas, before
};

// How far the mirror has durably come.
struct Checkpoint {
  std::string source_id;
  std::optional<Cursor> cursor;       // none: nothing was ever applied
  std::uint32_t statements_done = 0;  // of the event at the cursor (a packet with DDL in the middle)
  SessionTable sessions;
  std::optional<Intent> intent;
};

struct LedgerEntry {
  std::string cursor;
  Micros time = 0;
  std::uint64_t thread_id = 0;
  std::string user_host;
  std::string database;
  std::string action;  // withheld, retained, translated
  std::string reason;
  std::string text;
};

struct FailureEntry {
  std::string cursor;
  Micros time = 0;
  std::uint64_t thread_id = 0;
  std::string user_host;
  std::string database;
  unsigned error = 0;  // 0: dw-load's own: not understood
  std::string message;
  std::string text;
};

struct SuspectEntry {
  std::string schema;  // "" with table "": everything
  std::string table;
  std::string reason;
  std::string cursor;
};

struct BatchEntry {
  std::string source_id;
  std::string sha256;
  std::string after;  // may be empty
  std::string next;
  Micros fetched = 0;
  Micros first_event = 0;
  Micros last_event = 0;
  bool complete = false;  // its last event was applied
  Counts counts;
};

class Bookkeeping {
 public:
  explicit Bookkeeping(mysql::Connection& connection) : connection_(connection) {}

  // Is there a checkpoint to go on from?
  bool has_checkpoint();
  // Are all tables there? One of an earlier version lacks some.
  bool has_schema();
  // Makes what is missing of them.
  void create_schema();

  // The checkpoint of the mirror's one source; nullopt when it has none yet.
  std::optional<Checkpoint> load_checkpoint();
  // Locks the checkpoint's row and tells whether it still is at `expected`: false when another run moved it.
  bool lock_checkpoint(const Checkpoint& expected);
  void save_checkpoint(const Checkpoint& checkpoint);

  // A batch's row; `id` 0 makes one. Gives the row's id.
  std::uint64_t save_batch(std::uint64_t id, const BatchEntry& batch);
  // Was a batch with this digest applied up to its end?
  bool knows_batch(const std::string& sha256, const std::string& next);

  void add(std::uint64_t batch, const std::vector<LedgerEntry>& entries);
  void add(std::uint64_t batch, const std::vector<FailureEntry>& entries);
  void add(const std::vector<SuspectEntry>& entries);

 private:
  mysql::Connection& connection_;
};

// x'…' : a literal that no sql_mode and no character set reads otherwise.
std::string hex_literal(std::string_view bytes);
std::string time_literal(Micros time);

}  // namespace dw::load
