// Takes over a copy that the mirror has already: nothing is loaded. What is missing of production's tables is
// made, its views, routines, triggers and events are made anew, and the log is followed from now on. All rows
// are suspect: comparing them with production is what makes them equal, and what archives those that
// production has no longer.
#pragma once

#include <string>
#include <vector>

#include "common/util/error.h"
#include "common/util/statistics.h"
#include "loader/config.h"

namespace dw::load {

// The spool is locked. Nothing of production's data on the mirror is changed or dropped; killed at any
// instant, it can be run again. needs_eyes: the mirror refused a definition. Throws Error, mysql::SqlError.
ExitCode run_adoption(const Config& config, const std::vector<std::string>& schemas, Statistics& statistics);

}  // namespace dw::load
