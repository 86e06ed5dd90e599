// What is wrong at the source although it answers, one line each with the statement that mends it.
#pragma once

#include <string>
#include <vector>

#include "extractor/server.h"

namespace dw::extract {

std::vector<std::string> warnings_for(const Config& config, const ServerInfo& info);

// The grants that dw-extract's account needs, as statements.
std::vector<std::string> grants_for(const Config& config, const ServerInfo& info);

}  // namespace dw::extract
