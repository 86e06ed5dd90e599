// `snapshot`: everything, as of one instant, with its place in the log.
#pragma once

#include <string>

#include "extractor/reading/line_stream.h"
#include "extractor/server.h"

namespace dw::extract {

// `after`: where an earlier one ended, as JSON; "": from the first table on. Throws Error, mysql::SqlError.
void run_snapshot(const Config& config, Server& server, const std::string& after, LineStream& out);

}  // namespace dw::extract
