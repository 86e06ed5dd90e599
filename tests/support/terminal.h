// A program run as from a terminal: with a pseudo-terminal (util-linux's script) as stdin, stdout and stderr.
#pragma once

#include <string>
#include <vector>

#include "tests/support/process.h"

namespace dw::test {

// All that it showed is in `out`, lines ended by "\r\n".
ProcessResult run_on_terminal(const std::vector<std::string>& argv, int columns);

// What stood on the line that is written over: the texts between two erasures.
std::vector<std::string> redrawn_lines(const std::string& shown);

}  // namespace dw::test
