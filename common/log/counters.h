// What the server has counted, read at a place in its log; and what the log shows, counted in the same way.
//
// dw-extract reads SHOW GLOBAL STATUS and writes what it read into the log, as the comment of a statement of
// its own: so the values have a place, and every batch that passes it brings them. What was counted between
// two places and does not stand between them was hidden from the log (sql_log_off, general_log off, rows that
// were taken away). Measured on MariaDB 10.11 and MySQL 9.7, both alike: each execution of a statement counts
// once in its Com_ counter, prepared, failed, refused or EXPLAINed ones, and those of triggers and functions,
// which the log shows, included. What a procedure runs counts, too, and is not in the log; Queries less
// Questions is the number of statements that stored programs ran. A statement that is prepared anew
// (Com_stmt_reprepare) counts twice. A text with a syntax error is counted as no change. FLUSH STATUS sets
// none of them back.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/util/clock.h"

namespace dw {

// A place inside a batch.
struct Position {
  std::uint32_t generation = 0;
  std::uint64_t index = 0;
  auto operator<=>(const Position&) const = default;
};

// Statements that a stretch of the log shows, of all schemas.
struct Tally {
  std::uint64_t changes = 0;  // that change_counters() count; rather too many than too few
  std::uint64_t calls = 0;    // whose own statements the log does not show: CALL, anonymous blocks
  std::uint64_t unclear = 0;  // of which it is not known how many they are: bulk executions, cut texts

  Tally& operator+=(const Tally& other);
  // `other` must be of a part of the same stretch.
  Tally operator-(const Tally& other) const;
  bool operator==(const Tally&) const = default;
};

using ServerCounters = std::map<std::string, std::uint64_t>;

struct CounterReading {
  Position at;         // of the statement that holds the values
  Micros time = 0;     // the row's
  Micros started = 0;  // when the server started, to a second
  ServerCounters values;
  // What the batch showed before the values were read, and before they were written: what stands between the
  // two may or may not be in them.
  Tally before;
  Tally through;
};

// Names of SHOW GLOBAL STATUS.
const std::vector<std::string>& change_counters();
const std::vector<std::string>& counter_names();  // all that a reading has

// "started=1795231770000000 Com_insert=12 …", for a comment; nullopt for what is no such text.
std::string counters_text(Micros started, const ServerCounters& values);
struct CounterText {
  Micros started = 0;
  ServerCounters values;
};
std::optional<CounterText> parse_counters(std::string_view text);

}  // namespace dw
