// Applier's part for transactions that are set aside.
//
// A statement that is held takes its AUTO_INCREMENT values where it stands in the log, in a savepoint, so
// that later ones of other sessions get production's; and it gets them back when it runs, with SET insert_id
// (measured: both servers let any account set it, and a statement that gives its rows new ids uses it up).
#include "common/util/error.h"
#include "loader/apply/applier.h"
#include "loader/apply/new_ids.h"

namespace dw::load {
namespace {

constexpr std::size_t kWaitingBytes = std::size_t{1} << 20U;
constexpr std::size_t kWaitingRows = 1000;
constexpr std::string_view kHeldBack =
    "held back: its transaction was open for long, and ran here later than in production";

std::string quoted_savepoint(const std::string& name) {
  std::string out = "SAVEPOINT `";
  for (const char c : name) out += c == '`' ? std::string("``") : std::string(1, c);
  return out + "`";
}

}  // namespace

void Applier::hold(std::size_t number) {
  const Unit& unit = unit_at(number);
  const Event& event = event_of(unit);
  HeldStatement one;
  one.key = unit.held_key;
  one.cursor = cursor_of(unit);
  one.ordinal = unit.ordinal;
  one.event = event;
  one.database = unit.database;
  one.settings = settings_of(unit);
  one.sql_mode = sql_mode_of(unit);
  one.charset = checkpoint_.sessions.at(event.thread_id).charset;
  one.server_version = batch_->header.source.server_version;
  const bool waits = is_wait(one.key);
  if (!waits && !held_.has(one.key)) {
    // Savepoints from before the first change were counted where they stood.
    one.kind = HeldStatement::Kind::earlier;
    for (const std::string& name : checkpoint_.sessions.at(event.thread_id).savepoints) {
      one.event.text = quoted_savepoint(name);
      held_.add(one);
    }
  }
  one.kind = is_savepoint(unit.statement) ? HeldStatement::Kind::savepoint : HeldStatement::Kind::change;
  one.event.text = unit.statement.text;
  HeldStatement& kept = held_.add(std::move(one));
  if (kept.kind == HeldStatement::Kind::change && !waits) {  // one that waits has taken none yet
    if (generates_id(unit)) taking_ids_[number] = &kept;
    take_ids(number);
  }
  if (held_.bytes_waiting() > kWaitingBytes || held_.waiting() > kWaitingRows) write_held();
}

// Not where some table keeps its rows in spite of the savepoint, as a temporary one may; its ids are of no
// other session's concern.
void Applier::take_ids(std::size_t number) {
  const Unit& unit = unit_at(number);
  const sql::Verb verb = unit.statement.verb;
  // SET @a = f(): @a keeps its value whatever becomes of the transaction.
  const bool inserts = verb == sql::Verb::insert || verb == sql::Verb::replace || verb == sql::Verb::set;
  if (all_transactional_ && inserts && !writes_own_temporaries(unit)) {
    run(number, true);
    end_undo();
  }
}

bool Applier::generates_id(const Unit& unit) {
  if (unit.statement.writes.size() != 1) return false;
  const sql::TableName& name = unit.statement.writes[0];
  const std::string schema = schema_of(name, unit);
  if (!merge_tables_.knows(schema, name.table)) {
    send_merged();
    pipeline_->flush();
  }
  return gives_new_ids(unit.statement, merge_tables_.find(schema, name.table).auto_increment_column);
}

void Applier::write_held() {
  if (held_.waiting() == 0) return;
  send_merged();
  pipeline_->flush();  // the ids that they took are known then
  taking_ids_.clear();
  held_.write();
}

// `before`: the unit that it happens at.
void Applier::carry_out(const HeldStep& step, std::size_t before) {
  write_held();
  send_merged();
  pipeline_->flush();
  switch (step.action) {
    case HeldStep::Action::rename:
      return held_.rename(step.key, step.new_key);
    case HeldStep::Action::roll_back:
      return is_wait(step.key) ? run_held_pieces(step, before) : roll_back_held(step);
    case HeldStep::Action::commit:
      return is_wait(step.key) ? run_held_pieces(step, before) : run_held(step, before);
  }
}

// Its ids were taken where they stood; nothing else is left to do.
void Applier::roll_back_held(const HeldStep& step) {
  if (!step.suspicion.empty()) {
    journal_.suspect_all(std::string(step.suspicion), batch_->header.next.text());
  }
  journal_.rolled_back(held_.count(step.key, HeldStatement::Kind::change),
                       held_.count(step.key, HeldStatement::Kind::savepoint));
  held_.erase(step.key);
}

// A piece at a time: a held transaction may be larger than memory.
void Applier::run_held(const HeldStep& step, std::size_t before) {
  // Whose LAST_INSERT_ID() and user variables the connection has is not known behind it.
  take_back_next_id();
  insert_ids_.save(connection_, checkpoint_.sessions);
  user_variables_.save(connection_, checkpoint_.sessions);
  held_savepoints_ = {};
  held_suspects_.clear();
  std::uint64_t behind = 0;
  for (;;) {
    const std::vector<HeldStatement> piece = held_.read(step.key, behind, true);
    if (piece.empty()) break;
    for (const HeldStatement& one : piece)
      held_savepoints_.add(one.number, sql::classify(one.event.text, lexer_options(one)));
    behind = piece.back().number;
  }
  run_held_pieces(step, before);
  forget_values();
}

void Applier::run_held_pieces(const HeldStep& step, std::size_t before) {
  std::uint64_t behind = 0;
  for (;;) {
    std::vector<HeldStatement> piece = held_.read(step.key, behind, false);
    if (piece.empty()) break;
    behind = piece.back().number;
    run_held_piece(std::move(piece), step, before);
  }
  held_.erase(step.key);
}

void Applier::run_held_piece(std::vector<HeldStatement>&& piece, const HeldStep& step, std::size_t before) {
  held_units_.clear();
  held_units_.reserve(piece.size());
  held_before_ = before;
  for (HeldStatement& one : piece) {
    Unit unit = unit_of(std::make_shared<const HeldStatement>(std::move(one)), options_);
    const bool at_end = before == plan_.units.size();
    unit.event = static_cast<std::uint32_t>(at_end ? plan_.watermark : plan_.units[before].event);
    unit.ordinal = at_end ? 0 : plan_.units[before].ordinal;
    held_units_.push_back(std::move(unit));
  }
  for (std::size_t i = 0; i < held_units_.size(); ++i) {
    const std::size_t number = plan_.units.size() + i;
    if (is_wait(step.key)) {
      handle_waiting(number, step);
    } else {
      handle_held(number, step.suspicion);
    }
  }
  send_merged();
  pipeline_->flush();
  settle_kept();
  journal_.write(bookkeeping_, table_keys_, false);
  texts_.clear();
  merged_rows_.clear();
}

void Applier::handle_held(std::size_t number, std::string_view suspicion) {
  const Unit& unit = unit_at(number);
  const HeldStatement& held = *unit.held;
  if (held.kind == HeldStatement::Kind::earlier) return;
  journal_.received(unit);
  if (held.kind == HeldStatement::Kind::savepoint) return journal_.count(Outcome::ignored);
  if (held_savepoints_.took_back(held.number)) return journal_.count(Outcome::rolled_back);
  const bool sets = unit.treatment == Treatment::set_state;
  if (unit.treatment != Treatment::run && !sets)
    return journal_.refuse(unit, "not understood, and therefore not run");
  const bool has_session = checkpoint_.sessions.find(held.event.thread_id) != nullptr;
  if (has_session && !arrange_temporaries(number)) return;
  if (has_session && writes_own_temporaries(unit)) return run_on_temporaries(number);
  suspect_once(unit, suspicion.empty() ? kHeldBack : suspicion);
  if (sets) return set_state(number);
  const Ruling ruling = retention_.rule(unit.statement);
  if (ruling.action == Ruling::Action::withhold) return journal_.withhold(unit, ruling.reason);
  if (unit.statement.verb == sql::Verb::call) return run_opaque(number);
  if (held.insert_id != 0) return run_with_id(number);
  run(number, false);
}

void Applier::run_with_id(std::size_t number) {
  send_merged();
  pipeline_->flush();
  connection_.execute("SET insert_id=" + std::to_string(unit_at(number).held->insert_id));
  run(number, false);
  pipeline_->flush();
  clear_next_id();  // where it failed, gave no row a new id, or had named one
}

// One row for each table, however many statements wrote to it.
void Applier::suspect_once(const Unit& unit, std::string_view reason) {
  bool is_new = unit.statement.writes.empty();
  for (const sql::TableName& name : unit.statement.writes)
    is_new = held_suspects_.emplace(schema_of(name, unit), name.table).second || is_new;
  if (is_new) journal_.suspect(unit, std::string(reason));
}

}  // namespace dw::load
