// Applier's part that runs one statement, each kind in its own way.
#include <algorithm>

#include "common/sql/identifiers.h"
#include "common/util/error.h"
#include "loader/apply/applier.h"
#include "loader/apply/error_kind.h"
#include "loader/apply/schema_fingerprint.h"

namespace dw::load {
namespace {

constexpr std::size_t kMergedRows = 256;
constexpr std::size_t kMergedBytes = std::size_t{64} * 1024;
// In place of a fingerprint: an intent to run what may commit by itself.
constexpr const char* kOpaque = "opaque";

constexpr unsigned kNoDatabaseSelected = 1046;  // ER_NO_DB_ERROR

// Names a table (or a routine) without its schema, so that the session's database decides what is meant.
bool needs_database(const sql::Statement& statement) {
  const auto unqualified = [](const sql::TableName& name) { return name.schema.empty(); };
  if (statement.verb == sql::Verb::select)
    return std::any_of(statement.reads.begin(), statement.reads.end(), unqualified);
  return statement.writes.empty() ||
         std::any_of(statement.writes.begin(), statement.writes.end(), unqualified) ||
         std::any_of(statement.reads.begin(), statement.reads.end(), unqualified);
}

std::vector<std::string> schemas_of(const Unit& unit) {
  std::set<std::string> out;
  for (const sql::TableName& name : unit.statement.writes) out.insert(schema_of(name, unit));
  if (out.empty()) out.insert(unit.database.value_or(""));
  return {out.begin(), out.end()};
}

}  // namespace

SharedContext Applier::context_for(const Unit& unit) {
  const Event& event = event_of(unit);
  const Session& session = checkpoint_.sessions.at(event.thread_id);
  const bool fraction = fractions_matter_ || (unit.statement.doubts & sql::doubt_now_fraction) != 0;
  Context wanted{unit.database, session.settings, timestamp_value(event.time, fraction)};
  const bool same = last_context_ && last_context_->database == wanted.database &&
                    last_context_->settings == wanted.settings &&
                    last_context_->timestamp == wanted.timestamp;
  if (!same) last_context_ = std::make_shared<const Context>(std::move(wanted));
  return last_context_;
}

void Applier::run(std::size_t number, bool undo) {
  const Unit& unit = plan_.units[number];
  const SharedContext context = context_for(unit);
  const bool no_database = !context->database || context->database->empty();
  if (no_database && needs_database(unit.statement)) {
    if (undo) return journal_.count(Outcome::rolled_back);
    return journal_.fail(unit, kNoDatabaseSelected,
                         "the session's database is not known: it began before the log did");
  }
  keep_temporaries_apart(unit);
  if (!undo && lacks_values(unit)) return;
  note_doubts(number, undo, context->settings && context->settings->contains(kNames));
  if (!undo && merge(number, context)) return;
  send_merged();
  const bool may_share = unit.statement.self_contained && unit.statement.verb != sql::Verb::call;
  pipeline_->add({number, unit.statement.text, context, may_share, undo});
}

// True when the statement was put with others of its kind, to be sent later. Not where some table is not
// transactional: a merge that fails has everything run again, and its rows would be there twice.
bool Applier::merge(std::size_t number, const SharedContext& context) {
  const Unit& unit = plan_.units[number];
  if (!merging_ || !all_transactional_ || unit.statement.verb != sql::Verb::insert ||
      unit.statement.writes.size() != 1)
    return false;
  const Session& session = checkpoint_.sessions.at(event_of(unit).thread_id);
  if (!is_strict(session.sql_mode)) return false;
  const auto row = sql::parse_insert_row(unit.statement);
  if (!row) return false;
  const sql::TableName& name = unit.statement.writes[0];
  const std::string schema = schema_of(name, unit);
  if (!merge_tables_.knows(schema, name.table)) {
    send_merged();
    pipeline_->flush();
  }
  const MergeTable& table = merge_tables_.find(schema, name.table);
  const IdKind ids = id_kind(*row, table, session.sql_mode);
  if (!table.mergeable || ids == IdKind::unclear) return false;
  const bool joins = merged_.rows > 0 && merged_.head == row->head && merged_.context == context &&
                     merged_.ids == ids && merged_.rows < kMergedRows &&
                     merged_.text.size() + row->row.size() < kMergedBytes;
  if (!joins) {
    send_merged();
    merged_ = {number, 0, {}, row->head, ids, context, std::string(row->head)};
  }
  merged_.text += merged_.rows == 0 ? "" : ",";
  merged_.text += row->row;
  merged_.units.push_back(number);
  ++merged_.rows;
  return true;
}

void Applier::send_merged() {
  if (merged_.rows == 0) return;
  if (merged_.rows > 1) merged_rows_[merged_.first] = std::move(merged_.units);
  texts_.push_back(std::move(merged_.text));
  pipeline_->add({merged_.first, texts_.back(), merged_.context, true, false});
  merged_ = {};
}

// DDL commits by itself. So everything before it is committed first, with an intent that tells a later run
// what to look for; and the checkpoint moves behind it as soon as it is done.
void Applier::run_schema_change(std::size_t number) {
  const Unit& unit = plan_.units[number];
  send_merged();
  pipeline_->flush();
  if (was_done_before_crash(unit)) {
    journal_.count(Outcome::applied);
  } else {
    checkpoint_.cursor = batch_->cursor_before(unit.event);
    checkpoint_.statements_done = unit.ordinal;
    std::vector<std::string> schemas = schemas_of(unit);
    std::string fingerprint = schema_fingerprint(connection_, schemas);
    checkpoint_.intent = Intent{cursor_of(unit), unit.ordinal, std::move(schemas), std::move(fingerprint)};
    journal_.put_back();
    commit(false);
    journal_.received(unit);
    run(number, false);
    pipeline_->flush();
    begin();
  }
  checkpoint_.sessions.observe(event_of(unit).thread_id, unit.statement);
  checkpoint_.intent.reset();
  move_checkpoint_behind(number);
  commit(false);
  begin();
  learn_of_schema();
}

// A procedure may end the transaction that it is called in, and nothing in the log says so. One that cannot
// runs like any statement. Another one runs in a transaction of its own, with an intent before it: a run that
// was killed in between cannot know what took place, and says so.
void Applier::run_opaque(std::size_t number) {
  const Unit& unit = plan_.units[number];
  send_merged();
  pipeline_->flush();
  const std::string schema =
      unit.statement.writes.empty() ? unit.database.value_or("") : unit.statement.writes[0].schema;
  const auto& intent = checkpoint_.intent;
  const bool was_under_way = intent && intent->fingerprint == kOpaque && intent->ordinal == unit.ordinal &&
                             intent->cursor == cursor_of(unit);
  if (!was_under_way && routines_.keeps_transaction(schema, unit.statement.name)) {
    run(number, false);
    checkpoint_.sessions.observe(event_of(unit).thread_id, unit.statement);
    return;
  }
  if (was_under_way) {
    journal_.refuse(unit, "it was under way when an earlier run was killed, and may have taken place");
  } else {
    checkpoint_.cursor = batch_->cursor_before(unit.event);
    checkpoint_.statements_done = unit.ordinal;
    checkpoint_.intent = Intent{cursor_of(unit), unit.ordinal, {}, kOpaque};
    journal_.put_back();
    commit(false);
    journal_.received(unit);
    // As in production: what it does is committed at once, or belongs to the session's transaction.
    const Session& session = checkpoint_.sessions.at(event_of(unit).thread_id);
    if (session.in_transaction || !session.autocommit) connection_.execute("START TRANSACTION");
    run(number, false);
    pipeline_->flush();
    connection_.execute("COMMIT");
    begin();
  }
  checkpoint_.sessions.observe(event_of(unit).thread_id, unit.statement);
  checkpoint_.intent.reset();
  move_checkpoint_behind(number);
  commit(false);
  begin();
  context_.forget();
}

// A temporary table of another session would take what is meant for the permanent one: better it is gone.
void Applier::keep_temporaries_apart(const Unit& unit) {
  const std::uint64_t thread = event_of(unit).thread_id;
  const auto look_at = [&](const std::vector<sql::TableName>& names) {
    for (const sql::TableName& one : names) {
      const TemporaryTables::Name name{schema_of(one, unit), one.table};
      const auto owner = temporaries_.owner(name);
      if (!owner || *owner == thread) continue;
      temporaries_.dropped(name);
      send_drops({name});
    }
  };
  look_at(unit.statement.writes);
  look_at(unit.statement.reads);
  if (unit.statement.verb == sql::Verb::create_temporary_table && !unit.statement.writes.empty()) {
    temporaries_.created(thread, {schema_of(unit.statement.writes[0], unit), unit.statement.writes[0].table});
  }
}

// DROP TABLE without TEMPORARY, of temporary tables only.
bool Applier::drops_own_temporaries(const Unit& unit) const {
  const auto& names = unit.statement.writes;
  return unit.statement.verb == sql::Verb::drop_table && !names.empty() &&
         std::all_of(names.begin(), names.end(), [&](const sql::TableName& name) {
           return temporaries_.owner({schema_of(name, unit), name.table}) == event_of(unit).thread_id;
         });
}

void Applier::send_drops(const std::vector<TemporaryTables::Name>& names) {
  for (const auto& name : names) {
    send_merged();
    texts_.push_back(drop_temporary(name));
    pipeline_->add({kNoUnit, texts_.back(), std::make_shared<const Context>(), true, false});
  }
}

bool Applier::was_done_before_crash(const Unit& unit) const {
  const auto& intent = checkpoint_.intent;
  if (!intent || intent->ordinal != unit.ordinal) return false;
  const auto at = Cursor::parse(intent->cursor);
  if (!at || !at->same_place(batch_->cursor_before(unit.event))) return false;
  return schema_fingerprint(connection_, intent->schemas) != intent->fingerprint;
}

// A SET is not run as it stands: only the variables that are carried matter, and each is kept as a value with
// the session, to be set again whenever a statement of that session runs.
void Applier::set_state(std::size_t number) {
  const Unit& unit = plan_.units[number];
  const std::uint64_t thread = event_of(unit).thread_id;
  if (unit.statement.verb == sql::Verb::set_names || unit.statement.verb == sql::Verb::set_character_set) {
    return set_names(number);
  }
  const auto assignments =
      sql::parse_assignments(unit.statement.text, lexer_options(checkpoint_.sessions.at(thread)));
  if (!assignments) return journal_.count(Outcome::ignored);
  std::string user_variables;
  SharedSettings before = checkpoint_.sessions.at(thread).settings;
  Settings settings = before ? *before : Settings{};
  for (const sql::Assignment& one : *assignments) {
    note_hidden(number, one);
    if (one.scope == sql::Assignment::Scope::session && carried_variables().contains(one.name) &&
        context_.base().contains(one.name)) {
      learn(settings, one, number);
    } else if (one.scope == sql::Assignment::Scope::user_variable) {
      user_variables += (user_variables.empty() ? "SET @" : ", @") + sql::quote_identifier(one.name) + "=";
      user_variables += one.expression;
    }
  }
  if (settings != (before ? *before : Settings{})) {
    checkpoint_.sessions.at(thread).settings =
        settings.empty() ? nullptr : std::make_shared<const Settings>(std::move(settings));
  }
  if (user_variables.empty()) return journal_.count(Outcome::ignored);
  texts_.push_back(std::move(user_variables));
  send_merged();
  pipeline_->add({number, texts_.back(), context_for(unit), false, false});
}

void Applier::set_names(std::size_t number) {
  const Unit& unit = plan_.units[number];
  Session& session = checkpoint_.sessions.at(event_of(unit).thread_id);
  Settings settings = session.settings ? *session.settings : Settings{};
  settings[kNames] = names_of(unit.statement.text, connection_.is_mariadb());
  if (settings[kNames].empty()) settings.erase(kNames);
  session.settings = settings.empty() ? nullptr : std::make_shared<const Settings>(std::move(settings));
  journal_.count(Outcome::ignored);
}

void Applier::learn(Settings& settings, const sql::Assignment& one, std::size_t number) {
  if (one.constant) {
    settings[one.name] = std::string(one.expression);
    const std::string value = sql::constant_value(one.expression);
    if (value == "DEFAULT" || value == "default") settings.erase(one.name);
    // The source's own zone, not the mirror's.
    if (one.name == "time_zone" && (value == "SYSTEM" || value == "system")) settings.erase(one.name);
    return;
  }
  // An expression: the mirror evaluates it, in the session's context.
  send_merged();
  pipeline_->flush();
  const SharedContext context = context_for(plan_.units[number]);
  try {
    for (const std::string& lead : context_.lead_to(*context)) connection_.execute(lead);
    connection_.execute("SET " + one.name + "=" + std::string(one.expression));
    const std::string value = connection_.value("SELECT @@session." + one.name).value_or("");
    const bool numeric = !value.empty() && value.find_first_not_of("0123456789") == std::string::npos;
    settings[one.name] = numeric ? value : sql::quote_literal(value);
    if (one.name == "sql_mode")
      checkpoint_.sessions.at(event_of(plan_.units[number]).thread_id).sql_mode = value;
  } catch (const mysql::SqlError& error) {
    if (kind_of(error.code()) != ErrorKind::statement) throw;
    journal_.suspect_all("SET failed: " + std::string(error.what()), cursor_of(plan_.units[number]));
  }
  context_.forget();
}

}  // namespace dw::load
