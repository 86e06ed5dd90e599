// The verbs `sync`, `verify` and `apply`.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "common/util/statistics.h"
#include "loader/config.h"
#include "loader/run_report.h"

namespace dw::load {

// Everything, or these tables, whether it is due or not; mended only with `repair`.
struct VerifyOptions {
  bool repair = false;
  bool repair_schema = false;
  std::vector<std::string> tables;  // as they were named on the command line; empty: all
};

struct SyncOptions {
  std::optional<unsigned> follow_seconds;  // repeat with this pause until SIGTERM or SIGINT
  // Where the first run of an empty mirror starts; none of both: with the log's oldest event.
  std::optional<Cursor> after;
  std::string since;
  bool verbose = false;
  bool accept_source = false;           // whatever server answers is the source from here on
  bool dry_run = false;                 // fetch and plan, and say what would be done
  std::optional<VerifyOptions> verify;  // the verb `verify`
};

// Pulls batches and applies them until the source has no more, for ten minutes at most. Reports on stdout,
// warns on stderr, tells the webhooks. Throws Error for what keeps the run from starting; what stops it later
// is in the exit code.
ExitCode run_sync(const Config& config, const SyncOptions& options, Statistics& statistics);

// Applies batch files in the order given. One that was applied before changes nothing.
ExitCode run_apply(const Config& config, const std::vector<std::filesystem::path>& files, bool verbose,
                   Statistics& statistics);

}  // namespace dw::load
