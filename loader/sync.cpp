#include "loader/sync.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <iostream>
#include <thread>

#include "common/util/files.h"
#include "loader/apply/applier.h"
#include "loader/hooks.h"
#include "loader/mirror_access.h"
#include "loader/net/source_client.h"
#include "loader/notify/notify.h"
#include "loader/retention/make_retention.h"
#include "loader/spool.h"

namespace dw::load {
namespace {

using Clock = std::chrono::steady_clock;

// What ends behind a batch cannot be judged from it; the request then grows, up to this.
constexpr std::size_t kLargestRequest = 256U << 20U;

volatile std::sig_atomic_t stop_requested = 0;
void request_stop(int /*signal*/) {
  stop_requested = 1;
}

void warn(const std::string& line) {
  std::cerr << "dw-load: " << line << '\n';
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
    applier_.prepare();
    applier_.tell_before_commit(
        [&hooks](const PendingCommit& pending) { hooks.call_before_commit(pending); });
  }

  Applier& applier() { return applier_; }

 private:
  std::unique_ptr<Retention> retention_;
  mysql::Connection mirror_;
  Applier applier_;
};

void account_for(const Batch& batch, const ApplyResult& result, RunReport& report) {
  ++report.batches;
  report.counts += result.counts;
  report.refused += result.refused;
  report.source_id = batch.header.source.id;
  report.events_left = result.events_left;
  report.open_transactions = result.open_transactions;
  report.held_transactions = result.held.transactions;
  report.held_since = result.held.since;
  report.log_enabled = batch.header.log_enabled;
  if (batch.header.gap) report.gap = batch.header.gap;
  if (result.last_event != 0) report.last_event = result.last_event;
  const bool at_the_end = !batch.header.more && result.events_left == 0;
  report.lag = at_the_end ? 0 : std::max<Micros>(0, batch.header.made - report.last_event);
}

ExitCode exit_code_of(const RunReport& report) {
  if (report.gap || !report.log_enabled) return ExitCode::gap;
  return report.refused > 0 ? ExitCode::needs_eyes : ExitCode::done;
}

std::vector<std::string> warnings_of(const RunReport& report) {
  std::vector<std::string> out;
  if (report.gap) {
    out.push_back(
        "gap in the log: what came after " + format_time(report.gap->after.time) + " and before " +
        format_time(report.gap->resumes_at.time) +
        " was rotated away: every table is suspect; pull more often, or let dw-load do the rotating");
  }
  if (report.refused > 0) {
    out.push_back(std::to_string(report.refused) +
                  " statements were not understood and not run: look at error 0 in dw_meta.failures; their "
                  "tables are suspect");
  }
  if (!report.log_enabled) {
    out.emplace_back(
        "the source's general log is off, or does not go where dw-extract reads it: dw-extract check tells "
        "what to set there");
  }
  return out;
}

void say_done(const RunReport& report, bool verbose) {
  std::cout << "dw-load: " << summary(report) << '\n';
  if (verbose) {
    std::cout << "dw-load: " << report.batches << " batches from " << report.source_id << " in "
              << report.seconds << " s" << (report.rotated ? "; the source's log was rotated" : "") << '\n';
  }
  std::cout.flush();
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

// One batch, from the source's answer to the mirror. Gives whether another pull makes sense at once.
bool pull_one(Run& run, const Spool& spool, const SourceClient& source, BatchRequest& request, bool rotate,
              RunReport& report, Statistics& statistics) {
  const std::string text = source.fetch_batch(request);
  Batch batch = decode_batch(text);
  if (request.after && !(batch.header.after && batch.header.after->same_place(*request.after))) {
    throw Error(ExitCode::failed, "the source answered with a batch for another place than was asked for",
                "check that source.url leads to dw-extract and that nothing caches its answers");
  }
  if (!batch.events.empty() || batch.header.gap) {
    const Timed timed(&statistics, "spool");
    spool.save(batch, text);
  }
  const ApplyResult result = run.applier().apply(batch, request.max_bytes >= kLargestRequest);
  account_for(batch, result, report);
  // What the mirror has durably applied is what the source may let go.
  const auto& reached = run.applier().checkpoint().cursor;
  if (rotate && batch.header.rotation_due && reached)
    report.rotated = source.rotate(*reached) || report.rotated;
  const bool stuck = batch.header.more && !result.advanced;
  request.max_bytes = stuck ? std::min(kLargestRequest, request.max_bytes * 4) : request.max_bytes;
  if (reached) request.after = reached;
  request.since.clear();
  return batch.header.more;
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

void fail(RunReport& report, const Error& error) {
  report.exit_code = error.code();
  report.error = error.line();
}

// An Error ends the run; what was committed before stays and is in the report.
void sync_once(const Config& config, const Spool& spool, const SyncOptions& options, Hooks& hooks,
               Statistics& statistics, RunReport& report) {
  const auto started = Clock::now();
  try {
    Run run(config, hooks);
    call_before_begin(hooks, "sync", run.applier());
    const SourceClient source(config.source, statistics);
    BatchRequest request = first_request(run.applier(), config, options);
    report.source_id = run.applier().checkpoint().source_id;
    try {
      while (stop_requested == 0 &&
             pull_one(run, spool, source, request, config.source.rotate, report, statistics)) {
      }
    } catch (const Error&) {
      end(run);
      throw;
    }
    end(run);
    spool.prune(config.spool_days);
    report.suspects = run.applier().open_suspects();
    report.exit_code = exit_code_of(report);
  } catch (const ForeignSourceError& error) {
    report.identity_changed = true;
    fail(report, error);
  } catch (const Error& error) {
    fail(report, error);
  } catch (const mysql::SqlError& error) {
    fail(report, Error(ExitCode::mirror_unreachable, std::string("the mirror failed: ") + error.what(),
                       "nothing half done; run dw-load again"));
  }
  report.seconds = std::chrono::duration<double>(Clock::now() - started).count();
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

ExitCode finish(RunReport& report, bool verbose, Notifier& notifier, Hooks& hooks) {
  report.warnings = warnings_of(report);
  for (const std::string& line : report.warnings) warn(line);
  if (report.error.empty()) {
    say_done(report, verbose);
  } else {
    warn(report.error);
  }
  // A second run under cron is no failure worth a message: the first one will report.
  if (report.exit_code == ExitCode::locked) return report.exit_code;
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
  std::cout << "dw-load: dry run: the next batch has " << batch.events.size() << " events; " << runs
            << " statements would run, " << withheld << " would be withheld, " << held << " set aside, "
            << plan.open_transactions << " transactions are open"
            << (batch.header.more ? "; more batches follow" : "") << '\n';
  return ExitCode::done;
}

}  // namespace

ExitCode run_sync(const Config& config, const SyncOptions& options, Statistics& statistics) {
  const Spool spool(config.spool_dir);
  const FileLock lock = lock_spool(spool);
  Hooks hooks(config.hooks, statistics, warn);
  if (options.dry_run) return dry_run(config, options, hooks, statistics);
  std::signal(SIGTERM, request_stop);
  std::signal(SIGINT, request_stop);
  Notifier notifier(config, statistics, warn);
  for (;;) {
    RunReport report;
    notifier.started();
    sync_once(config, spool, options, hooks, statistics, report);
    if (config.media) report.media = read_media_result(*config.media);
    const ExitCode code = finish(report, options.verbose, notifier, hooks);
    if (!options.follow_seconds || !may_pass(code)) return code;
    pause(*options.follow_seconds, statistics);
    if (stop_requested != 0) return code;
  }
}

ExitCode run_apply(const Config& config, const std::vector<std::filesystem::path>& files, bool verbose,
                   Statistics& statistics) {
  const Spool spool(config.spool_dir);
  const FileLock lock = lock_spool(spool);
  Notifier notifier(config, statistics, warn);
  Hooks hooks(config.hooks, statistics, warn);
  RunReport report;
  const auto started = Clock::now();
  try {
    // All files are read before any is applied: a damaged one stops the run with nothing half done.
    for (const auto& file : files) decode_batch_file(file, statistics);
    Run run(config, hooks);
    call_before_begin(hooks, "apply", run.applier());
    Batch batch;  // with what the one before left behind its watermark
    for (const auto& file : files) {
      Batch next = decode_batch_file(file, statistics);
      if (run.applier().knows(next)) {
        std::cout << "dw-load: " << file.string() << " was applied before; nothing changed\n";
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
  } catch (const ForeignSourceError& error) {
    report.identity_changed = true;
    fail(report, error);
  } catch (const Error& error) {
    fail(report, error);
  } catch (const mysql::SqlError& error) {
    fail(report, Error(ExitCode::mirror_unreachable, std::string("the mirror failed: ") + error.what(),
                       "nothing half done; run dw-load again"));
  }
  report.seconds = std::chrono::duration<double>(Clock::now() - started).count();
  return finish(report, verbose, notifier, hooks);
}

}  // namespace dw::load
