// The verb `restore`: rows of the mirror and its archive, and what they reference, as SQL or into a server.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "common/util/clock.h"
#include "common/util/error.h"
#include "loader/config.h"
#include "loader/restore/script.h"

namespace dw::load {

struct RestoreOptions {
  std::string table;  // db.table
  std::string where;
  std::optional<Micros> as_of;
  std::optional<std::filesystem::path> into;  // a MySQL option file; none: SQL on stdout
  restore::Existing existing = restore::Existing::leave;
  bool with_children = false;
  bool create = false;  // tables that the target lacks
  bool dry_run = false;
  bool quiet = false;  // SQL, warnings and errors, and no other word
};

// Reads the mirror in one snapshot and writes the target in one transaction; the mirror itself is not
// changed. Throws Error.
ExitCode run_restore(const Config& config, const RestoreOptions& options);

}  // namespace dw::load
