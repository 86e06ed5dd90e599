// The verb `baseline`: production's schemas and rows, copied while production goes on, and the place in its
// log from which `sync` follows.
#pragma once

#include "common/util/error.h"
#include "common/util/statistics.h"
#include "loader/config.h"

namespace dw::load {

// A copy that was broken off goes on where it was. Throws Error; needs_eyes is the result when the mirror
// refused a definition, and all else is copied.
ExitCode run_baseline(const Config& config, Statistics& statistics);

}  // namespace dw::load
