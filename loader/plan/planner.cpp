#include "loader/plan/planner.h"

#include <algorithm>
#include <iterator>
#include <set>

#include "loader/plan/ended_sessions.h"
#include "loader/plan/judge.h"
#include "loader/plan/transaction_rules.h"
#include "loader/plan/transactions.h"
#include "loader/plan/unit_reader.h"

namespace dw::load {
namespace {

using sql::Verb;

constexpr std::string_view kUnsure =
    "changed behind a CALL that may have ended its session's transaction, which the log does not tell";

// The log's time at the batch's end. `last`: that of its rows.
Micros end_of_log(const Batch& batch, Micros last) {
  return batch.header.more ? last : std::max(last, batch.header.made);
}

}  // namespace

const char* to_string(Reason reason) {
  switch (reason) {
    case Reason::none:
      return "";
    case Reason::read:
      return "read";
    case Reason::session:
      return "session";
    case Reason::transaction:
      return "transaction";
    case Reason::not_mirrored:
      return "not mirrored";
    case Reason::account:
      return "account";
    case Reason::administration:
      return "administration";
    case Reason::retention:
      return "retention";
    case Reason::unknown_body:
      return "unknown body";
  }
  return "";
}

void adopt_live_databases(const Batch& batch, SessionTable& sessions) {
  if (!batch.header.live) return;
  std::set<std::uint64_t> candidates;
  std::set<std::uint64_t> seen;
  for (const Event& event : batch.events) {
    const bool first = seen.insert(event.thread_id).second;
    const Session* known = sessions.find(event.thread_id);
    if (first && event.command != Command::connect && (known == nullptr || !known->database)) {
      candidates.insert(event.thread_id);
    }
    const bool may_change = event.command == Command::init_db || event.command == Command::change_user ||
                            (is_statement(event.command) && sql::classify(event.text).verb == Verb::use);
    if (may_change) candidates.erase(event.thread_id);
  }
  for (const std::uint64_t thread : candidates) {
    const auto found = batch.header.live->databases.find(thread);
    if (found != batch.header.live->databases.end()) sessions.at(thread).database = found->second;
  }
}

const Event& event_of(const Batch& batch, const Unit& unit) {
  return unit.held ? unit.held->event : batch.events[unit.event];
}

std::string cursor_of(const Batch& batch, const Unit& unit) {
  return unit.held ? unit.held->cursor : batch.cursor_before(unit.event).text();
}

Unit unit_of(std::shared_ptr<const HeldStatement> held, const PlannerOptions& options) {
  Unit unit;
  unit.lexer = lexer_options(*held);
  std::vector<sql::Statement> statements = sql::parse_packet(held->event.text, unit.lexer);
  unit.in_transaction = true;
  unit.is_statement = true;
  unit.database = held->database;
  unit.statement = std::move(statements.front());
  unit.held = std::move(held);
  Judge(options).judge(unit, Fate::committed);
  if (statements.size() != 1) unit.treatment = Treatment::refuse;
  return unit;
}

namespace {

// What falls under the rule is set aside, and more where nothing could run otherwise.
void set_aside(Transactions& transactions, const Batch& batch, const std::vector<Unit>& units,
               const HoldRule& rule, Micros last) {
  transactions.set_aside(rule, end_of_log(batch, last));
  const auto nothing_can_run = [&] {
    const std::size_t first = transactions.first_open(units.size());
    return first < units.size() && units[first].event == 0;
  };
  while (rule.whatever_blocks && batch.header.more && nothing_can_run()) transactions.set_aside_first();
}

// Keeps the sessions without events behind the watermark.
void leave_out_later(std::vector<std::uint64_t>& threads, const Batch& batch, std::size_t watermark) {
  std::set<std::uint64_t> later;
  for (std::size_t i = watermark; i < batch.events.size(); ++i) later.insert(batch.events[i].thread_id);
  std::erase_if(threads, [&](std::uint64_t thread) { return later.contains(thread); });
}

// The steps up to the watermark, and those of sessions that ended, of `all` units' steps.
std::vector<HeldStep> steps_of(const Transactions& transactions, std::size_t all, std::size_t covered,
                               const std::vector<std::uint64_t>& ended) {
  std::vector<HeldStep> out;
  for (HeldStep& step : transactions.steps()) {
    const auto thread = held_transaction(step.key).thread;
    const bool at_end =
        step.unit == all && thread && std::find(ended.begin(), ended.end(), *thread) != ended.end();
    if (step.unit >= covered && !at_end) continue;
    step.unit = std::min(step.unit, covered);
    out.push_back(std::move(step));
  }
  return out;
}

void hold_if_open(Unit& unit, std::size_t number, const Transactions& transactions) {
  if (transactions.fate(number) != Fate::held) return;
  if (unit.treatment != Treatment::run && !is_savepoint(unit.statement)) return;
  unit.treatment = Treatment::hold;
  unit.held_key = transactions.held_key_of(number);
}

void hold_if_waiting(Unit& unit, std::size_t number, LockWaits& waits) {
  if (unit.treatment != Treatment::run) return;
  std::string key = waits.key_of(number);
  if (key.empty()) return;
  unit.treatment = Treatment::hold;
  unit.held_key = std::move(key);
  waits.keep(number);
}

// Both in the order of units; at the same one, transactions end first.
void merge_steps(std::vector<HeldStep>& steps, std::vector<HeldStep> others) {
  steps.insert(steps.end(), std::make_move_iterator(others.begin()), std::make_move_iterator(others.end()));
  std::stable_sort(steps.begin(), steps.end(),
                   [](const HeldStep& left, const HeldStep& right) { return left.unit < right.unit; });
}

}  // namespace

Plan make_plan(const Batch& batch, SessionTable sessions, const PlannerOptions& options) {
  sessions.set_defaults(options.defaults);
  Transactions transactions(options.defaults.autocommit, options.held);
  Plan plan;
  UnitReader reader(batch, sessions, transactions, options);
  plan.units = reader.read();
  const SessionTable& behind = reader.sessions();
  const std::size_t all = plan.units.size();
  plan.ended = ended_sessions(batch, sessions);
  const std::vector<std::uint64_t> lost = ended_by_restart(batch, behind, sessions.server_started());
  plan.ended.insert(plan.ended.end(), lost.begin(), lost.end());
  for (const std::uint64_t thread : plan.ended) transactions.end_session(all, thread);
  std::vector<std::uint64_t> over = plan.ended;  // sessions and transactions
  for (const std::uint64_t thread : without_transaction(batch, transactions.changing_threads())) {
    transactions.end_unseen(all, thread);
    over.push_back(thread);
  }
  set_aside(transactions, batch, plan.units, options.hold, reader.log_time());
  plan.open_transactions = transactions.open_count();
  const std::size_t first_open = transactions.first_open(all);
  plan.watermark = first_open == all ? batch.events.size() : plan.units[first_open].event;
  const std::size_t gone = plan.ended.size();
  leave_out_later(plan.ended, batch, plan.watermark);
  leave_out_later(over, batch, plan.watermark);
  plan.log_time = reader.log_time();
  plan.server_started = sessions.server_started();
  if (plan.server_started == 0 || (!lost.empty() && plan.ended.size() == gone))
    plan.server_started = batch.header.source.started;

  const Judge judge(options);
  std::size_t covered = 0;
  for (; covered < all && plan.units[covered].event < plan.watermark; ++covered) {
    Unit& unit = plan.units[covered];
    const Event& event = batch.events[unit.event];
    if (!unit.is_statement) {
      if (unit.refused) {
        sessions.stay(event.thread_id);
      } else {
        sessions.observe(event);
      }
      continue;
    }
    if (unit.note) sessions.observe(event.thread_id, unit.note.get());
    unit.database =
        unit.note && unit.note->database ? unit.note->database : sessions.at(event.thread_id).database;
    if (unit.treatment == Treatment::inner) continue;
    const Session& session = sessions.at(event.thread_id);
    unit.in_transaction = session.in_transaction || !session.autocommit;
    unit.keys_by_engine = session.keys_by_engine;
    unit.suspicion = transactions.suspicion(covered);
    if (session.unsure && unit.suspicion.empty() && changes_rows(unit.statement)) unit.suspicion = kUnsure;
    if (unit.refused) {
      unit.treatment = unit.statement.writes.empty() ? Treatment::ignore : Treatment::skip_rolled_back;
      unit.reason = Reason::session;
      sessions.stay(event.thread_id);
      continue;
    }
    judge.judge(unit, transactions.fate(covered));
    hold_if_open(unit, covered, transactions);
    hold_if_waiting(unit, covered, reader.waits());
    if (unit.treatment == Treatment::run_and_undo) unit.undone_before = transactions.undone_before(covered);
    if (unit.reason != Reason::unknown_body) sessions.observe(event.thread_id, unit.statement);
    if (unit.call) sessions.called(event.thread_id, *unit.call);
  }
  plan.held_steps = steps_of(transactions, all, covered, over);
  merge_steps(plan.held_steps, reader.waits().steps(covered, {plan.ended, !lost.empty()}));
  plan.units.resize(covered);
  return plan;
}

std::optional<Fate> first_end(const Batch& batch, SessionTable sessions, const PlannerOptions& options,
                              std::uint64_t thread) {
  sessions.set_defaults(options.defaults);
  Transactions transactions(options.defaults.autocommit, options.held);
  UnitReader reader(batch, sessions, transactions, options);
  static_cast<void>(reader.read());
  if (const auto end = transactions.first_end(thread)) return end;
  std::vector<std::uint64_t> ended = ended_sessions(batch, sessions);
  for (const std::uint64_t lost : ended_by_restart(batch, reader.sessions(), sessions.server_started()))
    ended.push_back(lost);
  if (std::find(ended.begin(), ended.end(), thread) == ended.end()) return std::nullopt;
  return Fate::rolled_back;
}

}  // namespace dw::load
