// `dw-extract status`: what the source is, where its log begins and ends, what is wrong.
#pragma once

#include "extractor/app.h"
#include "extractor/server.h"

namespace dw::extract {

// `server`: null when the config names none. Throws Error, mysql::SqlError.
Outcome run_status(const Config& config, Server* server);

}  // namespace dw::extract
