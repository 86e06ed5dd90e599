#include "loader/apply/applier.h"

#include <algorithm>

#include "common/sql/identifiers.h"
#include "common/util/error.h"
#include "loader/apply/error_kind.h"
#include "loader/apply/schema_fingerprint.h"
#include "loader/plan/resume.h"

namespace dw::load {
namespace {

constexpr int kAttempts = 5;
constexpr std::size_t kMergedRows = 256;
constexpr std::size_t kMergedBytes = std::size_t{64} * 1024;
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

Applier::Applier(mysql::Connection& connection, const Retention& retention, std::set<std::string> databases)
    : connection_(connection),
      retention_(retention),
      databases_(std::move(databases)),
      bookkeeping_(connection),
      auto_increments_(connection),
      merge_tables_(connection) {}

void Applier::prepare() {
  if (!bookkeeping_.has_checkpoint()) return;
  if (!bookkeeping_.has_schema()) bookkeeping_.create_schema();
  if (auto known = bookkeeping_.load_checkpoint()) checkpoint_ = std::move(*known);
  auto_increments_.restore();
}

// A mirror is left as it was until the first batch for it has come.
void Applier::make_room() {
  if (bookkeeping_.has_schema()) return;
  try {
    bookkeeping_.create_schema();
  } catch (const mysql::SqlError& error) {
    throw Error(ExitCode::mirror_unreachable,
                std::string("the mirror refused to set up dw_meta: ") + error.what(),
                "grant the mirror's account the rights in scripts/sql/mirror-account.sql");
  }
  prepare();
}

ApplyResult Applier::apply(Batch& batch) {
  refuse_foreign(batch);
  make_room();
  merging_ = true;
  for (int attempt = 1;; ++attempt) {
    try {
      return apply_once(batch);
    } catch (const PassingError& error) {
      if (attempt == kAttempts) {
        throw Error(ExitCode::mirror_unreachable, std::string("the mirror kept refusing: ") + error.what(),
                    "something else holds locks on the mirror; run dw-load again when it has ended");
      }
    } catch (const MergeError&) {
      merging_ = false;
    } catch (const Error&) {
      abandon();
      throw;
    } catch (const mysql::SqlError& error) {
      throw Error(ExitCode::mirror_unreachable, std::string("the mirror failed: ") + error.what(),
                  "nothing of the transaction under way was kept; run dw-load again");
    }
    start_again();
  }
}

// Leaves the mirror as it was before the transaction under way, counters included.
void Applier::abandon() {
  pipeline_.reset();
  try {
    connection_.execute("ROLLBACK");
    auto_increments_.restore();
  } catch (const mysql::SqlError&) {
    // The mirror is gone, or refuses this too: the next run begins with it.
  }
}

// Takes back what the failed attempt did, and reads from the mirror where it stands.
void Applier::start_again() {
  pipeline_.reset();
  connection_.allow_multi_statements(true);
  connection_.execute("ROLLBACK");
  context_.forget();
  prepare();
}

void Applier::refuse_foreign(const Batch& batch) const {
  if (checkpoint_.source_id.empty() || checkpoint_.source_id == batch.header.source.id) return;
  throw Error(ExitCode::needs_eyes,
              "the batch comes from source " + batch.header.source.id + ", and this mirror follows " +
                  checkpoint_.source_id,
              "check source.url; a mirror follows one source");
}

PlannerOptions Applier::planner_options(const Batch& batch) const {
  PlannerOptions options;
  const auto& globals = batch.header.source.globals;
  const auto value = [&](const char* name) {
    const auto found = globals.find(name);
    return found == globals.end() ? std::string() : found->second;
  };
  options.defaults.sql_mode = value("sql_mode");
  options.defaults.autocommit = value("autocommit") != "OFF" && value("autocommit") != "0";
  options.lower_case_names =
      !value("lower_case_table_names").empty() && value("lower_case_table_names") != "0";
  options.databases = databases_;
  if (databases_.empty()) options.databases = {batch.header.databases.begin(), batch.header.databases.end()};
  return options;
}

void Applier::take_over_globals(const Batch& batch) {
  if (!context_.base().empty() && globals_ == batch.header.source.globals) return;
  globals_ = batch.header.source.globals;
  context_.set_base(make_base(connection_, globals_));
  context_.forget();
  fractions_matter_ = fractions_matter(connection_);
}

ApplyResult Applier::apply_once(Batch& batch) {
  if (checkpoint_.cursor && !leave_out_applied(batch, *checkpoint_.cursor)) return {};
  take_over_globals(batch);
  batch_ = &batch;
  checkpoint_.source_id = batch.header.source.id;
  const PlannerOptions options = planner_options(batch);
  checkpoint_.sessions.set_defaults(options.defaults);
  adopt_live_databases(batch, checkpoint_.sessions);
  plan_ = make_plan(batch, checkpoint_.sessions, options);

  const Cursor reached = batch.cursor_before(plan_.watermark);
  ApplyResult result;
  result.open_transactions = plan_.open_transactions;
  result.events_left = batch.events.size() - plan_.watermark;
  if (plan_.watermark > 0) result.last_event = batch.events[plan_.watermark - 1].time;
  result.advanced = !checkpoint_.cursor || !checkpoint_.cursor->same_place(reached);
  if (!result.advanced && !batch.header.gap) return result;

  journal_.begin(batch);
  texts_.clear();
  merged_ = {};
  merged_rows_.clear();
  if (!plan_allows_merging(plan_)) merging_ = false;
  pipeline_ = std::make_unique<Pipeline>(
      connection_, context_,
      [this](std::size_t number, const mysql::StatementResult& r) { on_result(number, r); });
  begin();
  run_plan();
  if (result.events_left == 0) {
    for (const std::uint64_t thread : plan_.ended) checkpoint_.sessions.end(thread);
  }
  if (batch.header.gap) {
    journal_.suspect_all("gap in the log up to " + batch.header.gap->resumes_at.text(),
                         batch.header.gap->after.text());
  }
  checkpoint_.cursor = reached;
  checkpoint_.statements_done = 0;
  commit(result.events_left == 0);
  result.counts = journal_.counts();
  result.refused = journal_.refused();
  pipeline_.reset();
  return result;
}

void Applier::run_plan() {
  for (std::size_t number = 0; number < plan_.units.size(); ++number) {
    const Unit& unit = plan_.units[number];
    const bool done = unit.ordinal < checkpoint_.statements_done && checkpoint_.cursor &&
                      checkpoint_.cursor->same_place(batch_->cursor_before(unit.event));
    if (!done) handle(number);
  }
  send_merged();
  pipeline_->flush();
}

void Applier::handle(std::size_t number) {
  const Unit& unit = plan_.units[number];
  const Event& event = event_of(unit);
  journal_.received(unit);
  if (!unit.is_statement) {
    checkpoint_.sessions.observe(event);
    if (unit.treatment == Treatment::refuse)
      return journal_.refuse(unit, "a command of the protocol that is not understood");
    journal_.count(Outcome::ignored);
    return;
  }
  switch (unit.treatment) {
    case Treatment::ignore:
      journal_.count(Outcome::ignored);
      break;
    case Treatment::skip_rolled_back:
      journal_.count(Outcome::rolled_back);
      break;
    case Treatment::withhold:
      journal_.withhold(unit, to_string(unit.reason));
      break;
    case Treatment::refuse:
      journal_.refuse(unit, "not understood, and therefore not run");
      break;
    case Treatment::set_state:
      set_state(number);
      break;
    case Treatment::run_and_undo:
      run(number, true);
      break;
    case Treatment::run: {
      const Ruling ruling = retention_.rule(unit.statement);
      if (ruling.action == Ruling::Action::withhold) {
        journal_.withhold(unit, ruling.reason);
      } else if (unit.statement.commits) {
        return run_schema_change(number);
      } else {
        run(number, false);
      }
      break;
    }
  }
  checkpoint_.sessions.observe(event.thread_id, unit.statement);
}

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
  // Without SET NAMES the log does not tell a client's character set. Bytes for a BLOB come out right all the
  // same.
  const bool names_known = context->settings && context->settings->contains(kNames);
  if (!undo && !names_known && !is_utf8(unit.statement.text)) {
    journal_.suspect(unit, "not UTF-8, from a client of unknown character set");
  }
  if (!undo && merge(number, context)) return;
  send_merged();
  const bool may_share = unit.statement.self_contained && unit.statement.verb != sql::Verb::call;
  pipeline_->add({number, unit.statement.text, context, may_share, undo});
}

// True when the statement was put with others of its kind, to be sent later.
bool Applier::merge(std::size_t number, const SharedContext& context) {
  const Unit& unit = plan_.units[number];
  if (!merging_ || unit.statement.verb != sql::Verb::insert || unit.statement.writes.size() != 1)
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
    merged_ = {number, 0, row->head, ids, context, std::string(row->head)};
  }
  merged_.text += merged_.rows == 0 ? "" : ",";
  merged_.text += row->row;
  ++merged_.rows;
  return true;
}

