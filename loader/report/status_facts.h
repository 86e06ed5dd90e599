// What is known of a mirror at one instant: read once from its dw_meta and from the spool folder, then shown
// as a screen, JSON, metrics or a page. Values only.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/util/clock.h"
#include "loader/apply/bookkeeping.h"
#include "loader/apply/counts.h"
#include "loader/media_result.h"
#include "loader/report/run_record.h"
#include "loader/state_rules.h"

namespace dw::load {

// dw_meta.chunks of a table, summed.
struct Verification {
  std::uint64_t chunks = 0;
  std::uint64_t verified = 0;      // of them, within the round
  std::optional<Micros> oldest{};  // when its longest unseen chunk was verified; none: one never was
  std::uint64_t differing = 0;     // rows that differed at the last look and were not mended
  std::uint64_t found = 0;         // ever
  std::uint64_t repaired = 0;      // ever
  std::uint64_t rows = 0;          // in its chunks
};

struct TableStatus {
  std::string schema;
  std::string table;
  std::optional<std::uint64_t> rows;   // about, on StatusFacts::sizes_on
  std::optional<std::uint64_t> bytes;  // the same, with indexes
  std::uint64_t archive_tables = 0;
  std::uint64_t retained = 0;  // rows in them, about
  std::uint64_t suspects = 0;  // that are open
  Verification verification;
};

// A day's sums, UTC.
struct DayFacts {
  std::string date;
  std::uint64_t batches = 0;
  Counts statements;
  std::int64_t most_lag = 0;  // seconds between a batch's last event and its end on the mirror
};

struct StatusFacts {
  Micros now = 0;
  StateRules rules;
  RunRecord runs;
  std::string mirror_error;  // not empty: the mirror could not be read, and what follows is not known
  bool followed = false;     // there is a checkpoint
  bool working = false;      // a run holds the mirror's lock
  std::string source;
  std::string cursor;
  std::optional<Micros> checkpoint_at;
  std::optional<Micros> last_event;
  Counts statements;
  std::vector<DayFacts> days;  // that had batches, oldest first
  std::uint64_t held = 0;      // transactions
  std::optional<Micros> held_since;
  std::uint64_t ledger = 0;
  std::uint64_t failures = 0;
  SuspectCounts suspects{};              // open, by scope
  std::optional<Micros> oldest_suspect;  // when the one that was not noted again for longest was
  bool gap_open = false;                 // a gap in the log made everything suspect, and still does
  std::uint64_t copied_tables = 0;       // of a first copy that is under way
  std::uint64_t tables_to_copy = 0;      // 0: none is
  std::optional<MediaResult> media;      // where the config asks for it
  std::string sizes_on;                  // the day, UTC, on which the tables' rows and bytes were counted
  std::vector<TableStatus> tables;       // by name
};

// The sum over all tables; `oldest` is none where one table's is.
Verification total_verification(const StatusFacts& facts);
std::uint64_t total_suspects(const StatusFacts& facts);
std::uint64_t total_retained(const StatusFacts& facts);

// How far the mirror may be behind production. Where the last run failed, or the next ones do not come,
// nothing has been heard of production since the last good one ended: that time counts, too.
struct Lag {
  Micros time = 0;
  bool since_last_good = false;  // it does
};
// None where no run has ended well yet.
std::optional<Lag> lag_of(const StatusFacts& facts);
// Of the chunks, in percent with one decimal; none where there are no chunks.
std::optional<double> verified_percent(const Verification& verification);

struct DaySize {
  std::string date;
  std::uint64_t bytes = 0;
};

struct FailureFacts {
  std::uint64_t id = 0;  // in dw_meta.failures
  Micros at = 0;
  unsigned error = 0;  // 0: dw-load did not understand the statement
  std::string schema;
  std::string verb;  // the statement's first word; nothing else of it
};

struct StatusHistory {
  std::map<std::string, std::vector<DaySize>> growth;    // by "schema.table", oldest first
  std::map<std::string, std::vector<DaySize>> archives;  // of the archives of that table
  std::vector<FailureFacts> failures;                    // the newest first
};

}  // namespace dw::load
