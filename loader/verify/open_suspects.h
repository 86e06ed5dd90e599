// What is open in dw_meta.suspects, as what is to be read back from production.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/mysql/connection.h"
#include "common/rows/catalog.h"
#include "common/util/clock.h"
#include "loader/apply/bookkeeping.h"
#include "loader/verify/reading.h"

namespace dw::load {

struct OpenSuspect {
  std::uint64_t id = 0;
  TableId table;  // empty: see SuspectScope
  SuspectScope scope = SuspectScope::table;
  std::string keys;  // JSON
  std::string reason;
  Micros noted = 0;
};

// The oldest first. Throws mysql::SqlError.
std::vector<OpenSuspect> open_suspects(mysql::Connection& connection);
// Of a definition in doubt: those that may have made it another than production's. Pure.
std::vector<std::string> statements_of(const OpenSuspect& suspect);
// Everything is suspect until it was compared: a gap in the log, or another source that was accepted.
bool is_gap(const OpenSuspect& suspect);
bool gap_is_open(mysql::Connection& connection);
void clear_suspects(mysql::Connection& connection, const std::vector<std::uint64_t>& ids);

// The rows that a suspect of keys or ids names; nullopt: the table has not these columns. Pure.
std::optional<RowsAsked> rows_asked(const OpenSuspect& suspect, const rows::Table& table);
// How many rows that can be; nullopt: without end.
std::optional<std::uint64_t> most_rows(const OpenSuspect& suspect);
// Of a range of ids; nullopt: it is none, or without end.
std::optional<std::int64_t> first_id(const OpenSuspect& suspect);
std::optional<std::int64_t> last_id(const OpenSuspect& suspect);

}  // namespace dw::load
