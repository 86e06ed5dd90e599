// From the events of a batch to what is to be done with each statement. Pure: values in, values out.
//
// The whole batch is looked at before anything runs, so that every statement's fate is known: committed,
// rolled back (by ROLLBACK, by a disconnect, by a client that was killed), or still open. The plan ends at
// the watermark: the first event of a transaction that is still open. What lies behind it comes again with
// the next batch. A transaction that is open for too long, or too large, is set aside instead:
// loader/plan/held.h.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/log/batch.h"
#include "common/sql/statement.h"
#include "loader/plan/call_effect.h"
#include "loader/plan/held.h"
#include "loader/plan/session_table.h"
#include "loader/plan/stored_programs.h"
#include "loader/plan/transactions.h"

namespace dw::load {

enum class Treatment : std::uint8_t {
  ignore,        // nothing to do on the mirror: reads, session events, transaction control
  set_state,     // a SET whose values later statements depend on
  run,           // run it
  run_and_undo,  // rolled back in production: run inside a savepoint for the ids that it took, and for the
                 // rows that it left in tables without transactions
  skip_rolled_back,  // rolled back in production, or refused there
  hold,              // of a transaction that is set aside: kept until that ends
  withhold,          // never run: accounts, administration; or what the retention policy keeps back
  refuse,            // not understood: never run, reported
  inner,             // run by a trigger, function or procedure, there and here: never run by itself
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
  retention,
  unknown_body,  // from a trigger's or function's body that the mirror does not have
};
const char* to_string(Reason reason);

struct Unit {
  std::uint32_t event = 0;    // index into Batch::events
  std::uint32_t ordinal = 0;  // which statement of the event's text
  Treatment treatment = Treatment::ignore;
  Reason reason = Reason::none;
  std::optional<std::string> database;      // the session's, when the statement was sent; nullopt: not known
  bool is_statement = false;                // false: a session event, `statement` is empty
  bool in_transaction = false;              // before the statement: by BEGIN, or autocommit is off
  sql::LexerOptions lexer;                  // how its session's text is read
  bool doubtful = false;                    // inner, but may be the client's own: its tables are suspect
  std::shared_ptr<const ProgramNote> note;  // null: nothing
  sql::Statement statement;                 // views into the event's text: the batch must outlive the plan
  std::string held_key;                     // Treatment::hold
  std::string_view suspicion;               // why its tables are suspect, run or not; static text
  // A statement that was set aside earlier: `event` and `ordinal` are the place where it runs now, this is
  // where it stood.
  std::shared_ptr<const HeldStatement> held;
  // Production refused it, or never came to it: loader/plan/absent_schemas.h.
  bool refused = false;
  // What its procedure does to the transaction.
  std::optional<CallEffect> call{};
  // Its session's: loader/apply/foreign_keys.h.
  bool keys_by_engine = false;
  // Of one to run and undo: see Transactions.
  std::optional<std::size_t> undone_before{};
};

// The event, and its place in the log, of a unit of a plan of `batch`.
const Event& event_of(const Batch& batch, const Unit& unit);
std::string cursor_of(const Batch& batch, const Unit& unit);

struct Plan {
  std::vector<Unit> units;            // of the events before the watermark
  std::size_t watermark = 0;          // events before this index are covered
  std::size_t open_transactions = 0;  // at the batch's end, without those that are held
  std::vector<HeldStep> held_steps;   // by unit; those at units.size() come behind all units
  // Sessions that are gone without a Quit row, and have no event behind the watermark.
  std::vector<std::uint64_t> ended;
  Micros server_started = 0;  // for SessionTable, once the plan was carried out
  Micros log_time = 0;        // the same
};

struct PlannerOptions {
  SessionDefaults defaults;
  std::set<std::string> databases;  // schemas that are mirrored; empty: all but the server's own
  std::set<std::string> absent;     // schemas that the mirror lacks before the batch's first event
  bool lower_case_names = false;    // the source compares schema names without case
  std::shared_ptr<const StoredPrograms> programs;  // as before the batch's first event; null: none
  std::vector<HeldTransaction> held;
  HoldRule hold;
};

// `sessions` is the state before the batch's first event; it is not changed.
Plan make_plan(const Batch& batch, SessionTable sessions, const PlannerOptions& options);

// How the transaction ends first that the session is in before the batch; empty: not in this batch.
std::optional<Fate> first_end(const Batch& batch, SessionTable sessions, const PlannerOptions& options,
                              std::uint64_t thread);

// What to do with a statement of a held transaction that committed.
Unit unit_of(std::shared_ptr<const HeldStatement> held, const PlannerOptions& options);

// Databases of sessions that began before the log did, as far as the list of live sessions can tell: those
// that do not change their database within the batch.
void adopt_live_databases(const Batch& batch, SessionTable& sessions);

}  // namespace dw::load
