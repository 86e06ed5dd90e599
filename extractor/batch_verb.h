// `dw-extract batch`: the events after a place in the log.
#pragma once

#include "extractor/app.h"
#include "extractor/server.h"

namespace dw::extract {

// `server`: null when the config names none. Throws Error, RequestError, mysql::SqlError.
Outcome run_batch(const Config& config, Server* server, const Request& request);

}  // namespace dw::extract
