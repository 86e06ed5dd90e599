// What every run of sync and apply leaves for `status` and `report` when it ends.
#pragma once

#include <functional>
#include <string>

#include "loader/config.h"
#include "loader/run_report.h"

namespace dw::load {

// Writes the record of runs, and with the first good run of a day the sizes of the tables. What cannot be
// written is told to `warn`, and is never the run's failure.
void note_run_end(const Config& config, const RunReport& report,
                  const std::function<void(const std::string&)>& warn);

}  // namespace dw::load
