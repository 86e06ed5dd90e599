// The schema dw_meta on the mirror: what was applied, what was withheld, what failed, what may differ.
//
// Everything here is written in the same transaction as the rows it speaks of. Strings go as hexadecimal
// literals, so that neither sql_mode nor character set of the session that is being replayed can change them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/log/cursor.h"
#include "common/mysql/connection.h"
#include "loader/apply/counts.h"
#include "loader/plan/concurrency.h"
#include "loader/plan/session_table.h"
#include "loader/plan/source_signs.h"

namespace dw::load {

// A DDL statement that was about to run: DDL commits by itself, so after a crash the schema tells whether it
// did.
struct Intent {
  std::string cursor;         // of its event
  std::uint32_t ordinal = 0;  // which statement of the event
  std::vector<std::string> schemas;
  std::string fingerprint;                   // of those schemas, before
  std::optional<std::uint64_t> rows_kept{};  // copied to the archive for it; none: nothing was to be
};

// How far the mirror has durably come.
struct Checkpoint {
  std::string source_id;
  std::optional<Cursor> cursor;       // none: nothing was ever applied
  std::uint32_t statements_done = 0;  // of the event at the cursor (a packet with DDL in the middle)
  SessionTable sessions;
  std::vector<InFlight> in_flight;  // what the last batch left
  std::optional<Intent> intent;
  SourceSigns signs;
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
  std::optional<std::uint64_t> rows_kept{};  // in the archive
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

// What may differ. In dw_meta.suspects:
//   all    everything; schema_name and table_name are empty
//   table  a table, or with an empty table_name every table of the schema
//   ids    rows by a column of integers: `keys` is {"column":"id","from":1,"to":9}, both ends included.
//   Without
//          "to": every later row too, the counter itself is in doubt
//   keys   rows by the primary key: `keys` is {"columns":["id"],"rows":[["5"],["7"]]}. A value is the text
//   that
//          CAST(column AS CHAR) gives: integers as decimal digits without leading zeros, dates as YYYY-MM-DD,
//          characters as they were written (equal under the column's own collation); a binary column's is
//          {"hex":"00FF"}
// One row stands for what is the same (schema, table, scope, keys and reason) while it is open, that is while
// cleared_at is NULL: `times` counts how often it was noted; log_cursor, event_at, thread_id and noted_at are
// the last one's. To clear it, set cleared_at.
enum class SuspectScope : std::uint8_t { all, table, ids, keys };
inline constexpr std::array<const char*, 4> kSuspectScopes{"all", "table", "ids", "keys"};

using SuspectCounts = std::array<std::uint64_t, 4>;  // by scope

struct SuspectEntry {
  std::string schema;
  std::string table;
  SuspectScope scope = SuspectScope::table;
  std::string keys;  // JSON; empty: none
  std::string reason;
  std::string cursor;
  Micros time = 0;  // of the event
  std::uint64_t thread = 0;
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
  // Are all tables and columns there? A mirror of an earlier version lacks some.
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
  // How many are open. A mirror that an earlier version made has only whole tables and everything.
  SuspectCounts open_suspects();

 private:
  bool has_column(const char* table, const char* column);

  mysql::Connection& connection_;
};

// x'…' : a literal that no sql_mode and no character set reads otherwise.
std::string hex_literal(std::string_view bytes);
std::string time_literal(Micros time);

}  // namespace dw::load
