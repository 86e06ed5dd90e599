#include "loader/sync.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <thread>

#include "common/util/clock.h"
#include "loader/accept_source.h"
#include "loader/apply/applier.h"
#include "loader/hooks.h"
#include "loader/mirror_access.h"
#include "loader/net/source_client.h"
#include "loader/notify/notify.h"
#include "loader/puller.h"
#include "loader/report/run_end.h"
#include "loader/report/words.h"
#include "loader/reported_run.h"
#include "loader/retention/make_retention.h"
#include "loader/spool.h"
#include "loader/verify/named_tables.h"
#include "loader/verify/open_suspects.h"
#include "loader/verify/triggers_aside.h"
#include "loader/verify/verifier.h"
#include "loader/voice/progress.h"
#include "loader/voice/voice.h"

namespace dw::load {
namespace {

using Clock = std::chrono::steady_clock;

volatile std::sig_atomic_t stop_requested = 0;
void request_stop(int /*signal*/) {
  stop_requested = 1;
}

// A transaction of its own that fills a batch is set aside at once, and so is one that is open for long.
HoldRule hold_rule(const Config& config) {
  HoldRule rule;
  rule.after = config.hold_after_seconds * 1'000'000;
  rule.bytes = config.source.max_batch_bytes;
  return rule;
}

// The mirror, ready to be written to.
class Run {
 public:
  Run(const Config& config, Hooks& hooks)
      : retention_(make_retention(config.retention, config.archive)),
        mirror_(open_mirror(config)),
        applier_(mirror_, *retention_, {config.databases.begin(), config.databases.end()},
                 hold_rule(config)) {
    if (TriggersAside(mirror_).put_back()) mirror_.execute("SET NAMES utf8mb4");
    applier_.prepare();
    applier_.tell_before_commit(
        [&hooks](const PendingCommit& pending) { hooks.call_before_commit(pending); });
  }

  Applier& applier() { return applier_; }
  mysql::Connection& mirror() { return mirror_; }

