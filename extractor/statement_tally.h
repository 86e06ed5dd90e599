// Counts the statements of a row of the log as the server's counters do (common/log/counters.h).
#pragma once

#include <vector>

#include "common/log/counters.h"
#include "common/sql/statement.h"

namespace dw::extract {

// `readings`: the row's text in each way in which it can be read. `whole`: nothing of it was cut off. Rather
// too many than too few: where a text can be read in several ways, the highest number counts.
Tally tally_of(const std::vector<std::vector<sql::Statement>>& readings, bool whole);

}  // namespace dw::extract
