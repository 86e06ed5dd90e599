// From the events of a batch to what is to be done with each statement. Pure: values in, values out.
//
// The whole batch is looked at before anything runs, so that every statement's fate is known: committed,
// rolled back (by ROLLBACK, by a disconnect, by a client that was killed), or still open. The plan ends at
// the watermark: the first event of a transaction that is still open. What lies behind it comes again with
// the next batch.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/log/batch.h"
#include "common/sql/statement.h"
#include "loader/plan/session_table.h"

namespace dw::load {

enum class Treatment : std::uint8_t {
  ignore,        // nothing to do on the mirror: reads, session events, transaction control
  set_state,     // a SET whose values later statements depend on
  run,           // run it
  run_and_undo,  // rolled back in production: run inside a savepoint for the ids that it took, and for the
                 // rows that it left in tables without transactions
  skip_rolled_back,  // rolled back in production
  withhold,          // never run: accounts, administration; or what the retention policy keeps back
  refuse,            // not understood: never run, reported
};

// Why a statement is ignored or withheld; for the ledger and for counts.
enum class Reason : std::uint8_t {
  none,
  read,
  session,
  transaction,
  not_mirrored,
  account,
  administration,
  retention
};
const char* to_string(Reason reason);

struct Unit {
  std::uint32_t event = 0;    // index into Batch::events
  std::uint32_t ordinal = 0;  // which statement of the event's text
  Treatment treatment = Treatment::ignore;
  Reason reason = Reason::none;
  std::optional<std::string> database;  // the session's, when the statement was sent; nullopt: not known
  bool is_statement = false;            // false: a session event, `statement` is empty
  sql::Statement statement;             // views into the event's text: the batch must outlive the plan
};

struct Plan {
  std::vector<Unit> units;            // of the events before the watermark
  std::size_t watermark = 0;          // events before this index are covered
  std::size_t open_transactions = 0;  // at the batch's end
  std::vector<std::uint64_t>
      ended;  // sessions that the list of live ones shows to be gone, without a Quit row
};

struct PlannerOptions {
  SessionDefaults defaults;
  std::set<std::string> databases;  // schemas that are mirrored; empty: all but the server's own
  bool lower_case_names = false;    // the source compares schema names without case
};

// `sessions` is the state before the batch's first event; it is not changed.
Plan make_plan(const Batch& batch, SessionTable sessions, const PlannerOptions& options);

// Databases of sessions that began before the log did, as far as the list of live sessions can tell: those
// that do not change their database within the batch.
void adopt_live_databases(const Batch& batch, SessionTable& sessions);

}  // namespace dw::load
