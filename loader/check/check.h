// `dw-load check`: everything that can be wrong before the first run, each with the line that mends it.
#pragma once

#include <filesystem>

#include "common/util/error.h"
#include "common/util/statistics.h"

namespace dw::load {

struct CheckOptions {
  bool as_json = false;
  bool quiet = false;                   // as text: only what is not good
  const Statistics* in_json = nullptr;  // where it is not null, it goes into the JSON
};

// Looks at the config, this machine, the source (whose own check is part of it) and the mirror, and changes
// nothing. Gives the exit code of the first thing that is wrong. `statistics` gets the round trips.
ExitCode run_check(const std::filesystem::path& config_file, const CheckOptions& options,
                   Statistics& statistics);

}  // namespace dw::load
