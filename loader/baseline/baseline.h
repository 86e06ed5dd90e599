// The verb `baseline`: production's schemas and rows, copied while production goes on, and the place in its
// log from which `sync` follows.
#pragma once

#include <string>
#include <vector>

#include "common/mysql/connection.h"
#include "common/util/error.h"
#include "common/util/statistics.h"
#include "loader/config.h"
#include "loader/dump/dump_baseline.h"

namespace dw::load {

struct BaselineOptions {
  std::vector<std::string> adopt;  // schemas of the mirror that hold a copy already
  DumpOptions dump;                // with a file: what is loaded in place of production's rows
};

// A copy that was broken off goes on where it was. Says and tells the webhooks how it ends; needs_eyes is the
// result when the mirror refused a definition, and all else is copied.
ExitCode run_baseline(const Config& config, const BaselineOptions& options, Statistics& statistics);

// Throws Error(usage) when a copy was finished on the mirror, or taken over.
void refuse_if_follows(mysql::Connection& mirror);

}  // namespace dw::load