void Applier::send_merged() {
  if (merged_.rows == 0) return;
  if (merged_.rows > 1) merged_rows_[merged_.first] = merged_.rows;
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
  fractions_matter_ = fractions_matter(connection_);
  merge_tables_.forget();
}

bool Applier::was_done_before_crash(const Unit& unit) const {
  const auto& intent = checkpoint_.intent;
  if (!intent || intent->ordinal != unit.ordinal) return false;
  const auto at = Cursor::parse(intent->cursor);
  if (!at || !at->same_place(batch_->cursor_before(unit.event))) return false;
  return schema_fingerprint(connection_, intent->schemas) != intent->fingerprint;
}

void Applier::move_checkpoint_behind(std::size_t number) {
  const Unit& unit = plan_.units[number];
  const bool more_of_event = number + 1 < plan_.units.size() && plan_.units[number + 1].event == unit.event;
  checkpoint_.cursor = batch_->cursor_before(more_of_event ? unit.event : unit.event + 1);
  checkpoint_.statements_done = more_of_event ? unit.ordinal + 1 : 0;
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

void Applier::on_result(std::size_t number, const mysql::StatementResult& result) {
  const Unit& unit = plan_.units[number];
  const bool undo = unit.treatment == Treatment::run_and_undo;
  const auto merged = merged_rows_.find(number);
  const std::size_t rows = merged == merged_rows_.end() ? 1 : merged->second;
  if (result.error != 0) {
    const ErrorKind kind = kind_of(result.error);
    if (kind == ErrorKind::passing) throw PassingError(result.message);
    if (kind == ErrorKind::mirror) {
      throw Error(
          ExitCode::mirror_unreachable,
          "the mirror refused a statement (error " + std::to_string(result.error) + "): " + result.message,
          "nothing of the transaction under way was kept; mend the mirror and run dw-load again");
    }
    if (rows > 1) throw MergeError();
    if (!undo) return journal_.fail(unit, result.error, result.message);
  }
  for (std::size_t i = 0; i < rows; ++i) journal_.count(undo ? Outcome::rolled_back : Outcome::applied);
}

void Applier::begin() {
  connection_.execute("START TRANSACTION");
  if (!bookkeeping_.lock_checkpoint(checkpoint_)) {
    throw Error(ExitCode::locked, "another run of dw-load moved the checkpoint meanwhile",
                "run one dw-load at a time");
  }
}

// Everything that is known goes in before the checkpoint moves: rows, outcomes, counters.
void Applier::commit(bool complete) {
  journal_.write(bookkeeping_, complete);
  auto_increments_.record();
  bookkeeping_.save_checkpoint(checkpoint_);
  connection_.execute("COMMIT");
}

}  // namespace dw::load
