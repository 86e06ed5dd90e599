// Applier's part that keeps the temporary tables of source sessions apart, and from one run to the next.
#include <algorithm>

#include "common/mysql/errors.h"
#include "common/sql/server_version.h"
#include "loader/apply/applier.h"

namespace dw::load {
namespace {

using Place = TemporaryTable::Place;

constexpr std::uint32_t kDetachOnPrepare = 80029;

}  // namespace

std::vector<TemporaryTable*> Applier::own_temporaries(const Unit& unit,
                                                      const std::vector<sql::TableName>& names) {
  std::vector<TemporaryTable*> out;
  const std::uint64_t thread = event_of(unit).thread_id;
  if (checkpoint_.sessions.find(thread) == nullptr) return out;
  SessionValues& values = checkpoint_.sessions.at(thread).values;
  for (const sql::TableName& name : names) {
    if (TemporaryTable* own = values.temporary(schema_of(name, unit), name.table)) out.push_back(own);
  }
  return out;
}

bool Applier::writes_own_temporaries(const Unit& unit) {
  const auto& writes = unit.statement.writes;
  const Session* session = checkpoint_.sessions.find(event_of(unit).thread_id);
  if (writes.empty() || session == nullptr || session->values.temporaries.empty()) return false;
  // MySQL's RENAME TABLE sees no temporary table; MariaDB's does (measured).
  const auto source = sql::ServerVersion::parse(batch_->header.source.server_version);
  if (unit.statement.verb == sql::Verb::rename_table && source.kind == sql::ServerVersion::Kind::mysql)
    return false;
  // A new name of a temporary table belongs to it.
  if (unit.statement.verb == sql::Verb::alter_table || unit.statement.verb == sql::Verb::rename_table)
    return own_temporaries(unit, {writes[0]}).size() == 1;
  return own_temporaries(unit, writes).size() == writes.size();
}

// The unit may differ from production: what it writes does, too.
void Applier::suspect(const Unit& unit, const std::string& reason) {
  if (!writes_own_temporaries(unit)) return journal_.suspect(unit, reason);
  for (TemporaryTable* own : own_temporaries(unit, unit.statement.writes)) own->doubtful = true;
}

// Everything before the unit becomes durable, so that what follows may commit by itself. The unit is to be
// noted as received again.
void Applier::commit_before(std::size_t number) {
  const Unit& unit = unit_at(number);
  send_merged();
  pipeline_->flush();
  checkpoint_.cursor = batch_->cursor_before(unit.event);
  checkpoint_.statements_done = unit.ordinal;
  journal_.put_back();
  // What ran of a held transaction must not run again.
  if (unit.held) held_.erase(unit.held->key, unit.held->number - 1);
  commit(false);
}

// Puts aside what would hide a table from the unit, and puts back what is the session's own. `only_look`:
// moves nothing, and gives the name of a table that is to be moved; else empty.
std::string Applier::move_temporaries(const Unit& unit, bool only_look) {
  const std::uint64_t thread = event_of(unit).thread_id;
  SessionValues& values = checkpoint_.sessions.at(thread).values;
  const bool runs_bodies = unit.statement.cls == sql::StatementClass::change ||
                           unit.statement.cls == sql::StatementClass::destructive;
  const auto names_it = [&](const std::string& schema, const std::string& table) {
    const auto is = [&](const sql::TableName& name) {
      return name.table == table && schema_of(name, unit) == schema;
    };
    return std::any_of(unit.statement.writes.begin(), unit.statement.writes.end(), is) ||
           std::any_of(unit.statement.reads.begin(), unit.statement.reads.end(), is) ||
           (runs_bodies &&
            (bodies_.mention(table) || (archiver_ && archiver_->is_cascaded({schema, table}))));
  };
  for (TemporaryTables::Table& one : temporaries_.all()) {
    if (one.thread == thread || !one.aside.empty() || !names_it(one.schema, one.table)) continue;
    if (only_look) return one.table;
    connection_.execute(temporaries_.put_aside(one));
  }
  const bool drops = unit.statement.verb == sql::Verb::drop_temporary_table ||
                     (unit.statement.verb == sql::Verb::drop_table && writes_own_temporaries(unit));
  if (drops) return "";  // it goes from wherever it is
  for (TemporaryTable& own : values.temporaries) {
    if (own.place == Place::lost || !names_it(own.schema, own.table)) continue;
    TemporaryTables::Table* here = temporaries_.find(thread, own.schema, own.table);
    if (here != nullptr && here->aside.empty()) continue;
    if (only_look) return own.table;
    if (here == nullptr) {
      restore_temporary(thread, own);
    } else {
      connection_.execute(TemporaryTables::put_back(*here));
    }
  }
  return "";
}

void Applier::restore_temporary(std::uint64_t thread, TemporaryTable& own) {
  temporaries_.created(thread, own.schema, own.table);
  const std::string name = present_name(*temporaries_.find(thread, own.schema, own.table));
  try {
    copies_.restore(own, name);
    own.place = Place::connection;
  } catch (const mysql::SqlError& error) {
    if (error.connection_is_gone()) throw;
    connection_.execute(drop_temporary(name));
    temporaries_.dropped(thread, own.schema, own.table);
    own.place = Place::lost;
  }
}

// True when the unit names a temporary table that is lost: it cannot run, and has its outcome.
bool Applier::fails_for_lost_temporaries(const Unit& unit) {
  const sql::Verb verb = unit.statement.verb;
  if (verb == sql::Verb::drop_temporary_table || verb == sql::Verb::drop_table) return false;
  std::vector<sql::TableName> names = unit.statement.writes;
  names.insert(names.end(), unit.statement.reads.begin(), unit.statement.reads.end());
  for (const TemporaryTable* own : own_temporaries(unit, names)) {
    if (own->place != Place::lost) continue;
    journal_.fail(unit, mysql::kNoSuchTable,
                  "the session's temporary table " + own->table +
                      " was lost when an earlier run of dw-load ended before it was copied");
    return true;
  }
  return false;
}

// MySQL refuses to touch a temporary table between XA START and XA PREPARE, with xa_detach_on_prepare, which
// is on by default (MySQL manual 15.3.8.3, since 8.0.29).
bool Applier::refused_inside_xa(const Unit& unit) {
  const auto source = sql::ServerVersion::parse(batch_->header.source.server_version);
  if (source.kind != sql::ServerVersion::Kind::mysql || source.number < kDetachOnPrepare) return false;
  if (checkpoint_.sessions.at(event_of(unit).thread_id).xa == Session::Xa::none) return false;
  if (unit.statement.temporary || unit.statement.verb == sql::Verb::create_temporary_table) return true;
  return !own_temporaries(unit, unit.statement.writes).empty() ||
         !own_temporaries(unit, unit.statement.reads).empty();
}

// False when the unit cannot run; it has its outcome then.
bool Applier::arrange_temporaries(std::size_t number) {
  const Unit& unit = unit_at(number);
  if (!unit.held && refused_inside_xa(unit)) {
    journal_.count(Outcome::failed);
    return false;
  }
  const SessionValues& values = checkpoint_.sessions.at(event_of(unit).thread_id).values;
  if (temporaries_.empty() && values.temporaries.empty()) return true;
  if (fails_for_lost_temporaries(unit)) return false;
  for (const TemporaryTable* own : own_temporaries(unit, unit.statement.reads)) {
    if (own->doubtful) suspect(unit, "it reads a temporary table that may differ");
  }
  if (move_temporaries(unit, true).empty()) return true;
  commit_before(number);
  static_cast<void>(move_temporaries(unit, false));
  context_.forget();
  begin();
  // A rollback takes none of this back: the checkpoint must know it at once.
  commit(false);
  begin();
  journal_.received(unit);
  return !fails_for_lost_temporaries(unit);
}

// Those of statements still under way included.
std::uint64_t Applier::failures_so_far() {
  send_merged();
  pipeline_->flush();
  return journal_.counts()[Outcome::failed];
}

// Statements that write nothing but the session's temporary tables.
void Applier::run_on_temporaries(std::size_t number) {
  using sql::Verb;
  const Unit& unit = unit_at(number);
  const std::uint64_t thread = event_of(unit).thread_id;
  switch (unit.statement.verb) {
    case Verb::create_temporary_table:
      return create_temporary(number);
    case Verb::drop_table:
    case Verb::drop_temporary_table:
      if (own_temporaries(unit, unit.statement.writes).empty()) return run(number, false);
      drop_own_temporaries(unit);
      return journal_.count(Outcome::applied);
    case Verb::alter_table:
    case Verb::rename_table: {
      const std::uint64_t failures = failures_so_far();
      run_schema_change(number);
      if (failures_so_far() != failures || unit.statement.writes.size() < 2) return;
      const sql::TableName& from = unit.statement.writes[0];
      const sql::TableName& to = unit.statement.writes[1];
      SessionValues& values = checkpoint_.sessions.at(thread).values;
      temporaries_.renamed(thread, schema_of(from, unit), from.table, schema_of(to, unit), to.table);
      if (TemporaryTable* own = values.temporary(schema_of(from, unit), from.table)) {
        own->schema = schema_of(to, unit);
        own->table = to.table;
      }
      return;
    }
    default:
      if (unit.statement.commits) return run_schema_change(number);
      run(number, false);
  }
}

void Applier::create_temporary(std::size_t number) {
  const Unit& unit = unit_at(number);
  const std::uint64_t thread = event_of(unit).thread_id;
  const std::uint64_t failures = failures_so_far();
  run(number, false);
  if (failures_so_far() != failures) return;
  const sql::TableName& name = unit.statement.writes[0];
  const std::string schema = schema_of(name, unit);
  SessionValues& values = checkpoint_.sessions.at(thread).values;
  if (values.temporary(schema, name.table) != nullptr) return;  // IF NOT EXISTS, OR REPLACE
  temporaries_.created(thread, schema, name.table);
  TemporaryTable& own = values.temporaries.emplace_back();
  own.schema = schema;
  own.table = name.table;
}

// DROP TABLE takes the session's own table before any other of the name.
void Applier::drop_own_temporaries(const Unit& unit) {
  const std::uint64_t thread = event_of(unit).thread_id;
  SessionValues& values = checkpoint_.sessions.at(thread).values;
  for (const sql::TableName& name : unit.statement.writes) {
    const std::string schema = schema_of(name, unit);
    if (const TemporaryTables::Table* here = temporaries_.find(thread, schema, name.table)) {
      send_merged();
      send_own(drop_temporary(present_name(*here)));
      temporaries_.dropped(thread, schema, name.table);
    }
    values.forget_temporary(schema, name.table);
  }
}

void Applier::end_temporaries(std::uint64_t thread) {
  auto& tables = temporaries_.all();
  for (const TemporaryTables::Table& one : tables) {
    if (one.thread != thread) continue;
    send_merged();
    send_own(drop_temporary(present_name(one)));
  }
  std::erase_if(tables, [&](const TemporaryTables::Table& one) { return one.thread == thread; });
}

// Behind a rollback, or at a run's start: the connection's tables and the checkpoint's are made to agree.
// CREATE and DROP TEMPORARY TABLE are not rolled back: what was made since the commit goes, and what is not
// there any more is lost.
void Applier::settle_temporaries() {
  auto& tables = temporaries_.all();
  for (const TemporaryTables::Table& one : tables) {
    const Session* session = checkpoint_.sessions.find(one.thread);
    if (!one.committed || session == nullptr) connection_.execute(drop_temporary(present_name(one)));
  }
  std::erase_if(tables, [&](const TemporaryTables::Table& one) {
    return !one.committed || checkpoint_.sessions.find(one.thread) == nullptr;
  });
  // Nothing may stand before a permanent table whose counter is to be set.
  for (TemporaryTables::Table& one : tables) {
    if (one.aside.empty()) connection_.execute(temporaries_.put_aside(one));
  }
  for (const auto& [thread, session] : checkpoint_.sessions.all()) {
    for (const TemporaryTable& one : session.values.temporaries) {
      if (one.place != Place::connection || temporaries_.find(thread, one.schema, one.table) != nullptr)
        continue;
      checkpoint_.sessions.at(thread).values.temporary(one.schema, one.table)->place = Place::lost;
    }
  }
}

void Applier::keep_temporaries() {
  if (!bookkeeping_.has_schema()) return;
  if (temporaries_.empty()) return copies_.drop_others(checkpoint_.sessions);
  connection_.allow_multi_statements(true);
  prepare();  // from here on the checkpoint is as the mirror has it
  if (!checkpoint_.cursor) return;
  for (TemporaryTables::Table& one : temporaries_.all()) {
    TemporaryTable* own = checkpoint_.sessions.at(one.thread).values.temporary(one.schema, one.table);
    if (own == nullptr) continue;
    try {
      copies_.make(present_name(one), *own);
      own->place = Place::copy;
    } catch (const mysql::SqlError& error) {
      if (error.connection_is_gone()) throw;
      own->place = Place::lost;
    }
  }
  begin();
  for (const TemporaryTables::Table& one : temporaries_.all()) {
    const TemporaryTable* own = checkpoint_.sessions.at(one.thread).values.temporary(one.schema, one.table);
    if (own != nullptr && own->place == Place::copy) copies_.fill(*own, present_name(one));
  }
  bookkeeping_.save_checkpoint(checkpoint_);
  connection_.execute("COMMIT");
  copies_.drop_others(checkpoint_.sessions);
}

}  // namespace dw::load
