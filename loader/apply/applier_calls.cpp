// Applier's part for procedures that may end the transaction that they are called in.
//
// Nothing in the log says whether they did. The planner takes it from their body (call_effect.h); here the
// CALL runs in a transaction of its own, and the connection tells what became of that. Where it is not what
// was planned, the rest of the batch is planned anew.
#include <algorithm>
#include <array>

#include "common/sql/body_statements.h"
#include "common/util/letter_case.h"
#include "loader/apply/applier.h"
#include "loader/apply/program_catalog.h"
#include "loader/retention/archive/dynamic_sql.h"
#include "loader/retention/archive/narrowing.h"

namespace dw::load {
namespace {

using sql::Verb;

// In place of a fingerprint: an intent to run what may commit by itself.
constexpr const char* kOpaque = "opaque";
constexpr const char* kUnsure =
    "its procedure left a transaction open, or ended one, in a way that the log does not tell";

constexpr int kDeepestCall = 8;
constexpr const char* kTriedToTake =
    "its procedure ran a TRUNCATE, DROP, RENAME or ALTER that it puts together, of a table that is not known";

// Some body on the mirror.
bool may_change_schema(const Bodies& bodies) {
  static constexpr std::array kWords{"create", "drop", "alter", "rename", "truncate", "execute"};
  return std::any_of(kWords.begin(), kWords.end(), [&](const char* word) { return bodies.mention(word); });
}

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
    const bool in_vain = follow_call(unit, keepsakes);
    begin();
    if (failures_so_far() == failures) {
      note_kept(unit, keepsakes);
      if (in_vain) journal_.suspect(unit, kTriedToTake);
    }
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

// Of a statement in a procedure's body.
std::optional<Applier::Keepsake> Applier::keepsake_inside(const sql::Statement& statement,
                                                          const std::string& schema) const {
  const Ruling ruling = retention_.rule(statement);
  if (ruling.action != Ruling::Action::keep_first || statement.temporary) return std::nullopt;
  Keepsake out;
  out.reason = ruling.reason;
  if (ruling.reason.ends_with("partition")) out.partitions = partitions_of(statement);
  for (const sql::TableName& name : statement.writes) {
    const TableId table{name.schema.empty() ? schema : name.schema, name.table};
    if (statement.verb == Verb::drop_database) {
      out.tables = archiver_->tables_of(table.schema);
    } else if (archiver_->find(table) != nullptr) {
      out.tables.push_back(table);
    }
  }
  return out;
}

// Statements of the procedure's body that no trigger would see, and of those that it calls.
void Applier::find_ddl(const ProgramKey& key, int depth, CallReach& out) const {
  const SharedProgram program = programs_->find(key);
  if (!program || depth > kDeepestCall) return;
  out.bodies += program->body + ";";
  out.words.merge(words_of_literals(program->body, program->lexer));
  for (const sql::BodyStatement& one : sql::body_statements(program->body, program->lexer)) {
    const sql::Statement statement = sql::classify(one.text, program->lexer);
    if (statement.verb == Verb::call && !statement.temporary) {
      const std::string of = statement.writes.empty() ? key.schema : statement.writes[0].schema;
      find_ddl({ProgramKind::procedure, of, statement.name}, depth + 1, out);
    }
    if (statement.commits) {
      for (const sql::TableName& name : statement.writes)
        out.changed.insert({name.schema.empty() ? key.schema : name.schema, name.table});
    }
    auto keepsake = keepsake_inside(statement, key.schema);
    if (keepsake && !keepsake->tables.empty()) out.keepsakes.push_back(std::move(*keepsake));
  }
}

// What its procedures put together as text. Where that is not known, tables that it can name: by what stands
// in the procedures and in the CALL itself.
void Applier::find_dynamic(const std::string& schema, CallReach& out) const {
  const DynamicSql dynamic = dynamic_sql(out.bodies);
  out.may_take = dynamic.may_take;
  std::set<TableId> kept;
  for (const Keepsake& one : out.keepsakes) kept.insert(one.tables.begin(), one.tables.end());
  const auto add = [&](Keepsake keepsake) {
    std::erase_if(keepsake.tables, [&](const TableId& table) { return !kept.insert(table).second; });
    if (!keepsake.tables.empty()) out.keepsakes.push_back(std::move(keepsake));
  };
  for (const std::string& text : dynamic.texts) {
    auto keepsake = keepsake_inside(sql::classify(text), schema);
    if (!keepsake) continue;
    out.may_take = true;  // of tables that are not found here
    add(std::move(*keepsake));
  }
  if (!dynamic.may_take) return;
  Keepsake named;
  named.reason = "dynamic SQL";
  for (const TableId& table : all_tables()) {
    if (out.words.contains(lower(table.table))) named.tables.push_back(table);
  }
  add(std::move(named));
}

std::vector<TableId> Applier::all_tables() const {
  std::vector<TableId> out;
  for (const std::string& schema : archiver_->schemas()) {
    const std::vector<TableId> tables = archiver_->tables_of(schema);
    out.insert(out.end(), tables.begin(), tables.end());
  }
  return out;
}

std::vector<Applier::Keepsake> Applier::keep_before_call(const Unit& unit) {
  if (!archiver_ || !may_change_schema(bodies_)) return {};
  // As it is now: the batch may have made it.
  if (!programs_)
    programs_ =
        std::make_shared<const StoredPrograms>(read_stored_programs(connection_, options_.lower_case_names));
  context_.forget();
  const std::string schema =
      unit.statement.writes.empty() ? unit.database.value_or("") : unit.statement.writes[0].schema;
  CallReach reach;
  find_ddl({ProgramKind::procedure, schema, unit.statement.name}, 0, reach);
  reach.words.merge(words_of_literals(unit.statement.text, unit.lexer));
  find_dynamic(schema, reach);
  settle_kept();
  for (Keepsake& one : reach.keepsakes) {
    const std::string variables = keeping_variables(journal_.entry_of(unit, "retained", one.reason));
    one.rows = archiver_->keep(one.tables, one.partitions, one.reason, variables);
    context_.forget();
  }
  if (!reach.may_take) return std::move(reach.keepsakes);
  for (const Keepsake& one : reach.keepsakes) reach.changed.insert(one.tables.begin(), one.tables.end());
  std::vector<TableId> others = all_tables();
  std::erase_if(others, [&](const TableId& table) { return reach.changed.contains(table); });
  guard_.emplace(connection_, others);
  return std::move(reach.keepsakes);
}

// Outside a transaction. True when it tried to take tables, and none lost a row.
bool Applier::follow_call(const Unit& unit, std::vector<Keepsake>& keepsakes) {
  if (!archiver_ || !may_change_schema(bodies_)) return false;
  const bool tried = guard_ && guard_->something_was_tried();
  guard_.reset();
  put_temporaries_aside();
  archiver_->follow_schema();
  bool some_void = false;
  for (Keepsake& one : keepsakes) {
    std::vector<TableId> stayed = one.tables;
    std::erase_if(stayed, [&](const TableId& table) {
      return archiver_->some_left(table, one.reason, cursor_of(unit));
    });
    archiver_->make_void(stayed, cursor_of(unit));
    some_void = some_void || !stayed.empty();
    if (one.rows == 0U || stayed.size() == one.tables.size()) one.rows.reset();
  }
  if (some_void) archiver_->follow_schema();
  context_.forget();
  return tried &&
         std::none_of(keepsakes.begin(), keepsakes.end(), [](const Keepsake& one) { return one.rows; });
}

}  // namespace dw::load
