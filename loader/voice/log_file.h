// A log file that several runs write to: whole lines only, rotated by size.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "common/util/clock.h"

namespace dw::load {

struct LogFileConfig {
  std::filesystem::path path{};
  std::uint64_t max_bytes = 10'000'000;  // it is renamed to PATH.1 before it gets larger
  int keep = 5;                          // PATH.1 (the newest) … PATH.N; 0: what is full is thrown away
  bool json = false;
};

// "2026-11-21T12:00:00.000000Z warning sync[4711] a line\n", or the same as a line of JSON with the keys at,
// level, verb, pid and message.
std::string log_line(const LogFileConfig& config, Micros at, std::string_view level, std::string_view verb,
                     int pid, std::string_view message);

// Appends a line, mode 0600 where the file is new. Throws Error(failed).
void append_to_log(const LogFileConfig& config, const std::string& line);

}  // namespace dw::load
