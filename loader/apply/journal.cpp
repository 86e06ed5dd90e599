#include "loader/apply/journal.h"

#include <algorithm>
#include <utility>

#include "common/sql/redact.h"
#include "common/util/clock.h"
#include "common/util/error.h"
#include "loader/apply/unseen_replace.h"

namespace dw::load {

namespace {

// What may be written down of a unit's text: no password.
std::string readable_text(const Unit& unit, const Event& event) {
  using sql::StatementClass;
  if (!unit.is_statement) return sql::before_passwords(event.text);
  const sql::Statement& statement = unit.statement;
  switch (statement.cls) {
    case StatementClass::account:
    case StatementClass::administration:
      return sql::without_passwords(statement.text, unit.lexer);
    case StatementClass::unparsed:
      return sql::before_passwords(statement.text);
    default:  // an anonymous block may hold any statement
      return statement.verb == sql::Verb::none ? sql::before_passwords(statement.text)
                                               : std::string(statement.text);
  }
}

}  // namespace

std::string schema_of(const sql::TableName& name, const Unit& unit) {
  return name.schema.empty() ? unit.database.value_or("") : name.schema;
}

void Journal::begin(const Batch& batch) {
  *this = Journal();
  batch_ = &batch;
  entry_.source_id = batch.header.source.id;
  entry_.sha256 = batch.sha256;
  if (batch.header.after) entry_.after = batch.header.after->text();
  entry_.next = batch.header.next.text();
  entry_.fetched = now_micros();
  if (!batch.events.empty()) entry_.first_event = batch.events.front().time;
}

void Journal::received(const Unit& unit) {
  ++counts_.received;
  if (!unit.held) entry_.last_event = batch_->events[unit.event].time;
}

void Journal::rolled_back(std::uint64_t changes, std::uint64_t ignored) {
  counts_.received += changes + ignored;
  counts_.by_outcome[static_cast<std::size_t>(Outcome::rolled_back)] += changes;
  counts_.by_outcome[static_cast<std::size_t>(Outcome::ignored)] += ignored;
}

LedgerEntry Journal::entry_of(const Unit& unit, std::string action, std::string reason) const {
  const Event& event = event_of(*batch_, unit);
  return {cursor_of(unit),
          event.time,
          event.thread_id,
          event.user_host,
          unit.database.value_or(""),
          std::move(action),
          std::move(reason),
          readable_text(unit, event)};
}

void Journal::withhold(const Unit& unit, const std::string& reason) {
  ledger_.push_back(entry_of(unit, "withheld", reason));
  count(Outcome::withheld);
}

void Journal::retained(LedgerEntry entry) {
  --counts_.by_outcome[static_cast<std::size_t>(Outcome::applied)];
  count(Outcome::retained);
  ledger_.push_back(std::move(entry));
}

void Journal::translated(const Unit& unit, const std::string& note) {
  const Event& event = event_of(*batch_, unit);
  ledger_.push_back({cursor_of(unit), event.time, event.thread_id, event.user_host,
                     unit.database.value_or(""), "translated", note, std::string(unit.statement.text)});
}

void Journal::refuse(const Unit& unit, const std::string& why) {
  fail(unit, 0, why);
  ++refused_;
}

void Journal::fail(const Unit& unit, unsigned error, const std::string& message) {
  const Event& event = event_of(*batch_, unit);
  failures_.push_back({cursor_of(unit), event.time, event.thread_id, event.user_host,
                       unit.database.value_or(""), error, message, readable_text(unit, event)});
  const std::string reason = error == 0 ? message : "failed with error " + std::to_string(error);
  notes_.push_back({&unit, About::failure, unseen(unit, reason)});
  count(Outcome::failed);
}

std::string Journal::unseen(const Unit& unit, const std::string& reason) const {
  return takes_rows(unit.statement, unit.lexer, calls_may_take_rows_) ? kReplacedUnseen + reason : reason;
}

void Journal::suspect_unseen(const Unit& unit, const std::string& reason) {
  suspect(unit, unseen(unit, reason));
}

void Journal::suspect(const Unit& unit, const std::string& reason) {
  notes_.push_back({&unit, About::rows, reason});
}

void Journal::suspect_ids(const Unit& unit, const std::string& reason) {
  notes_.push_back({&unit, About::ids, reason});
}

void Journal::suspect_order(const Unit& unit, const std::string& reason) {
  notes_.push_back({&unit, About::order, reason});
}

void Journal::suspect_counters(const Unit& unit, const std::string& reason) {
  notes_.push_back({&unit, About::counters, reason});
}

void Journal::suspect_tables(const Unit& unit, const std::string& reason) {
  notes_.push_back({&unit, About::tables, reason});
}

void Journal::suspect_all(const std::string& reason, const std::string& cursor) {
  LogPlace place;
  place.cursor = cursor;
  suspects_.add_all(reason, place);
}

void Journal::gave_ids(const Unit& unit, std::int64_t first, std::uint64_t rows, std::int64_t step) {
  const std::uint64_t more = std::max<std::uint64_t>(rows, 1) - 1;
  ids_[&unit] = {first, first + static_cast<std::int64_t>(more) * step};
}

std::optional<IdRange> Journal::ids_of(const Unit& unit) const {
  const auto found = ids_.find(&unit);
  return found == ids_.end() ? std::nullopt : std::optional(found->second);
}

LogPlace Journal::place_of(const Unit& unit) const {
  // A held one's may be behind the last event.
  const bool inside = unit.event < batch_->events.size();
  const Event& event = inside ? batch_->events[unit.event] : event_of(*batch_, unit);
  return {unit.event, {}, event.time, event.thread_id};
}

void Journal::write(Bookkeeping& bookkeeping, TableKeys& tables, bool complete) {
  if (!counts_.add_up()) {
    std::string sums = std::to_string(counts_.received) + " received";
    for (std::size_t i = 0; i < kOutcomes; ++i)
      sums += ", " + std::to_string(counts_.by_outcome.at(i)) + " " + kOutcomeNames.at(i);
    throw Error(ExitCode::failed, "the batch's outcomes do not add up: " + sums,
                "this is a fault in dw-load; nothing was committed");
  }
  entry_.counts = counts_;
  entry_.complete = complete;
  for (const Note& note : notes_) narrow(note, tables);
  const std::vector<SuspectEntry> suspects = suspects_.take(*batch_);
  if (counts_.received > 0 || !suspects.empty()) row_ = bookkeeping.save_batch(row_, entry_);
  bookkeeping.add(row_, ledger_);
  bookkeeping.add(row_, failures_);
  bookkeeping.add(suspects);
  ledger_.clear();
  failures_.clear();
  notes_.clear();
}

}  // namespace dw::load
