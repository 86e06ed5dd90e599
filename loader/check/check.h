// `dw-load check`: everything that can be wrong before the first run, each with the line that mends it.
#pragma once

#include <filesystem>

#include "common/util/error.h"
#include "common/util/statistics.h"

namespace dw::load {

// Looks at the config, this machine, the source (whose own check is part of it) and the mirror, and changes
// nothing. Gives the exit code of the first thing that is wrong. `statistics` gets the round trips;
// `in_json`, where it is not null, goes into the JSON.
ExitCode run_check(const std::filesystem::path& config_file, bool as_json, Statistics& statistics,
                   const Statistics* in_json);

}  // namespace dw::load
