// The verbs `status` and `report`: whether the mirror is well, for a screen, for programs and as a page.
#pragma once

#include <cstdint>
#include <filesystem>

#include "common/util/error.h"
#include "common/util/statistics.h"
#include "loader/config.h"

namespace dw::load {

enum class StatusFormat : std::uint8_t { text, json, prometheus };

struct StatusOptions {
  StatusFormat format = StatusFormat::text;
  bool quiet = false;                      // text only, and only where the mirror is not well
  const Statistics* statistics = nullptr;  // not null: added to the JSON
};

// Prints on stdout; the exit code is for a monitor (report/verdict.h). Throws Error(mirror_unreachable) as
// text where the mirror cannot be read; JSON and metrics then say what the spool folder tells.
ExitCode run_status(const Config& config, const StatusOptions& options);

// Writes the page, whole or not at all, readable by all (a web server must). Throws Error.
ExitCode run_report(const Config& config, const std::filesystem::path& page);

}  // namespace dw::load