 private:
  std::unique_ptr<Retention> retention_;
  mysql::Connection mirror_;
  Applier applier_;
};

std::string pulled_words(const RunReport& report) {
  std::string out = "pulled " + counted(report.batches, "batch", "batches") + ", " +
                    counted(report.counts.received, "statement");
  if (report.last_event != 0) out += ", up to " + second_text(report.last_event);
  return out;
}

void say_done(const RunReport& report, bool verbose) {
  say(summary(report));
  if (!verbose) return;
  std::array<char, 32> seconds{};
  std::snprintf(seconds.data(), seconds.size(), "%g", report.seconds);
  say(std::to_string(report.batches) + " batches from " + report.source_id + " in " + seconds.data() + " s" +
      (report.rotated ? "; the source's log was rotated" : ""));
}

BatchRequest first_request(const Applier& applier, const Config& config, const SyncOptions& options) {
  BatchRequest request;
  request.max_bytes = config.source.max_batch_bytes;
  request.after = applier.checkpoint().cursor;
  if (!request.after) {
    request.after = options.after;
    request.since = options.since;
  } else if (options.after || !options.since.empty()) {
    throw Error(ExitCode::usage, "this mirror has a checkpoint already (" + request.after->text() + ")",
                "--after and --since are for the first run of an empty mirror");
  }
  return request;
}

void call_before_begin(Hooks& hooks, const char* verb, const Applier& applier) {
  const Checkpoint& checkpoint = applier.checkpoint();
  hooks.call("before_begin", {{"verb", verb},
                              {"source", checkpoint.source_id},
                              {"cursor", checkpoint.cursor ? checkpoint.cursor->text() : ""}});
}

bool asked_to_stop() {
  return stop_requested != 0;
}

void take_over(const VerifyResult& result, RunReport& report) {
  report.rows_verified += result.rows;
  report.rows_mended += result.repaired;
  report.drifting_tables = result.drifting.size();
  report.gap_unproven = result.gap_open;
  for (const auto& [table, how] : result.drifting)
    report.drift_lines.push_back(table.schema + "." + table.table + " differs from production's: " + how);
}

// Looked up before anything is done: a word that names nothing is no reason to pull.
std::set<TableId> tables_to_verify(const Config& config, const SyncOptions& options,
                                   const SourceClient& source) {
  if (!options.verify || options.verify->tables.empty()) return {};
  std::set<TableId> known;
  const rows::Catalog catalog = parse_catalog(source.fetch_catalog());
  for (const rows::Table& table : catalog.tables) known.insert({table.schema, table.name});
  for (TableId& table :
       MirrorTables(config.mirror).tables({config.databases.begin(), config.databases.end()}))
    known.insert(std::move(table));
  return tables_named(options.verify->tables, known);
}

VerifyScope verify_scope(const VerifyConfig& config, const SyncOptions& options) {
  VerifyScope out;
  out.repair = options.verify ? options.verify->repair : config.repair;
  out.whole = options.verify.has_value();
  if (options.verify) out.repair_schema = options.verify->repair_schema;
  out.seconds = out.whole ? 0 : static_cast<double>(config.seconds);
  out.round = config.round_hours * kHour;
  return out;
}

// Suspects first, then what is due, or everything. `only`: these tables; empty: all. Without it a gap in the
// log stays open, and the run says so.
void verify(const Config& config, const SyncOptions& options, std::set<TableId> only, Run& run,
            Puller& puller, const SourceClient& source, Progress& progress, RunReport& report) {
  const Applier& applier = run.applier();
  const bool wanted = config.verify.in_sync || options.verify;
  if (!wanted || !report.log_enabled || applier.behind_copy() || !applier.checkpoint().cursor ||
      asked_to_stop()) {
    report.gap_unproven = !report.gap && !report.missing && gap_is_open(run.mirror());
    return;
  }
  VerifyScope scope = verify_scope(config.verify, options);
  scope.only = std::move(only);
  progress.update("comparing with production");
  scope.watch = [&](const VerifyResult& result, std::size_t tasks_left) {
    progress.update("comparing with production: " + counted(result.rows, "row") + ", " +
                    grouped(result.found) + " differed, " + counted(tasks_left, "piece") + " to go");
  };
  take_over(Verifier(config, run.applier(), puller, source).run(scope, asked_to_stop), report);
}

// What the mirror's connection holds of sessions that go on is kept for the next run. After an Error, too:
// the mirror may well be there, and another run comes.
void keep_temporaries(Run& run) {
  try {
    run.applier().keep_temporaries();
  } catch (const std::runtime_error& error) {
    warn(std::string("temporary tables could not be kept: ") + error.what());
  }
}

void put_kept_in(Run& run) {
  try {
    run.applier().put_kept_in();
  } catch (const std::runtime_error& error) {
    warn(std::string("rows that stay in place could not be put back, and are in the archive only: ") +
         error.what());
  }
}

void end(Run& run) {
  keep_temporaries(run);
  put_kept_in(run);
}

bool accept(Run& run, const SourceClient& source) {
  const std::string said = accept_source(run.applier(), source);
  say(said.empty() ? "the source is the one that this mirror follows: there is nothing to accept" : said);
  return !said.empty();
}

bool everything_is_suspect(const RunReport& report) {
  return report.suspects[static_cast<std::size_t>(SuspectScope::all)] > 0;
}

// What was committed before an error stays and is in the report.
void sync_once(const Config& config, const Spool& spool, const SyncOptions& options, Hooks& hooks,
               Statistics& statistics, RunReport& report) {
  Run run(config, hooks);
  const SourceClient source(config.source, statistics);
  std::set<TableId> only = tables_to_verify(config, options, source);
  call_before_begin(hooks, options.verify ? "verify" : "sync", run.applier());
  Progress progress("pulling what production logged");
  const bool accepted = options.accept_source && accept(run, source);
  Puller puller(run.applier(), spool, source, first_request(run.applier(), config, options),
                config.source.rotate, report, statistics);
  report.source_id = run.applier().checkpoint().source_id;
  try {
    while (stop_requested == 0 && puller.pull()) progress.update(pulled_words(report));
    verify(config, options, std::move(only), run, puller, source, progress, report);
  } catch (const Error&) {
    end(run);
    throw;
  }
  end(run);
  spool.prune(config.spool_days);
  report.suspects = run.applier().open_suspects();
  if (accepted && everything_is_suspect(report)) report.gap_unproven = true;
  report.exit_code = exit_code_of(report);
}

std::string read_timed(const std::filesystem::path& file, Statistics& statistics) {
  const Timed timed(&statistics, "spool");
  return read_batch_file(file);
}

Batch decode_batch_file(const std::filesystem::path& file, Statistics& statistics) {
  try {
    return decode_batch(read_timed(file, statistics), DigestRule::optional_if_absent);
  } catch (const Error& error) {
    throw Error(error.code(), file.string() + ": " + error.what(), error.hint());
  }
}

void apply_files(const Config& config, const std::vector<std::filesystem::path>& files, Hooks& hooks,
                 Statistics& statistics, RunReport& report) {
  // All files are read before any is applied: a damaged one stops the run with nothing half done.
  for (const auto& file : files) decode_batch_file(file, statistics);
  Run run(config, hooks);
  call_before_begin(hooks, "apply", run.applier());
  Batch batch;  // with what the one before left behind its watermark
  Progress progress("applying");
  for (const auto& file : files) {
    progress.update("applying " + file.filename().string() + ", " + pulled_words(report) + " before");
    Batch next = decode_batch_file(file, statistics);
    if (run.applier().knows(next)) {
      say(file.string() + " was applied before; nothing changed");
      continue;
    }
    const bool follows =
        report.events_left > 0 && next.header.after && next.header.after->same_place(batch.header.next);
    if (follows) {
      append_batch(batch, std::move(next));
    } else {
      batch = std::move(next);
    }
    account_for(batch, run.applier().apply(batch), report);
  }
  end(run);
  report.suspects = run.applier().open_suspects();
  report.exit_code = exit_code_of(report);
}

ExitCode finish(const Config& config, RunReport& report, bool verbose, Notifier& notifier, Hooks& hooks) {
  report.warnings = warnings_of(report);
  for (const std::string& line : report.warnings) warn(line);
  if (report.error.empty()) {
    say_done(report, verbose);
  } else {
    say_error(report.error);
  }
  // A second run under cron is no failure worth a message: the first one will report.
  if (report.exit_code == ExitCode::locked) return report.exit_code;
  note_run_end(config, report, warn);
  report.last_lines = last_lines();
  notifier.ended(report);
  try {
    hooks.call("after_finish", report_json(report));
  } catch (const Error& error) {
    warn(error.line());
    return report.exit_code == ExitCode::done ? error.code() : report.exit_code;
  }
  return report.exit_code;
}

bool may_pass(ExitCode code) {
  return code == ExitCode::done || code == ExitCode::gap || code == ExitCode::needs_eyes ||
         code == ExitCode::source_unreachable || code == ExitCode::mirror_unreachable ||
         code == ExitCode::locked;
}

void pause(unsigned seconds, Statistics& statistics) {
  const Timed timed(&statistics, "sleep");
  const auto until = Clock::now() + std::chrono::seconds(seconds);
  while (stop_requested == 0 && Clock::now() < until)
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
}

ExitCode dry_run(const Config& config, const SyncOptions& options, Hooks& hooks, Statistics& statistics) {
  const Progress progress("planning the next batch");
  Run run(config, hooks);
  const SourceClient source(config.source, statistics);
  const BatchRequest request = first_request(run.applier(), config, options);
  const Batch batch = decode_batch(source.fetch_batch(request));
  const Plan plan =
      make_plan(batch, run.applier().checkpoint().sessions, run.applier().planner_options(batch));
  std::size_t runs = 0;
  std::size_t withheld = 0;
  std::size_t held = 0;
  const auto retention = make_retention(config.retention, config.archive);
  for (const Unit& unit : plan.units) {
    const bool would_run = unit.treatment == Treatment::run;
    const bool kept_back = would_run && retention->rule(unit.statement).action == Ruling::Action::withhold;
    held += unit.treatment == Treatment::hold ? 1U : 0U;
    runs += would_run && !kept_back ? 1U : 0U;
    withheld += kept_back || unit.treatment == Treatment::withhold ? 1U : 0U;
  }
  say("dry run: the next batch has " + std::to_string(batch.events.size()) + " events; " +
      std::to_string(runs) + " statements would run, " + std::to_string(withheld) + " would be withheld, " +
      std::to_string(held) + " set aside, " + std::to_string(plan.open_transactions) +
      " transactions are open" + (batch.header.more ? "; more batches follow" : ""));
  return ExitCode::done;
}

}  // namespace

ExitCode run_sync(const Config& config, const SyncOptions& options, Statistics& statistics) {
  Hooks hooks(config.hooks, statistics, warn);
  if (options.dry_run) {
    const HeldSpool held(config.spool_dir);
    return dry_run(config, options, hooks, statistics);
  }
  std::signal(SIGTERM, request_stop);
  std::signal(SIGINT, request_stop);
  Notifier notifier(config, statistics, warn);
  std::optional<HeldSpool> held;
  RunReport beginning;
  run_reported(beginning, [&] { held.emplace(config.spool_dir); });
  if (!held) return finish(config, beginning, options.verbose, notifier, hooks);
  SyncOptions once = options;
  for (;;) {
    RunReport report;
    forget_last_lines();
    notifier.started();
    run_reported(report, [&] { sync_once(config, held->spool(), once, hooks, statistics, report); });
    once.accept_source = false;
    if (config.media) report.media = read_media_result(*config.media);
    const ExitCode code = finish(config, report, options.verbose, notifier, hooks);
    if (!options.follow_seconds || !may_pass(code)) return code;
    pause(*options.follow_seconds, statistics);
    if (stop_requested != 0) return code;
  }
}

ExitCode run_apply(const Config& config, const std::vector<std::filesystem::path>& files, bool verbose,
                   Statistics& statistics) {
  Notifier notifier(config, statistics, warn);
  Hooks hooks(config.hooks, statistics, warn);
  std::optional<HeldSpool> held;  // until all are told
  RunReport report;
  run_reported(report, [&] {
    held.emplace(config.spool_dir);
    apply_files(config, files, hooks, statistics, report);
  });
  return finish(config, report, verbose, notifier, hooks);
}

}  // namespace dw::load
