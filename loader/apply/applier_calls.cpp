// Applier's part for procedures that may end the transaction that they are called in.
//
// Nothing in the log says whether they did. The planner takes it from their body (call_effect.h); here the
// CALL runs in a transaction of its own, and the connection tells what became of that. Where it is not what
// was planned, the rest of the batch is planned anew.
#include "loader/apply/applier.h"

namespace dw::load {
namespace {

// In place of a fingerprint: an intent to run what may commit by itself.
constexpr const char* kOpaque = "opaque";
constexpr const char* kUnsure =
    "its procedure left a transaction open, or ended one, in a way that the log does not tell";

}  // namespace

// One that cannot end its transaction runs like any statement. Another one runs with an intent before it: a
// run that was killed in between cannot know what took place, and says so.
void Applier::run_opaque(std::size_t number) {
  const Unit& unit = unit_at(number);
  send_merged();
  pipeline_->flush();
  const auto& intent = checkpoint_.intent;
  const bool was_under_way = intent && intent->fingerprint == kOpaque && intent->ordinal == unit.ordinal &&
                             intent->cursor == cursor_of(unit);
  if (!was_under_way && routines_.keeps_transaction(routine_schema(unit), unit.statement.name)) {
    run(number, false);
    observe(unit);
    return;
  }
  bool as_planned = true;
  if (was_under_way) {
    journal_.refuse(unit, "it was under way when an earlier run was killed, and may have taken place");
    observe(unit);
  } else {
    checkpoint_.cursor = batch_->cursor_before(unit.event);
    checkpoint_.statements_done = unit.ordinal;
    std::vector<Keepsake> keepsakes = keep_before_call(unit);
    checkpoint_.intent = Intent{cursor_of(unit), unit.ordinal, {}, kOpaque};
    keep_in_flight_behind(number);
    journal_.put_back();
    if (unit.held) held_.erase(unit.held->key, unit.held->number - 1);
    commit(false);
    journal_.received(unit);
    const std::uint64_t failures = failures_so_far();
    as_planned = run_call(number);
    follow_call(unit, keepsakes);
    begin();
    if (failures_so_far() == failures) note_kept(unit, keepsakes);
  }
  if (unit.held) held_.erase(unit.held->key, unit.held->number);
  checkpoint_.intent.reset();
  move_checkpoint_behind(number);
  keep_in_flight_behind(number);
  commit(false);
  if (!as_planned) throw PlanAnew();
  begin();
  context_.forget();
  programs_.reset();
}

// As in production: what it does is committed at once, or belongs to the session's transaction. False when
// that is not as it was planned; the session knows then how it is.
bool Applier::run_call(std::size_t number) {
  const Unit& unit = unit_at(number);
  const bool inside = unit.held || in_transaction(unit);
  const bool autocommit = unit.held || checkpoint_.sessions.at(event_of(unit).thread_id).autocommit;
  const bool in_xa =
      inside && !unit.held && checkpoint_.sessions.at(event_of(unit).thread_id).xa == Session::Xa::active;
  if (inside) {
    connection_.execute(in_xa        ? "XA START 'dw_call'"  // which no procedure can end
                        : autocommit ? "START TRANSACTION"
                                     : "SET autocommit=0");
    connection_.execute("SAVEPOINT dw_call");
  }
  run(number, false);
  pipeline_->flush();
  const bool goes_on = inside && runs("RELEASE SAVEPOINT dw_call") == 0;
  observe(unit);
  bool as_planned = true;
  bool commits = true;
  if (unit.held) {
    if (!goes_on) journal_.suspect(unit, kUnsure);
  } else {
    Session& session = checkpoint_.sessions.at(event_of(unit).thread_id);
    const bool open = autocommit ? transaction_is_open() : goes_on || session.in_transaction;
    const bool planned = unit.call ? session.in_transaction : inside;
    as_planned = open == planned && (unit.call ? !goes_on : goes_on == inside);
    session.in_transaction = open;
    if (open && (unit.call || !as_planned)) {
      const auto end = end_ahead(number);
      commits = end != Fate::rolled_back;
      if (!end || (goes_on && unit.call && unit.call->commits != commits)) journal_.suspect(unit, kUnsure);
    } else if (!as_planned) {
      journal_.suspect(unit, kUnsure);
    }
    session.unsure = session.unsure || !as_planned;
  }
  if (in_xa) connection_.execute("XA END 'dw_call'");
  connection_.execute(in_xa ? "XA COMMIT 'dw_call' ONE PHASE" : commits ? "COMMIT" : "ROLLBACK");
  if (!autocommit && !in_xa) connection_.execute("SET autocommit=1");
  return as_planned;
}

// Outside a transaction a savepoint is not kept (measured on MariaDB 10.11 and MySQL 9.7).
bool Applier::transaction_is_open() {
  connection_.execute("SAVEPOINT dw_open");
  return runs("RELEASE SAVEPOINT dw_open") == 0;
}

// How the transaction ends that the session is in behind the unit, as far as this batch tells.
std::optional<Fate> Applier::end_ahead(std::size_t number) const {
  const Unit& unit = plan_.units[number];
  Batch rest;
  rest.header = batch_->header;
  rest.events.assign(batch_->events.begin() + unit.event + 1, batch_->events.end());
  return first_end(rest, checkpoint_.sessions, options_, event_of(unit).thread_id);
}

}  // namespace dw::load
