// What one run did: for the line on stdout, for webhooks and for the exit code.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "common/log/batch.h"
#include "common/util/clock.h"
#include "common/util/error.h"
#include "loader/apply/bookkeeping.h"
#include "loader/apply/counts.h"
#include "loader/media_result.h"
#include "loader/plan/completeness.h"

namespace dw::load {

struct RunReport {
  std::string source_id;
  Counts counts;
  std::uint64_t refused = 0;  // statements that were not understood
  std::size_t batches = 0;
  std::size_t events_left = 0;  // behind the watermark
  std::size_t open_transactions = 0;
  std::uint64_t held_transactions = 0;
  Micros held_since = 0;  // the oldest one's first statement
  Micros last_event = 0;  // newest event applied; 0: none
  Micros lag = 0;         // between it, or the log's end, and the source's clock
  double seconds = 0;
  std::optional<Gap> gap;
  std::optional<Uncounted> missing;  // from the log, by the server's counters
  SuspectCounts suspects{};          // open on the mirror, by scope
  bool log_enabled = true;
  bool rotated = false;
  ExitCode exit_code = ExitCode::done;
  std::string error;                  // the failure's line; empty: the run ended well
  bool identity_changed = false;      // it is that the source is not the one that the mirror follows
  std::uint64_t drifting_tables = 0;  // that differ from production's, and were not mended
  std::uint64_t rows_verified = 0;    // compared with production's
  std::uint64_t rows_mended = 0;
  std::vector<std::string> drift_lines;  // one for each of these tables
  bool gap_unproven = false;             // there was a gap, and not everything has been verified since
  std::optional<MediaResult> media;      // where the config asks for it
  std::vector<std::string> warnings;     // one line each
  std::vector<std::string> last_lines;   // that it said, when it ends
  std::string other_work;                // what a run has done that applied no batches, in place of the sums
};

// As programs get it: hooks, webhooks.
nlohmann::json report_json(const RunReport& report);

// "1,204 statements: 1,100 applied, 90 ignored, 14 withheld; lag 2 s"
std::string summary(const RunReport& report);

// Of a run that no error ended.
ExitCode exit_code_of(const RunReport& report);

// What somebody has to know of it, a line each.
std::vector<std::string> warnings_of(const RunReport& report);

}  // namespace dw::load
