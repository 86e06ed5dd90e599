// `dw-extract check`: everything that can be wrong at the source before the first batch, each with the line
// that mends it.
#pragma once

#include "extractor/app.h"
#include "extractor/server.h"

namespace dw::extract {

// `server`: null when the config names none. Throws Error, mysql::SqlError.
Outcome run_check(const Config& config, Server* server);

}  // namespace dw::extract
