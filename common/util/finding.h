// What a look at a set-up found: one line each, with the line that mends it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "common/util/clock.h"
#include "common/util/error.h"

namespace dw {

struct Finding {
  enum class Level : std::uint8_t { good, warning, wrong };

  std::string about;  // what was looked at: "mirror: time zones"
  Level level = Level::good;
  std::string what;                 // how it is
  std::string mend;                 // what to do; empty where it is good
  ExitCode code = ExitCode::usage;  // the program's own, where it is wrong
};

Finding good(std::string about, std::string what);
Finding warning(std::string about, std::string what, std::string mend);
Finding wrong(std::string about, std::string what, std::string mend, ExitCode code = ExitCode::usage);

// Two clocks side by side, in microseconds since 1970; `pair` names them: "the server's clock and this
// machine's".
Finding clock_finding(std::string about, const std::string& pair, Micros one, Micros other);

// Of the first that is wrong; done when none is. A warning is none.
ExitCode exit_code_of(const std::vector<Finding>& findings);

// One line for each, `mend:` on a line of its own, and how many there are of each level.
std::string text_of(const std::vector<Finding>& findings);

// [{"about", "level": "good" | "warning" | "wrong", "what", "mend"}, …]
nlohmann::json json_of(const std::vector<Finding>& findings);

// The other way round, `prefix` in front of each `about`. Throws Error(failed) for anything else.
std::vector<Finding> findings_from(const nlohmann::json& json, std::string_view prefix);

}  // namespace dw
