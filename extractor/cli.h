// dw-extract from a shell.
#pragma once

namespace dw::extract {

// The exit code.
int run_command_line(int argc, const char* const* argv);

}  // namespace dw::extract
