// Applier's part that runs one statement, each kind in its own way.
#include <algorithm>

#include "common/sql/event_statement.h"
#include "common/sql/identifiers.h"
#include "common/util/error.h"
#include "loader/apply/applier.h"
#include "loader/apply/dialect_facts.h"
#include "loader/apply/error_kind.h"
#include "loader/apply/schema_fingerprint.h"
#include "loader/retention/archive/swapped.h"

namespace dw::load {
namespace {

constexpr std::size_t kMergedRows = 256;
constexpr std::size_t kMergedBytes = std::size_t{64} * 1024;
constexpr unsigned kNoDatabaseSelected = 1046;  // ER_NO_DB_ERROR

bool is_digits(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
}

// Names a table (or a routine) without its schema, so that the session's database decides what is meant.
bool needs_database(const sql::Statement& statement) {
  const auto unqualified = [](const sql::TableName& name) { return name.schema.empty(); };
  if (statement.verb == sql::Verb::select)
    return std::any_of(statement.reads.begin(), statement.reads.end(), unqualified);
  return statement.writes.empty() ||
         std::any_of(statement.writes.begin(), statement.writes.end(), unqualified) ||
         std::any_of(statement.reads.begin(), statement.reads.end(), unqualified);
}

bool defines_event(const sql::Statement& statement) {
  return statement.verb == sql::Verb::create_event || statement.verb == sql::Verb::alter_event;
}

std::vector<std::string> schemas_of(const Unit& unit) {
  std::set<std::string> out;
  for (const sql::TableName& name : unit.statement.writes) out.insert(schema_of(name, unit));
  if (out.empty()) out.insert(unit.database.value_or(""));
  return {out.begin(), out.end()};
}

std::vector<TableId> swapped_tables(const Unit& unit) {
  std::vector<TableId> names;
  for (const sql::TableName& name : unit.statement.writes)
    names.push_back({schema_of(name, unit), name.table});
  return swapped_tables(unit.statement, names);
}

}  // namespace

std::string routine_schema(const Unit& unit) {
  return unit.statement.writes.empty() ? unit.database.value_or("") : unit.statement.writes[0].schema;
}

SharedSettings Applier::settings_of(const Unit& unit) {
  return unit.held ? unit.held->settings : checkpoint_.sessions.at(event_of(unit).thread_id).settings;
}

const std::string& Applier::sql_mode_of(const Unit& unit) {
  return unit.held ? unit.held->sql_mode : checkpoint_.sessions.at(event_of(unit).thread_id).sql_mode;
}

SharedContext Applier::context_for(const Unit& unit) {
  const Event& event = event_of(unit);
  const bool fraction = fractions_matter_ || (unit.statement.doubts & sql::doubt_now_fraction) != 0;
  Context wanted{unit.database, settings_of(unit), timestamp_value(event.time, fraction)};
  if (const std::string* own = own_clock(wanted)) wanted.timestamp = *own;
  const bool same = last_context_ && last_context_->database == wanted.database &&
                    last_context_->settings == wanted.settings &&
                    last_context_->timestamp == wanted.timestamp;
  if (!same) last_context_ = std::make_shared<const Context>(std::move(wanted));
  return last_context_;
}

void Applier::run(std::size_t number, bool undo) {
  const Unit& unit = unit_at(number);
  const SharedContext context = context_for(unit);
  const bool no_database = !context->database || context->database->empty();
  if (no_database && needs_database(unit.statement)) {
    if (unit.treatment == Treatment::hold) return;
    if (undo) return journal_.count(Outcome::rolled_back);
    // Known to have none, it was refused in production too.
    if (context->database) return journal_.count(Outcome::failed);
    return journal_.fail(unit, kNoDatabaseSelected,
                         "the session's database is not known: it began before the log did, or turned to a "
                         "schema that the mirror lacks");
  }
  if (!undo && lacks_values(unit)) return;
  if (is_refused_by_locks(unit)) {
    if (undo) return journal_.count(Outcome::rolled_back);
    return journal_.fail(unit, 0,
                         "its session had locked other tables by LOCK TABLES: production refused it");
  }
  note_doubts(number, undo,
              context->settings &&
                  (context->settings->contains(kNames) || context->settings->contains(kClientCharset)));
  if (!undo && merge(number, context)) return;
  send_merged();
  if (undo) begin_undo(number);
  if (is_of_session(unit)) lead_values(number);
  lead_archive(number, undo);
  bool may_share = unit.statement.self_contained && unit.statement.verb != sql::Verb::call;
  std::string_view text = unit.statement.text;
  std::optional<sql::Statement> disabled;
  if (defines_event(unit.statement)) {
    auto written = sql::disabled_event(text, unit.lexer);
    if (!written) return journal_.refuse(unit, "an event that cannot be kept from running on the mirror");
    texts_.push_back(std::move(*written));
    text = texts_.back();
    disabled = unit.statement;
    disabled->text = text;
  }
  if (auto translated = translate(number, disabled ? *disabled : unit.statement, undo)) {
    texts_.push_back(std::move(*translated));
    text = texts_.back();
    may_share = may_share && text.find('\\') == std::string_view::npos;
  }
  pipeline_->add({number, text, context, may_share, packet_of(number)});
}

void Applier::run_and_undo(std::size_t number) {
  const Unit& unit = unit_at(number);
  const bool kept_back = retention_.rule(unit.statement).action == Ruling::Action::withhold;
  if (kept_back && !writes_own_temporaries(unit)) return journal_.count(Outcome::rolled_back);
  if (unit.statement.verb == sql::Verb::call) {
    send_merged();
    pipeline_->flush();
    if (!routines_.keeps_transaction(routine_schema(unit), unit.statement.name)) {
      journal_.suspect(unit, "its procedure may have ended the transaction that was rolled back");
      return journal_.count(Outcome::rolled_back);
    }
  }
  run(number, true);
}

// True when the statement was put with others of its kind, to be sent later. Not where some table is not
// transactional: a merge that fails has everything run again, and its rows would be there twice.
bool Applier::merge(std::size_t number, const SharedContext& context) {
  const Unit& unit = unit_at(number);
  if (packet_of(number) != kNoUnit) return false;  // nothing runs behind one that fails
  if (unit.held) return false;                     // the id that it gets is the next statement's
  if (!merging_ || next_id_owner_ || !all_transactional_ || unit.statement.verb != sql::Verb::insert ||
      unit.statement.writes.size() != 1 || insert_ids_.tracked(number) || !temporaries_.empty())
    return false;
  const SharedSettings settings = settings_of(unit);
  if (!is_strict(sql_mode_of(unit)) || (settings && settings->contains("insert_id"))) return false;
  const auto row = sql::parse_insert_row(unit.statement);
  if (!row) return false;
  const sql::TableName& name = unit.statement.writes[0];
  const std::string schema = schema_of(name, unit);
  if (!merge_tables_.knows(schema, name.table)) {
    send_merged();
    pipeline_->flush();
  }
  const MergeTable& table = merge_tables_.find(schema, name.table);
  const IdKind ids = id_kind(*row, table, sql_mode_of(unit));
  if (!table.mergeable || ids == IdKind::unclear) return false;
  const bool joins = merged_.rows > 0 && merged_.head == row->head && merged_.context == context &&
                     merged_.ids == ids && merged_.rows < kMergedRows &&
                     merged_.text.size() + row->row.size() < kMergedBytes;
  if (!joins) {
    send_merged();
    lead_values(number);
    merged_ = {number, number, 0, {}, row->head, ids, context, std::string(row->head)};
  }
  merged_.last = number;
  merged_.text += merged_.rows == 0 ? "" : ",";
  merged_.text += row->row;
  merged_.units.push_back(number);
  ++merged_.rows;
  return true;
}

void Applier::send_merged() {
  if (merged_.rows == 0) return;
  if (merged_.rows > 1) merged_rows_[merged_.first] = {std::move(merged_.units), merged_.last};
  texts_.push_back(std::move(merged_.text));
  pipeline_->add({merged_.first, texts_.back(), merged_.context, true});
  merged_ = {};
}

// DDL commits by itself. So everything before it is committed first, with an intent that tells a later run
// what to look for; and the checkpoint moves behind it as soon as it is done.
void Applier::run_schema_change(std::size_t number) {
  const Unit& unit = unit_at(number);
  send_merged();
  pipeline_->flush();
  Keepsake keepsake = keepsake_of(unit);
  const bool was_done = was_done_before_crash(unit);
  checkpoint_.cursor = batch_->cursor_before(unit.event);
  checkpoint_.statements_done = unit.ordinal;
  if (was_done) {
    keepsake.rows = checkpoint_.intent->rows_kept;
  } else {
    keep_first(unit, keepsake);
    std::vector<std::string> schemas = schemas_of(unit);
    std::string fingerprint = schema_fingerprint(connection_, schemas, swapped_tables(unit));
    checkpoint_.intent =
        Intent{cursor_of(unit), ordinal_of(unit), std::move(schemas), std::move(fingerprint), keepsake.rows};
  }
  keep_in_flight_behind(number);
  journal_.put_back();
  if (unit.held) held_.erase(unit.held->key, unit.held->number - 1);
  commit(false);
  journal_.received(unit);
  const std::uint64_t failures = failures_so_far();
  if (was_done) {
    journal_.count(Outcome::applied);
  } else {
    before_schema_change(keepsake);
    run(number, false);
  }
  const bool done = failures_so_far() == failures;
  follow_schema_change(unit, keepsake, done);
  begin();
  if (done) note_kept(unit, {keepsake});
  observe(unit);
  if (unit.held) held_.erase(unit.held->key, unit.held->number);
  checkpoint_.intent.reset();
  move_checkpoint_behind(number);
  keep_in_flight_behind(number);
  commit(false);
  begin();
  learn_of_schema();
}

bool Applier::in_transaction(const Unit& unit) {
  const Session& session = checkpoint_.sessions.at(event_of(unit).thread_id);
  return session.in_transaction || !session.autocommit;
}

bool Applier::was_done_before_crash(const Unit& unit) const {
  const auto& intent = checkpoint_.intent;
  if (!intent || intent->ordinal != ordinal_of(unit)) return false;
  const auto at = Cursor::parse(intent->cursor);
  const auto wanted = Cursor::parse(cursor_of(unit));
  if (!at || !wanted || !at->same_place(*wanted)) return false;
  return schema_fingerprint(connection_, intent->schemas, swapped_tables(unit)) != intent->fingerprint;
}

// A SET is not run as it stands: only the variables that are carried matter, and each is kept as a value with
// the session, to be set again whenever a statement of that session runs.
void Applier::set_state(std::size_t number) {
  const Unit& unit = unit_at(number);
  const std::uint64_t thread = event_of(unit).thread_id;
  if (unit.statement.verb == sql::Verb::set_names || unit.statement.verb == sql::Verb::set_character_set) {
    return set_names(number);
  }
  const auto assignments =
      sql::parse_assignments(unit.statement.text, lexer_options(checkpoint_.sessions.at(thread)));
  if (!assignments) return journal_.count(Outcome::ignored);
  std::string user_variables;
  if (next_id_owner_ == thread) take_back_next_id();
  // All expressions are evaluated before anything is assigned.
  const SharedContext context = context_for(unit);
  SharedSettings before = checkpoint_.sessions.at(thread).settings;
  Settings settings = before ? *before : Settings{};
  for (const sql::Assignment& one : *assignments) {
    note_hidden(number, one);
    if (one.scope == sql::Assignment::Scope::session && carried_variables().contains(one.name) &&
        context_.base().contains(one.name)) {
      learn(settings, one, number);
    } else if (one.scope == sql::Assignment::Scope::session && own_variables().contains(one.name)) {
      learn_own(settings, one, number);
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
  const std::string& text = texts_.emplace_back(std::move(user_variables));
  send_merged();
  lead_values(number);
  pipeline_->add({number, text, context, false});
}

void Applier::set_names(std::size_t number) {
  const Unit& unit = unit_at(number);
  Session& session = checkpoint_.sessions.at(event_of(unit).thread_id);
  Settings settings = session.settings ? *session.settings : Settings{};
  settings[kNames] = dialect_.collations().names(names_of(unit.statement.text));
  if (settings[kNames].empty()) settings.erase(kNames);
  settings.erase(kClientCharset);
  session.settings = settings.empty() ? nullptr : std::make_shared<const Settings>(std::move(settings));
  journal_.count(Outcome::ignored);
}

void Applier::learn(Settings& settings, const sql::Assignment& one, std::size_t number) {
  if (one.constant) {
    const std::string value = sql::constant_value(one.expression);
    const std::string mapped = mirror_value(one.name, value, dialect_);
    settings[one.name] = mapped == value ? std::string(one.expression) : sql::quote_literal(mapped);
    if (value == "DEFAULT" || value == "default") {
      settings.erase(one.name);
      // MySQL turns these off by it (measured on 9.7; MariaDB 10.11 turns them on).
      const bool turns_off = one.name == "foreign_key_checks" || one.name == "unique_checks";
      if (turns_off && !dialect_.source().mariadb) settings[one.name] = "0";
    }
    // The source's own zone, not the mirror's.
    if (one.name == "time_zone" && (value == "SYSTEM" || value == "system")) settings.erase(one.name);
    return;
  }
  if (one.name == "sql_mode") return learn_mode(settings, one, number);
  const auto value =
      evaluate(number, "SET " + one.name + "=" + std::string(one.expression), "@@session." + one.name);
  if (!value) return;
  settings[one.name] = is_digits(*value) ? *value : sql::quote_literal(*value);
}

// The planner reads texts by what the SET's own text tells of sql_mode; the mirror is asked where it tells
// nothing.
void Applier::learn_mode(Settings& settings, const sql::Assignment& one, std::size_t number) {
  const Session& session = checkpoint_.sessions.at(event_of(unit_at(number)).thread_id);
  if (const auto mode = sql_mode_after(session, one.expression, checkpoint_.sessions.defaults())) {
    settings[one.name] = sql::quote_literal(mirror_value(one.name, *mode, dialect_));
    return;
  }
  learned_mode_ = evaluate(number, "SET sql_mode=" + std::string(one.expression), "@@session.sql_mode");
  if (learned_mode_) settings[one.name] = sql::quote_literal(*learned_mode_);
}

// The mirror evaluates an expression, in the session's context: runs `set`, if there is one, and gives the
// value of `select`.
std::optional<std::string> Applier::evaluate(std::size_t number, const std::string& set,
                                             const std::string& select) {
  const Unit& unit = unit_at(number);
  send_merged();
  lead_values(number);
  variable_uses_.erase(number);
  pipeline_->flush();
  std::optional<std::string> value;
  try {
    for (const std::string& lead : context_.lead_to(*context_for(unit))) connection_.execute(lead);
    if (!set.empty()) connection_.execute(set);
    value = connection_.value("SELECT " + select);
  } catch (const mysql::SqlError& error) {
    if (kind_of(error.code()) == ErrorKind::passing || error.connection_is_gone()) throw;
    journal_.suspect_all("SET failed: " + std::string(error.what()), cursor_of(unit));
  }
  context_.forget();
  return value;
}

// Variables that are no setting of every statement: the clock, ids, seeds, and what belongs to SET NAMES.
void Applier::learn_own(Settings& settings, const sql::Assignment& one, std::size_t number) {
  std::string value = sql::constant_value(one.expression);
  const bool back = one.constant && (value == "DEFAULT" || value == "default");
  if (one.name == kClientCharset) {
    if (one.constant) settings[kClientCharset] = value;
    if (back) settings.erase(kClientCharset);
    return;
  }
  if (one.name == "collation_connection") {
    if (one.constant)
      settings[kNames] =
          dialect_.collations().names(names_with(settings[kNames], value, connection_.is_mariadb()));
    if (settings[kNames].empty()) settings.erase(kNames);
    return;
  }
  if (!one.constant) value = evaluate(number, "", std::string(one.expression)).value_or("");
  if (one.name == "last_insert_id") {
    return is_digits(value) ? set_insert_id(number, std::stoull(value)) : void();
  }
  if (one.name == "insert_id")
    checkpoint_.sessions.at(event_of(unit_at(number)).thread_id).values.next_id_doubtful = false;
  const bool number_like = !value.empty() && value.find_first_not_of("0123456789.") == std::string::npos;
  if (back || !number_like || (one.name == "timestamp" && value == "0")) {
    settings.erase(one.name);
  } else {
    settings[one.name] = value;
  }
}

}  // namespace dw::load
