// `dw-load baseline --from-dump`: the first copy from what mysqldump --single-transaction wrote, and the
// dump's place in production's log.
//
// The file is read from its beginning to its end, one statement in memory. A run that is killed is begun anew
// by the next one, which drops what it had made. All tables are suspect behind it: who was writing while the
// dump's snapshot was opened no log tells.
#pragma once

#include <string>

#include "common/util/error.h"
#include "common/util/statistics.h"
#include "loader/config.h"

namespace dw::load {

struct DumpOptions {
  std::string file;   // plain, .gz or .zst; "-": stdin
  std::string since;  // a time before the dump; "": its session is looked up in the log
};

// The spool is locked. needs_eyes: the mirror refused a definition. Throws Error, mysql::SqlError.
ExitCode run_dump_baseline(const Config& config, const DumpOptions& options, Statistics& statistics);

}  // namespace dw::load
