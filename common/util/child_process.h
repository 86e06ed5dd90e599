// Runs an executable that the operator named, with a text on its stdin, to its end or a time limit.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>

namespace dw {

struct ChildResult {
  int exit_code = 0;  // 128 + signal when a signal ended it, as a shell says it
  bool timed_out = false;
  std::string errors{};  // what it wrote to stderr, its first kilobytes
};

// In a process group of its own, so that at the limit all that it started is ended as well (SIGTERM, two
// seconds later SIGKILL); with stdout on /dev/null, and no other file of this process open. Text and stderr
// are files in memory: neither side can block the other. Throws Error(failed) when it cannot be started.
ChildResult run_child(const std::filesystem::path& program, std::string_view text,
                      std::chrono::milliseconds limit);

// Throws Error(usage) unless `path` is an executable file that only root and this account can change: it, and
// the folder it is in.
void refuse_unsafe_executable(const std::filesystem::path& path, std::string_view what);

}  // namespace dw
