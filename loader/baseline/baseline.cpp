#include "loader/baseline/baseline.h"

#include <chrono>
#include <thread>

#include "loader/baseline/adoption.h"
#include "loader/baseline/copier.h"
#include "loader/baseline/log_place.h"
#include "loader/mirror_access.h"
#include "loader/net/source_client.h"
#include "loader/notify/notify.h"
#include "loader/reported_run.h"
#include "loader/sync.h"
#include "loader/voice/progress.h"
#include "loader/voice/voice.h"

namespace dw::load {
namespace {

constexpr auto kPause = std::chrono::seconds(1);
constexpr int kMostChanges = 20;  // of tables, behind the opening of one snapshot after the other

class Baseline {
 public:
  Baseline(const Config& config, Statistics& statistics)
      : config_(config),
        client_(config.source, statistics),
        mirror_(open_mirror(config)),
        state_(begin_or_go_on()),
        copier_(mirror_, state_, is_new_, progress_) {}

  ExitCode run() {
    const auto start = std::chrono::steady_clock::now();
    copy();
    copier_.finish(replay_start(client_, state_.markers.front()));
    for (const Refused& one : copier_.refused())
      say("the mirror refused " + one.what + " of " + one.schema + ": " + one.message);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    say("copied " + std::to_string(state_.tables.size()) + " tables, " + std::to_string(copier_.rows()) +
        " rows, " + std::to_string(copier_.bytes() / 1'000'000) + " MB in " +
        std::to_string(static_cast<long>(seconds)) + " s; now run dw-load sync");
    return copier_.refused().empty() ? ExitCode::done : ExitCode::needs_eyes;
  }

 private:
  CopyState begin_or_go_on() {
    refuse_if_follows(mirror_);
    const auto state = CopyStateStore(mirror_).load();
    is_new_ = !state;
    return state.value_or(CopyState());
  }

  // One snapshot after the other until all is there. Those that end early get a few attempts, as long as no
  // row comes of them.
  void copy() {
    int attempts = 0;
    int changes = 0;
    while (!copier_.all_copied() || !copier_.header()) {
      const std::uint64_t before = copier_.rows();
      const std::string place = copier_.next_place();
      SnapshotLines lines(copier_);
      try {
        client_.fetch_snapshot(place, [&](std::string_view bytes) { lines.feed(bytes); });
        if (lines.complete()) continue;
        throw Error(ExitCode::source_unreachable, "the source broke off its snapshot",
                    "its web server's error log says why");
      } catch (const TableChanged&) {
        copier_.abandon();
        if (++changes > kMostChanges)
          throw Error(ExitCode::failed, "production keeps changing its tables",
                      "try again when that has ended");
      } catch (const Error& error) {
        if (error.code() != ExitCode::source_unreachable) throw;
        copier_.abandon();
        attempts = copier_.rows() == before ? attempts + 1 : 1;
        if (attempts >= config_.source.attempts) throw;
        say(error.line() + "; going on");
        std::this_thread::sleep_for(kPause);
      }
    }
  }

  const Config& config_;
  SourceClient client_;
  mysql::Connection mirror_;
  bool is_new_ = true;
  Progress progress_{"asking production for a snapshot"};
  CopyState state_;
  Copier copier_;
};

ExitCode copy(const Config& config, const BaselineOptions& options, Statistics& statistics) {
  try {
    if (!options.adopt.empty()) return run_adoption(config, options.adopt, statistics);
    if (!options.dump.file.empty()) return run_dump_baseline(config, options.dump, statistics);
    return Baseline(config, statistics).run();
  } catch (const mysql::SqlError& error) {
    throw Error(ExitCode::mirror_unreachable, std::string("the mirror failed: ") + error.what(),
                "run dw-load baseline again: it goes on where it was");
  }
}

// It may take hours, and nobody watches: its beginning and its end are told as those of any run.
RunReport told_copy(const Config& config, const BaselineOptions& options, Statistics& statistics) {
  Notifier notifier(config, statistics, warn);
  std::optional<HeldSpool> held;  // until that is told
  RunReport report;
  run_reported(report, [&] {
    held.emplace(config.spool_dir);
    notifier.started();
    report.exit_code = copy(config, options, statistics);
    report.other_work = "the first copy is there; now run dw-load sync";
  });
  if (!report.error.empty()) say_error(report.error);
  if (report.exit_code == ExitCode::locked) return report;
  report.last_lines = last_lines();
  notifier.ended(report);
  return report;
}

}  // namespace

void refuse_if_follows(mysql::Connection& mirror) {
  Bookkeeping bookkeeping(mirror);
  const bool follows = bookkeeping.has_checkpoint() && bookkeeping.load_checkpoint();
  const auto state = CopyStateStore(mirror).load();
  if (!follows && !(state && state->finished)) return;
  throw Error(ExitCode::usage, "this mirror follows production already",
              "run dw-load sync; to begin anew, drop its schemas and dw_meta there");
}

ExitCode run_baseline(const Config& config, const BaselineOptions& options, Statistics& statistics) {
  const RunReport copied = told_copy(config, options, statistics);
  if (options.adopt.empty() || !copied.error.empty()) return copied.exit_code;
  SyncOptions verify;
  verify.verify.emplace();
  verify.verify->repair = verify.verify->repair_schema = true;
  const ExitCode verified = run_sync(config, verify, statistics);
  return verified == ExitCode::done ? copied.exit_code : verified;
}

}  // namespace dw::load
