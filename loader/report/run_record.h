// How the last runs ended, as a file in the spool folder: it must be there when the mirror is not, and a
// monitor that reads it sees when no run came to its end.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "common/util/clock.h"
#include "loader/notify/run_state.h"
#include "loader/run_report.h"

namespace dw::load {

struct RunEnd {
  Micros at = 0;
  int exit_code = 0;
  RunState state = RunState::ok;
  std::string error{};  // its line; for who may read the spool, not for a web page
};

struct RunRecord {
  std::optional<RunEnd> last;
  double seconds = 0;      // that it took
  Micros last_good = 0;    // end of the last run without an error; 0: none
  Micros lag = 0;          // after that one
  Micros last_change = 0;  // logged at, of the newest event that was applied
  std::uint64_t drifting_tables = 0;
  std::string sizes_date;        // the day whose table sizes are written
  std::vector<RunEnd> troubles;  // runs that ended otherwise than well or quiet, the newest first, a few
};

// An unreadable file is an empty record.
RunRecord read_run_record(const std::filesystem::path& spool);
// Throws Error(failed).
void write_run_record(const std::filesystem::path& spool, const RunRecord& record);

// Takes the end of a run in.
void remember_run(RunRecord& record, const RunReport& report, const StateRules& rules, Micros now);

}  // namespace dw::load
