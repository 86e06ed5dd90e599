// `read`: rows or digests of many keys and ranges, as of one instant, with its place in the log.
#pragma once

#include <string_view>

#include "extractor/reading/line_stream.h"
#include "extractor/server.h"

namespace dw::extract {

// `body`: what is asked for, as JSON. Throws Error, mysql::SqlError.
void run_read(const Config& config, Server& server, std::string_view body, LineStream& out);

}  // namespace dw::extract
