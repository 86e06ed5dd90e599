#include "loader/apply/applier.h"

#include <algorithm>

#include "common/mysql/errors.h"
#include "common/sql/identifiers.h"
#include "common/util/error.h"
#include "loader/apply/dialect_facts.h"
#include "loader/apply/error_kind.h"
#include "loader/apply/foreign_keys.h"
#include "loader/apply/program_catalog.h"
#include "loader/baseline/copied_tables.h"
#include "loader/baseline/copy_state_store.h"
#include "loader/plan/absent_schemas.h"
#include "loader/plan/resume.h"

namespace dw::load {
namespace {

// By a statement that failed in a transaction that was rolled back: it may have failed sooner or later in
// production.
constexpr const char* kTakenBack = "took ids that went unused";

constexpr const char* kTakesUnknown =
    "its procedure would take away a table by a statement that it puts together, and which one was not known";

constexpr int kAttempts = 5;

const char* why_refused(const Unit& unit) {
  if (unit.reason == Reason::unknown_body)
    return "from the body of a trigger, function or event that the mirror does not have";
  if (unit.reason == Reason::not_mirrored)
    return "calls a function of a mirrored schema from a schema that is not mirrored";
  return "not understood, and therefore not run";
}

}  // namespace

Applier::Applier(mysql::Connection& connection, const Retention& retention, std::set<std::string> databases,
                 const HoldRule& hold)
    : connection_(connection),
      retention_(retention),
      databases_(std::move(databases)),
      bookkeeping_(connection),
      auto_increments_(connection),
      merge_tables_(connection),
      table_keys_(connection),
      routines_(connection),
      held_(connection),
      hold_(hold),
      copies_(connection),
      bodies_(connection) {
  using Leaves = Archiver::Leaves;
  if (retention.archive() != nullptr)
    archiver_.emplace(connection, *retention.archive(),
                      retention.leaves_in_place() ? Leaves::in_place : Leaves::archived);
}

void Applier::prepare() {
  if (!bookkeeping_.has_checkpoint()) return;
  if (!bookkeeping_.has_schema()) create_schema();
  checkpoint_ = bookkeeping_.load_checkpoint().value_or(Checkpoint());
  load_copied();
  settle_temporaries();
  auto_increments_.restore();
}

void Applier::load_copied() {
  copied_ = CopyStateStore(connection_).load();
  if (!copied_ || copied_->finished) return;
  throw Error(ExitCode::needs_eyes, "the first copy of production is not finished",
              "run dw-load baseline: it goes on where it was");
}

// They were given ids that the copied counters have passed: here they, and what follows them, get others.
void Applier::suspect_counters(const std::vector<std::size_t>& numbers) {
  for (const std::size_t number : numbers) {
    const Unit& unit = plan_.units[number];
    const bool takes_ids = std::any_of(
        unit.statement.writes.begin(), unit.statement.writes.end(), [&](const sql::TableName& name) {
          return !facts_of(schema_of(name, unit), name.table).key.auto_increment.empty();
        });
    const bool inserts =
        unit.statement.verb == sql::Verb::insert || unit.statement.verb == sql::Verb::replace;
    if (inserts && takes_ids) journal_.suspect_tables(unit, std::string(kUnderWay));
  }
}

void Applier::pass_markers() {
  if (!copied_) return;
  CopyStateStore store(connection_);
  const std::vector<std::string> passed = markers_passed(plan_, *batch_, *copied_);
  for (CopyMarker& marker : copied_->markers) {
    if (std::find(passed.begin(), passed.end(), marker.nonce) == passed.end()) continue;
    store.pass_marker(marker.nonce);
    marker.passed = true;
  }
  if (!std::all_of(copied_->markers.begin(), copied_->markers.end(),
                   [](const CopyMarker& marker) { return marker.passed; }))
    return;
  store.clear();
  copied_.reset();
}

void Applier::create_schema() {
  try {
    bookkeeping_.create_schema();
  } catch (const mysql::SqlError& error) {
    throw Error(ExitCode::mirror_unreachable,
                std::string("the mirror refused to set up dw_meta: ") + error.what(),
                "grant the mirror's account the rights in scripts/sql/mirror-account.sql");
  }
}

// A mirror is left as it was until the first batch for it has come.
void Applier::make_room() {
  if (bookkeeping_.has_schema()) return;
  create_schema();
  prepare();
}

ApplyResult Applier::apply(Batch& batch, bool largest) {
  hold_.whatever_blocks = largest;
  refuse_foreign(batch);
  make_room();
  merging_ = true;
  counts_before_ = {};
  refused_before_ = 0;
  for (int attempt = 1;; ++attempt) {
    try {
      ApplyResult result = apply_once(batch);
      result.counts += counts_before_;
      result.refused += refused_before_;
      result.advanced = result.advanced || counts_before_.received > 0;
      return result;
    } catch (const PlanAnew&) {
      counts_before_ += journal_.counts();
      refused_before_ += journal_.refused();
      attempt = 0;
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
  guard_.reset();
  forget_values();
  try {
    connection_.allow_multi_statements(true);
    connection_.execute("ROLLBACK");
    leave_engine_keys();
    forget_next_id();
    context_.forget();
    prepare();
  } catch (const mysql::SqlError&) {
    // The mirror is gone, or refuses this too: the next run begins with it.
  }
}

// Takes back what the failed attempt did, and reads from the mirror where it stands.
void Applier::start_again() {
  pipeline_.reset();
  guard_.reset();
  forget_values();
  connection_.allow_multi_statements(true);
  connection_.execute("ROLLBACK");
  leave_engine_keys();
  forget_next_id();
  context_.forget();
  prepare();
}

void Applier::refuse_foreign(const Batch& batch) const {
  const std::string why = foreign_because(checkpoint_.source_id, checkpoint_.signs, batch.header);
  if (!why.empty()) throw ForeignSourceError(why);
}

PlannerOptions Applier::planner_options(const Batch& batch) {
  PlannerOptions options;
  const auto& globals = batch.header.source.globals;
  const auto value = [&](const char* name) {
    const auto found = globals.find(name);
    return found == globals.end() ? std::string() : found->second;
  };
  options.defaults.sql_mode = value("sql_mode");
  options.defaults.charset = value("character_set_client");
  options.defaults.autocommit = value("autocommit") != "OFF" && value("autocommit") != "0";
  options.lower_case_names =
      !value("lower_case_table_names").empty() && value("lower_case_table_names") != "0";
  const auto disabled = globals.find("log_disabled_statements");
  options.defaults.calls_logged =
      disabled != globals.end() && disabled->second.find("sp") == std::string::npos;
  if (!programs_) {
    programs_ =
        std::make_shared<const StoredPrograms>(read_stored_programs(connection_, options.lower_case_names));
    context_.forget();
  }
  options.programs = programs_;
  options.databases = databases_;
  if (databases_.empty()) options.databases = {batch.header.databases.begin(), batch.header.databases.end()};
  options.hold = hold_;
  if (bookkeeping_.has_schema()) options.held = held_.load();
  options.absent = absent_schemas(batch, options);
  return options;
}

// Those mirrored schemas which are not there: not those that the mirror's account may not see.
std::set<std::string> Applier::absent_schemas(const Batch& batch, const PlannerOptions& options) {
  std::set<std::string> out;
  for (const std::string& name : options.databases.empty() ? schemas_turned_to(batch) : options.databases) {
    try {
      connection_.execute("USE " + sql::quote_identifier(name));
    } catch (const mysql::SqlError& error) {
      if (error.connection_is_gone()) throw;
      if (error.code() == mysql::kUnknownDatabase) out.insert(name);
    }
  }
  context_.forget();
  return out;
}

void Applier::take_over_globals(const Batch& batch) {
  const SourceInfo& source = batch.header.source;
  const bool same_server = dialect_.source() == parse_version(source.server_version);
  if (!context_.base().empty() && same_server && globals_ == source.globals) return;
  globals_ = source.globals;
  dialect_ = Dialect(dialect_facts(connection_, source));
  context_.set_base(make_base(connection_, globals_, dialect_));
  context_.forget();
  source_keys_by_engine_ = keys_by_engine(sql::ServerVersion::parse(source.server_version));
  keys_before_ids_ = two_ways_ = checks_keys_before_ids(connection_);
  learn_of_schema();
}

void Applier::learn_of_schema() {
  fractions_matter_ = fractions_matter(connection_);
  all_transactional_ = !has_non_transactional_tables(connection_);
  merge_tables_.forget();
  table_keys_.forget();
  routines_.forget();
  bodies_.forget();
  behind_.clear();
  programs_.reset();
}

ApplyResult Applier::apply_once(Batch& batch) {
  if (checkpoint_.cursor && !leave_out_applied(batch, *checkpoint_.cursor)) {
    ApplyResult nothing;
    nothing.held = held_.summary();
    return nothing;
  }
  if (!batch.events.empty()) take_kept_out(batch);
  take_over_globals(batch);
  batch_ = &batch;
  checkpoint_.source_id = batch.header.source.id;
  options_ = planner_options(batch);
  checkpoint_.sessions.set_defaults(options_.defaults);
  adopt_live_databases(batch, checkpoint_.sessions);
  plan_ = make_plan(batch, checkpoint_.sessions, options_);
  // A session has ended, and what was set aside for it runs.
  if (batch.events.empty() && !plan_.held_steps.empty()) take_kept_out(batch);
  std::vector<std::size_t> under_way;
  if (copied_) under_way = leave_out_copied(plan_, batch, *copied_);

  const Cursor reached = batch.cursor_before(plan_.watermark);
  ApplyResult result;
  result.open_transactions = plan_.open_transactions;
  result.events_left = batch.events.size() - plan_.watermark;
  if (plan_.watermark > 0) result.last_event = batch.events[plan_.watermark - 1].time;
  result.advanced = !checkpoint_.cursor || !checkpoint_.cursor->same_place(reached);
  if (!result.advanced && !batch.header.gap && plan_.held_steps.empty()) {
    result.held = held_.summary();
    return result;
  }

  journal_.begin(batch);
  learned_mode_.reset();
  batch_ends_ = false;
  texts_.clear();
  taking_ids_.clear();
  undoing_.reset();
  undone_ids_.clear();
  merged_ = {};
  merged_rows_.clear();
  // To take a merge back is to run everything again, and a temporary table that was dropped is gone.
  if (!plan_allows_merging(plan_) || !temporaries_.empty() || !plan_.held_steps.empty()) merging_ = false;
  plan_values();
  journal_.calls_may_take_rows(bodies_.mention("replace") || bodies_.mention("delete") ||
                               bodies_.mention("execute"));
  pipeline_ = std::make_unique<Pipeline>(
      connection_, context_,
      [this](std::size_t number, const mysql::StatementResult& r) { on_result(number, r); });
  zone_changed_ = time_zone_changed(checkpoint_.signs, batch.header);
  find_doubts(batch);
  suspect_counters(under_way);
  begin_archive();
  begin();
  run_plan();
  for (const std::uint64_t thread : plan_.ended) {
    end_temporaries(thread);
    checkpoint_.sessions.end(thread);
  }
  pipeline_->flush();
  checkpoint_.sessions.set_server_started(plan_.server_started);
  checkpoint_.sessions.set_log_time(plan_.log_time);
  if (batch.header.gap) {
    journal_.suspect_all(std::string(kGapSuspect) + " up to " + batch.header.gap->resumes_at.text(),
                         batch.header.gap->after.text());
  }
  Counted counted = compare_counters(checkpoint_.signs.count, batch.header, reached);
  if (counted.missing) {
    journal_.suspect_all(std::string(kGapSuspect) + ": " + text_of(*counted.missing),
                         batch.header.next.text());
  }
  result.missing = std::move(counted.missing);
  checkpoint_.signs = signs_behind(checkpoint_.signs, batch.header, result.events_left == 0);
  checkpoint_.signs.count = std::move(counted.state);
  keep_in_flight(result.events_left == 0);
  pass_markers();
  checkpoint_.cursor = reached;
  checkpoint_.statements_done = 0;
  batch_ends_ = true;
  commit(result.events_left == 0);
  leave_engine_keys();
  result.counts = journal_.counts();
  result.refused = journal_.refused();
  result.held = held_.summary();
  pipeline_.reset();
  return result;
}

void Applier::run_plan() {
  auto step = plan_.held_steps.begin();
  for (std::size_t number = 0; number < plan_.units.size(); ++number) {
    const Unit& unit = plan_.units[number];
    const bool done = unit.ordinal < checkpoint_.statements_done && checkpoint_.cursor &&
                      checkpoint_.cursor->same_place(batch_->cursor_before(unit.event));
    for (; step != plan_.held_steps.end() && step->unit <= number; ++step) {
      if (done) continue;
      end_undo();
      carry_out(*step, number);
    }
    if (!done) handle(number);
  }
  end_undo();
  for (; step != plan_.held_steps.end(); ++step) carry_out(*step, plan_.units.size());
  write_held();
  send_merged();
  pipeline_->flush();
}

void Applier::handle(std::size_t number) {
  const Unit& unit = plan_.units[number];
  const Event& event = event_of(unit);
  if (unit.is_statement) checkpoint_.sessions.observe(event);
  if (undoing_ && !keeps_undo(unit)) end_undo();
  if (unit.treatment == Treatment::hold) {
    hold(number);
    return observe(unit);
  }
  journal_.received(unit);
  if (!unit.is_statement) {
    if (event.command != Command::init_db) {
      end_temporaries(event.thread_id);
      end_values(event);
    }
    if (unit.refused) {
      checkpoint_.sessions.stay(event.thread_id);
    } else {
      checkpoint_.sessions.observe(event);
    }
    if (unit.treatment == Treatment::refuse)
      return journal_.refuse(unit, "a command of the protocol that is not understood");
    journal_.count(Outcome::ignored);
    return;
  }
  if (!unit.suspicion.empty() && unit.treatment != Treatment::ignore)
    journal_.suspect(unit, std::string(unit.suspicion));
  switch (unit.treatment) {
    case Treatment::hold:
    case Treatment::ignore:
      journal_.count(Outcome::ignored);
      break;
    case Treatment::skip_rolled_back:
      if (sets_of(number) != SetsInsertId::never) {
        send_merged();
        pipeline_->flush();
        insert_ids_.lose(event.thread_id);
      }
      journal_.count(Outcome::rolled_back);
      break;
    case Treatment::withhold:
      if (unit.statement.cls == sql::StatementClass::administration) {
        for (const sql::Assignment& one :
             sql::parse_assignments(unit.statement.text, unit.lexer).value_or(std::vector<sql::Assignment>()))
          note_hidden(number, one);
      }
      journal_.withhold(unit, to_string(unit.reason));
      break;
    case Treatment::refuse:
      journal_.refuse(unit, why_refused(unit));
      suspect_inner_of(number, "changed by a function of a statement that was not run");
      break;
    case Treatment::inner:
      if (unit.doubtful)
        journal_.suspect(unit, "taken for a trigger's or function's statement, but may be the client's own");
      journal_.count(Outcome::inner);
      break;
    case Treatment::set_state:
      set_state(number);
      break;
    case Treatment::run_and_undo:
      arrange_keys(number);
      if (arrange_temporaries(number)) run_and_undo(number);
      break;
    case Treatment::run: {
      arrange_keys(number);
      if (!arrange_temporaries(number)) break;
      if (writes_own_temporaries(unit) || unit.statement.temporary) {
        run_on_temporaries(number);
        if (unit.statement.commits && unit.statement.verb != sql::Verb::drop_table) return;
        break;
      }
      const Ruling ruling = retention_.rule(unit.statement);
      const bool drops = unit.statement.verb == sql::Verb::drop_table;
      if (ruling.action == Ruling::Action::withhold) {
        if (drops) drop_own_temporaries(unit);
        journal_.withhold(unit, ruling.reason);
        suspect_inner_of(number, "changed by a trigger of a statement that was withheld");
      } else if (unit.statement.commits) {
        run_schema_change(number);
        if (drops) drop_own_temporaries(unit);
        return;
      } else if (unit.statement.verb == sql::Verb::call) {
        return run_opaque(number);
      } else if (const RowIds ids = ids_to_watch(unit); !ids.empty()) {
        return run_replace(number, ids);
      } else {
        run(number, false);
      }
      break;
    }
  }
  if (unit.statement.release) end_temporaries(event.thread_id);
  observe(unit);
  if (learned_mode_) {
    Session& session = checkpoint_.sessions.at(event.thread_id);
    session.sql_mode = std::move(*learned_mode_);
    session.sql_mode_known = true;
    learned_mode_.reset();
  }
}

// A held statement's session is not at its place any more.
void Applier::observe(const Unit& unit) {
  if (unit.held) return;
  const std::uint64_t thread = event_of(unit).thread_id;
  const bool of_body = unit.treatment == Treatment::inner || unit.reason == Reason::unknown_body;
  if (unit.refused) return checkpoint_.sessions.stay(thread);
  if (!of_body) checkpoint_.sessions.observe(thread, unit.statement);
  if (unit.call) checkpoint_.sessions.called(thread, *unit.call);
  checkpoint_.sessions.observe(thread, unit.note.get());
}

// The statement did not run here, and so neither did what it ran in production.
void Applier::suspect_inner_of(std::size_t number, const std::string& reason) {
  if (number >= plan_.units.size() || !plan_.units[number].note) return;
  const std::uint64_t thread = event_of(plan_.units[number]).thread_id;
  for (std::size_t i = number + 1; i < plan_.units.size(); ++i) {
    const Unit& unit = plan_.units[i];
    if (event_of(unit).thread_id != thread) continue;
    if (unit.treatment != Treatment::inner) return;
    if (!unit.statement.writes.empty()) journal_.suspect_unseen(unit, reason);
  }
}

void Applier::move_checkpoint_behind(std::size_t number) {
  const Unit& unit = unit_at(number);
  if (unit.held) return;  // it runs before the unit that ends its transaction, where the checkpoint is
  const bool more_of_event = number + 1 < plan_.units.size() && plan_.units[number + 1].event == unit.event;
  checkpoint_.cursor = batch_->cursor_before(more_of_event ? unit.event : unit.event + 1);
  checkpoint_.statements_done = more_of_event ? unit.ordinal + 1 : 0;
}

std::size_t Applier::packet_of(std::size_t number) const {
  if (number >= plan_.units.size()) return kNoUnit;  // a held one goes alone
  const std::uint32_t event = plan_.units[number].event;
  const bool shared = plan_.units[number].ordinal > 0 ||
                      (number + 1 < plan_.units.size() && plan_.units[number + 1].event == event);
  return shared ? event : kNoUnit;
}

// A packet ended at a statement that failed. A COMMIT behind it never came about, and the log does not say
// so.
void Applier::suspect_packet(std::uint32_t event) {
  const auto of_event = [](const Unit& unit, std::uint32_t wanted) { return unit.event < wanted; };
  for (auto unit = std::lower_bound(plan_.units.begin(), plan_.units.end(), event, of_event);
       unit != plan_.units.end() && unit->event == event; ++unit) {
    if (!unit->statement.writes.empty())
      journal_.suspect_unseen(*unit, "in a packet of which a statement failed");
  }
}

void Applier::on_result(std::size_t number, const mysql::StatementResult& result) {
  if (number == kNoUnit) {
    if (result.error != 0) throw Error(ExitCode::mirror_unreachable, "the mirror refused: " + result.message);
    return;
  }
  const Unit& unit = unit_at(number);
  const bool taking_ids = unit.treatment == Treatment::hold;
  const bool guarded = guard_ && TableGuard::is_refusal(result.error);
  const bool undo = unit.treatment == Treatment::run_and_undo || taking_ids;
  const auto merged = merged_rows_.find(number);
  const std::size_t rows = merged == merged_rows_.end() ? 1 : merged->second.units.size();
  if (result.error == kNotReached) {
    if (hides_earlier_ids(number)) throw MergeError();
    journal_.suspect_unseen(unit, "behind a statement of its packet that failed");
    if (taking_ids) return;
    return journal_.count(undo ? Outcome::rolled_back : Outcome::ignored);
  }
  if (result.error != 0) {
    kept_rows_.failed(number);
    if (packet_of(number) != kNoUnit) suspect_packet(unit.event);
    const ErrorKind kind = kind_of(result.error);
    if (kind == ErrorKind::passing && !guarded) throw PassingError(result.message);
    const bool of_archive = archiver_ && archiver_->concerns_archive(result.message);
    if (kind == ErrorKind::mirror || of_archive) {
      throw Error(
          ExitCode::mirror_unreachable,
          "the mirror refused a statement (error " + std::to_string(result.error) + "): " + result.message,
          "nothing of the transaction under way was kept; mend the mirror and run dw-load again");
    }
    if (rows > 1 || hides_earlier_ids(number)) throw MergeError();
    if (result.error == kNoParentRow) take_lost_ids(number, result.message);
    if (undo && !taking_ids && !writes_own_temporaries(unit)) {
      journal_.suspect_counters(unit, kTakenBack);
      doubt_counters(unit);
    }
  }
  if (result.error == 0 && result.warnings > 0) note_ignored_parents(unit);
  note_results(number, result);
  if (unit.treatment == Treatment::run_and_undo && result.insert_id != 0)
    undone_ids_[number] = result.insert_id;
  const std::size_t last = merged == merged_rows_.end() ? number : merged->second.last;
  for (std::size_t i = number; i <= last; ++i) {
    if (!is_of_session(unit_at(i))) continue;
    const Treatment treatment = unit_at(i).treatment;
    const bool not_run = treatment == Treatment::ignore || treatment == Treatment::inner;
    if (!not_run) told_values(i, result.error != 0);
  }
  if (taking_ids) {
    const auto waiting = taking_ids_.find(number);
    if (waiting != taking_ids_.end() && result.error == 0) waiting->second->insert_id = result.insert_id;
    return;
  }
  // What ROLLBACK leaves standing was not done here.
  if (result.error != 0 && (!undo || !all_transactional_)) {
    suspect_inner_of(number, "changed by a trigger of a statement that failed here");
    note_refused_parent(unit, result.error);
    if (guarded) return journal_.refuse(unit, kTakesUnknown);
    return journal_.fail(unit, result.error, result.message);
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
  take_back_next_id();
  settle_kept();
  write_held();
  insert_ids_.save(connection_, checkpoint_.sessions);
  user_variables_.save(connection_, checkpoint_.sessions);
  if (before_commit_) before_commit_(journal_.pending(batch_ends_));
  journal_.write(bookkeeping_, table_keys_, complete);
  auto_increments_.record();
  bookkeeping_.save_checkpoint(checkpoint_);
  connection_.execute("COMMIT");
  temporaries_.committed();
}

}  // namespace dw::load
