// `dw-extract rotate`: gives the log a new table, if that loses nothing.
#pragma once

#include "extractor/app.h"
#include "extractor/server.h"

namespace dw::extract {

// `server`: null when the config names none. Throws Error, RequestError, mysql::SqlError.
Outcome run_rotate(const Config& config, Server* server, const Request& request);

}  // namespace dw::extract
