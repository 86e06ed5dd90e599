// Applier's part that has the archive keep what statements take away.
#include <algorithm>
#include <array>

#include "loader/apply/applier.h"
#include "loader/retention/archive/dynamic_sql.h"
#include "loader/retention/archive/key_assignments.h"
#include "loader/retention/archive/narrowing.h"

namespace dw::load {
namespace {

using sql::Verb;

bool changes_tables(Verb verb) {
  switch (verb) {
    case Verb::create_table:
    case Verb::alter_table:
    case Verb::rename_table:
    case Verb::drop_table:
    case Verb::drop_database:
    case Verb::create_index:
    case Verb::drop_index:
    case Verb::create_trigger:
    case Verb::drop_trigger:
      return true;
    default:
      return false;
  }
}

const char* reason_of(Verb verb) {
  const bool replaces = verb == Verb::replace || verb == Verb::load_data || verb == Verb::load_xml;
  return replaces ? "replace" : "delete";
}

bool may_update(const sql::Statement& statement) {
  return statement.verb == Verb::update || statement.verb == Verb::insert || statement.verb == Verb::with;
}

// What a body puts together as text.
void note_dynamic(std::string_view body, sql::LexerOptions lexer, SeenChanges& seen) {
  const DynamicSql dynamic = dynamic_sql(body, lexer);
  for (const std::string& text : dynamic.texts) seen.updated_anywhere.merge(updated_columns(text));
  seen.any_column = seen.any_column || dynamic.may_update;
}

}  // namespace

// Rows that stay though production removed them are taken out of the tables that the batch may touch.
void Applier::take_kept_out(const Batch& batch) {
  if (!archiver_ || !archiver_->some_are_in()) return;
  Mentions mentions;
  for (const Event& event : batch.events) mentions.add(event.text);
  put_temporaries_aside();
  // Their texts are not in the batch, nor are the names of what a schema has.
  const bool all = held_.summary().transactions > 0 ||
                   (mentions.has("drop") && (mentions.has("database") || mentions.has("schema")));
  archiver_->take_kept_out(mentions, all);
  settle_counters();
  context_.forget();
}

// Rows that were put back may have moved a counter (TRUNCATE sets it to 1).
void Applier::settle_counters() {
  std::set<std::pair<std::string, std::string>> tables;
  for (const TableId& table : archiver_->tables_with_kept()) tables.emplace(table.schema, table.table);
  auto_increments_.leave_out(std::move(tables));
  auto_increments_.restore();
}

void Applier::put_kept_in() {
  if (!archiver_ || !bookkeeping_.has_schema()) return;
  connection_.allow_multi_statements(true);
  connection_.execute("ROLLBACK");
  put_temporaries_aside();
  archiver_->put_kept_in();
  context_.forget();
}

// Before anything of the batch runs, and outside a transaction.
void Applier::begin_archive() {
  if (!archiver_ || (batch_->events.empty() && plan_.held_steps.empty())) return;
  SeenChanges seen;
  const bool makes_views = std::any_of(plan_.units.begin(), plan_.units.end(), [](const Unit& unit) {
    return unit.statement.verb == Verb::create_view || unit.statement.verb == Verb::alter_view;
  });
  for (const Unit& unit : plan_.units) note_changes(unit, makes_views, seen);
  const bool calls =
      !plan_.held_steps.empty() || std::any_of(plan_.units.begin(), plan_.units.end(), [](const Unit& unit) {
        return unit.statement.verb == Verb::call || unit.statement.verb == Verb::create_routine;
      });
  for (const auto& [key, program] : options_.programs->all()) {
    seen.updated_anywhere.merge(updated_columns(program->body, program->lexer));
    if (calls) note_dynamic(program->body, program->lexer, seen);
  }
  const Micros first = batch_->events.empty() ? batch_->header.made : batch_->events.front().time;
  const Micros last = plan_.watermark == 0 ? first : batch_->events[plan_.watermark - 1].time;
  if (!archiver_->begin(options_.databases, first, last, seen)) return;
  put_temporaries_aside();
  archiver_->follow_schema();
  context_.forget();
}

void Applier::follow_schema() {
  learn_of_schema();
  if (archiver_) {
    put_temporaries_aside();
    archiver_->follow_schema();
  }
  context_.forget();
}

void Applier::note_changes(const Unit& unit, bool makes_views, SeenChanges& seen) const {
  const sql::Statement& statement = unit.statement;
  if (statement.verb == Verb::replace || statement.verb == Verb::load_data) {
    for (const sql::TableName& name : statement.writes)
      seen.replaced.insert({schema_of(name, unit), name.table});
  }
  const bool body = statement.verb == Verb::create_trigger || statement.verb == Verb::create_routine;
  if (!body && !may_update(statement)) return;
  if (statement.verb == Verb::create_routine) note_dynamic(statement.text, unit.lexer, seen);
  const std::set<std::string> columns = updated_columns(statement.text, unit.lexer);
  if (columns.empty()) return;
  if (body) seen.updated_anywhere.insert(columns.begin(), columns.end());
  for (const sql::TableName& name : statement.writes) {
    const TableId table{schema_of(name, unit), name.table};
    seen.updated[table].insert(columns.begin(), columns.end());
    const bool view = makes_views || options_.programs->view(table.schema, table.table) != nullptr;
    if (view && archiver_->find(table) == nullptr)
      seen.updated_anywhere.insert(columns.begin(), columns.end());
  }
}

// What a session calls by the name of a table would stand in its place.
void Applier::put_temporaries_aside() {
  for (TemporaryTables::Table& one : temporaries_.all()) {
    if (one.aside.empty()) connection_.execute(temporaries_.put_aside(one));
  }
}

bool Applier::may_remove_rows(const Unit& unit) const {
  switch (unit.statement.verb) {
    case Verb::insert:
    case Verb::update:
      if (bodies_.mention("delete") || bodies_.mention("replace") || bodies_.mention("call")) return true;
      if (!archiver_->keeps_updates()) return false;
      return bodies_.mention("update") || unit.statement.writes.size() != 1 ||
             archiver_->keeps_updates(
                 {schema_of(unit.statement.writes[0], unit), unit.statement.writes[0].table});
    default:
      return unit.statement.cls == sql::StatementClass::change ||
             unit.statement.cls == sql::StatementClass::destructive;
  }
}

void Applier::lead_archive(std::size_t number, bool undone) {
  const Unit& unit = unit_at(number);
  if (!archiver_ || unit.statement.commits || !may_remove_rows(unit)) return;
  send_own(
      kept_rows_.lead(number, journal_.entry_of(unit, "retained", reason_of(unit.statement.verb)), undone));
}

// With no statement under way.
void Applier::settle_kept() {
  for (KeptRows::Kept& kept : kept_rows_.take(connection_)) journal_.retained(std::move(kept.entry));
}

Applier::Keepsake Applier::keepsake_of(const Unit& unit) {
  Keepsake out;
  const sql::Statement& statement = unit.statement;
  if (!archiver_ || statement.temporary || writes_own_temporaries(unit)) return out;
  out.follow = changes_tables(statement.verb);
  const Ruling ruling = retention_.rule(statement);
  for (const sql::TableName& name : statement.writes) {
    const TableId table{schema_of(name, unit), name.table};
    out.names.push_back(table);
    if (ruling.action != Ruling::Action::keep_first) continue;
    if (statement.verb == Verb::drop_database) {
      out.tables = archiver_->tables_of(table.schema);
    } else if (archiver_->find(table) != nullptr && own_temporaries(unit, {name}).empty()) {
      out.tables.push_back(table);
    }
  }
  out.renames =
      statement.verb == Verb::rename_table ||
      (statement.verb == Verb::alter_table && out.names.size() == 2 && ruling.reason != "exchange partition");
  out.reason = ruling.reason;
  if (out.reason == "modify column" && !out.tables.empty() &&
      only_widens(statement, *archiver_->find(out.tables[0])))
    out.tables.clear();
  if (out.reason.ends_with("partition")) out.partitions = partitions_of(statement);
  return out;
}

// Inside the transaction that writes the intent. A run that was killed behind that has kept them already.
void Applier::keep_first(const Unit& unit, Keepsake& keepsake) {
  if (keepsake.tables.empty()) return;
  const auto& intent = checkpoint_.intent;
  if (intent && intent->rows_kept && intent->ordinal == ordinal_of(unit) &&
      intent->cursor == cursor_of(unit)) {
    keepsake.rows = intent->rows_kept;
    return;
  }
  settle_kept();  // the copy counts anew
  const std::string variables = keeping_variables(journal_.entry_of(unit, "retained", keepsake.reason));
  const std::vector<TableId> first{keepsake.tables[0]};
  const std::vector<TableId> rest(keepsake.tables.begin() + 1, keepsake.tables.end());
  if (keepsake.partitions.empty()) {
    keepsake.rows = archiver_->keep(keepsake.tables, {}, keepsake.reason, variables);
  } else {
    keepsake.rows = archiver_->keep(first, keepsake.partitions, keepsake.reason, variables) +
                    archiver_->keep(rest, {}, keepsake.reason, variables);
  }
  context_.forget();
}

void Applier::before_schema_change(const Keepsake& keepsake) {
  if (!keepsake.renames) return;
  archiver_->before_rename(keepsake.names);
  context_.forget();
}

// Outside a transaction. `done`: the statement ran.
void Applier::follow_schema_change(const Unit& unit, const Keepsake& keepsake, bool done) {
  if (!archiver_) return;
  const bool one_table = keepsake.tables.size() == 1 && keepsake.reason.ends_with("column");
  const auto columns_of = [&] {
    const TableShape* shape = archiver_->find(keepsake.tables[0]);
    return shape == nullptr ? std::vector<ShapeColumn>() : shape->columns;
  };
  const std::vector<ShapeColumn> before = one_table ? columns_of() : std::vector<ShapeColumn>();
  if (keepsake.follow) {
    put_temporaries_aside();
    if (keepsake.renames && done) archiver_->follow_rename(keepsake.names);
    archiver_->follow_schema();
  }
  // DROP COLUMN IF EXISTS of a column that is not there takes nothing.
  const bool changed = !one_table || columns_of() != before;
  if (keepsake.rows && (!done || !changed)) {
    // DROP TABLE of several can take some and fail for another.
    std::vector<TableId> stayed = keepsake.tables;
    std::erase_if(stayed, [&](const TableId& table) { return archiver_->find(table) == nullptr; });
    archiver_->make_void(stayed, cursor_of(unit));
    archiver_->follow_schema();
  }
  context_.forget();
}

// The CALL was counted as applied.
void Applier::note_kept(const Unit& unit, const std::vector<Keepsake>& keepsakes) {
  std::uint64_t rows = 0;
  std::string reason;
  for (const Keepsake& one : keepsakes) {
    if (!one.rows) continue;
    rows += *one.rows;
    reason = one.reason;
  }
  if (reason.empty()) return;
  LedgerEntry entry = journal_.entry_of(unit, "retained", reason);
  entry.rows_kept = rows;
  journal_.retained(std::move(entry));
}

}  // namespace dw::load
