// What the source's settings and the account's rights are worth, each with the line that mends it. Pure.
#pragma once

#include <string>
#include <vector>

#include "common/mysql/privileges.h"
#include "common/util/finding.h"
#include "extractor/server.h"

namespace dw::extract {

// Whether the log is written where it is read, and can be read faithfully.
std::vector<Finding> log_findings(const Config& config, const ServerInfo& info);

// MySQL's log_raw.
Finding raw_finding(const ServerInfo& info);

// One for each right that dw-extract uses. `schemas`: those that it would mirror.
std::vector<Finding> privilege_findings(const Config& config, const ServerInfo& info,
                                        const mysql::Privileges& privileges,
                                        const std::vector<std::string>& schemas);

// Those of the log and of PROCESS that are not good, one line each, for who asks for something else.
std::vector<std::string> warnings_for(const Config& config, const ServerInfo& info);

// The grants that dw-extract's account needs, as statements.
std::vector<std::string> grants_for(const Config& config, const ServerInfo& info);

}  // namespace dw::extract
