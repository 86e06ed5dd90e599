// Which statements of a plan may have run in another order than the log has them. Pure.
//
// The log's order is the order in which the server received statements. A statement runs somewhere between
// its own row and the next row of its session, for a session's next command is logged only when the one
// before has ended (facts.md, "What a row is"): that is its interval. Intervals of two sessions that do not
// overlap leave no doubt. Where they overlap, the order is in doubt for
//   ids:   INSERTs into one table. Each takes its AUTO_INCREMENT values while it runs, in a transaction too,
//   also
//          when it is rolled back or fails.
//   rows:  changes of the same row. The interval is the statement's, in a transaction too: once it has ended
//   it
//          holds its row locks until COMMIT, so a later one waits and comes second, as in the log.
//   reads: a statement that reads one table to change another, and changes of what it reads. The writer's
//          interval reaches to the end of its transaction, for below REPEATABLE READ the reader does not wait
//          for locks and sees nothing that is not committed (MySQL manual 17.7.2.3). What is in doubt is what
//          the reader wrote.
//   definitions: DDL on a table that another session's open transaction has touched.
// Of two that may touch the same rows the one with the narrower keys bounds what is in doubt, as long as the
// other works on each row by itself (no LIMIT, no query inside): rows that only one of them touches are
// certain. A CALL reads and writes everything in its schema. DDL and TRUNCATE change every row of their
// tables: they wait for transactions that have touched these, and such a transaction may write again
// meanwhile, or they give up after lock_wait_timeout (MySQL manual 10.11.4, metadata locking). With IGNORE,
// where the table has another unique key, any two rows may be in each other's way.
//
// A session's last statement in the plan has no known end: it is `in flight` and goes on into the next batch.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "common/sql/key_predicate.h"
#include "loader/plan/planner.h"

namespace dw::load {

enum ConcurrencyDoubt : std::uint8_t {
  concurrent_ids = 1,
  concurrent_rows = 2,
  concurrent_reads = 4,
  concurrent_definition = 8
};

// A table that a statement in flight writes.
struct InFlight {
  std::uint64_t thread = 0;
  std::string schema;
  std::string table;  // "": a CALL
  bool takes_ids = false;
  bool undone = false;    // rolled back: only its ids matter
  bool row_wise = false;  // works on each row by itself
  sql::KeySet keys;
  std::vector<sql::TableName> reads;  // with schema
  // For the note of it, and to be filled in by who runs it: the ids it was given.
  std::optional<std::int64_t> first_id;
  std::optional<std::int64_t> last_id;
  std::string cursor;
  Micros time = 0;
  std::optional<std::size_t> unit;  // of this plan; none: of an earlier one
};

struct Concurrency {
  std::vector<std::uint8_t> units;    // bits of ConcurrencyDoubt by unit; empty: no doubt anywhere
  std::vector<std::uint8_t> carried;  // the same for the statements that were in flight before
  std::vector<InFlight> in_flight;    // behind the plan's last event
  // Behind statements where the mirror commits in the midst of the plan, and a later run may begin: DDL,
  // CALL.
  std::map<std::size_t, std::vector<InFlight>> midway{};  // by unit

  [[nodiscard]] std::uint8_t of(std::size_t unit) const { return unit < units.size() ? units[unit] : 0; }
};

// The table's primary key; null: not known. Asked only for tables where intervals overlap.
using KeyLookup = std::function<const sql::TableKey*(const std::string& schema, const std::string& table)>;

// `before`: what the last batch left in flight.
Concurrency find_concurrency(const Batch& batch, const Plan& plan, const std::vector<InFlight>& before,
                             const KeyLookup& key_of);

nlohmann::json to_json(const std::vector<InFlight>& in_flight);
std::vector<InFlight> in_flight_from_json(const nlohmann::json& in);

}  // namespace dw::load
