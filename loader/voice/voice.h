// All that a run says to people: results, warnings, errors and progress, on the terminal and in the log file.
// One for the process, for lines and a progress that is written over must not meet.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "loader/voice/log_file.h"

namespace dw::load {

struct VoiceOptions {
  std::string verb{};
  bool quiet = false;           // neither results nor progress; warnings and errors are said
  bool stdout_is_data = false;  // SQL goes there: progress and results go to stderr
  std::optional<LogFileConfig> log_file{};
};

// Before the first word of a verb.
void set_voice(VoiceOptions options);

// A line without "dw-load: " and without its end. A log file that cannot be written is told once.
void say(std::string_view line);        // a result, on stdout
void warn(std::string_view line);       // on stderr
void say_error(std::string_view line);  // what ends the run, on stderr

// The last 50 lines of all that was said, the newest last, each with its time of day (UTC): quiet results and
// dated progress too.
std::vector<std::string> last_lines();
// What follows belongs to another run.
void forget_last_lines();

}  // namespace dw::load
