// Applier's part that has the archive keep what statements take away.
#include "common/sql/identifiers.h"
#include "loader/apply/applier.h"
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

}  // namespace

// Before anything of the batch runs, and outside a transaction.
void Applier::begin_archive() {
  if (!archiver_ || plan_.watermark == 0) return;
  SeenChanges seen;
  for (const Unit& unit : plan_.units) note_changes(unit, seen);
  for (const auto& [key, program] : options_.programs->all())
    seen.updated_anywhere.merge(updated_columns(program->body, program->lexer));
  put_temporaries_aside();
  archiver_->begin(options_.databases, batch_->events.front().time, batch_->events[plan_.watermark - 1].time,
                   seen);
  context_.forget();
}

void Applier::note_changes(const Unit& unit, SeenChanges& seen) const {
  const sql::Statement& statement = unit.statement;
  if (statement.verb == Verb::replace || statement.verb == Verb::load_data) {
    for (const sql::TableName& name : statement.writes)
      seen.replaced.insert({schema_of(name, unit), name.table});
  }
  const bool body = statement.verb == Verb::create_trigger || statement.verb == Verb::create_routine;
  if (!body && !may_update(statement)) return;
  std::set<std::string> columns = updated_columns(statement.text, unit.lexer);
  if (columns.empty()) return;
  for (const sql::TableName& name : statement.writes) {
    const TableId table{schema_of(name, unit), name.table};
    seen.updated[table].insert(columns.begin(), columns.end());
    // A view, or a table that comes about within the batch.
    if (body || archiver_->find(table) == nullptr)
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
  if (intent && intent->rows_kept && intent->ordinal == unit.ordinal && intent->cursor == cursor_of(unit)) {
    keepsake.rows = intent->rows_kept;
    return;
  }
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

}  // namespace dw::load
