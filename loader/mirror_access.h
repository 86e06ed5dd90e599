// What every verb that writes to the mirror holds while it runs.
#pragma once

#include "common/mysql/connection.h"
#include "common/util/files.h"
#include "loader/config.h"
#include "loader/spool.h"

namespace dw::load {

// The server-wide lock (GET_LOCK) that a run holds on the mirror.
inline constexpr const char* kRunLock = "dw_load";

// The spool folder, which no other run holds meanwhile.
class HeldSpool {
 public:
  // Throws Error: locked; usage and failed where the folder cannot be had.
  explicit HeldSpool(const std::filesystem::path& folder);

  [[nodiscard]] const Spool& spool() const { return spool_; }

 private:
  Spool spool_;
  FileLock lock_;
};

// The connection to the mirror, with the server-wide lock that one run holds: a second machine, or what is
// left of a killed run and still busy on the server, is kept out. Throws Error(locked, mirror_unreachable).
mysql::Connection open_mirror(const Config& config);

}  // namespace dw::load
