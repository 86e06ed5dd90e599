// The verb `status`: how far the mirror has come, from its own bookkeeping.
#pragma once

#include "common/util/error.h"
#include "loader/config.h"

namespace dw::load {

ExitCode run_status(const Config& config, bool as_json);

}  // namespace dw::load
