// Makes a failing script short: first the shortest failing beginning, then delta debugging over its steps,
// then over the parts of its statements (columns, keys, rows, assignments: what stands between commas in
// brackets).
//
// Delta debugging: Zeller, Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", 2002.
#pragma once

#include <chrono>
#include <functional>

#include "tests/differential/script.h"

namespace dw::workload {

// `fails` runs a script and tells whether it still fails in the same way. Ends at the deadline with what it
// has.
Script shrink(Script script, const std::function<bool(const Script&)>& fails,
              std::chrono::steady_clock::time_point deadline);

// The statement with one comma-separated item fewer, for each item of each list in it. For tests.
std::vector<std::string> without_one_item(const std::string& statement);

}  // namespace dw::workload
