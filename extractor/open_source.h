// The log that the config names, and what is known of the server when none can be asked.
#pragma once

#include <memory>

#include "extractor/config.h"
#include "extractor/log_source.h"
#include "extractor/server.h"

namespace dw::extract {

// `server`: null when the config names none; else it must outlive the source. Throws Error(usage).
std::unique_ptr<LogSource> open_source(const Config& config, const ServerInfo& info, Server* server);

// For the files of a server that is gone: what the config says.
ServerInfo info_without_server(const Config& config);

// After a batch: what it makes the next one faster to know.
void remember_place(LogSource& source);

// Lines about the source itself: compressed files that it cannot read.
std::vector<std::string> source_warnings(const LogSource& source);

}  // namespace dw::extract
