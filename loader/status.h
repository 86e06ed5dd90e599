// The verb `status`: how far the mirror has come, from its own bookkeeping.
#pragma once

#include "common/util/error.h"
#include "common/util/statistics.h"
#include "loader/config.h"

namespace dw::load {

// With `statistics`, JSON has them too.
ExitCode run_status(const Config& config, bool as_json, const Statistics* statistics);

}  // namespace dw::load
