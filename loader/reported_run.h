// Work whose end people are told of: whatever ends it comes into the run's report, and nothing is thrown.
#pragma once

#include <functional>

#include "loader/run_report.h"

namespace dw::load {

// Fills in `seconds` and, where `work` threw, the error's line and its exit code. `work` sets the exit code
// of a run that no error ended.
void run_reported(RunReport& report, const std::function<void()>& work);

}  // namespace dw::load
