// What `--adopt` and `--from-dump` write down when the mirror has its tables: which places in production's
// log these are as of, that nothing has been compared yet, and from where the log is replayed.
#pragma once

#include <string>
#include <vector>

#include "common/mysql/connection.h"
#include "loader/baseline/copy_state.h"
#include "loader/baseline/log_place.h"
#include "loader/baseline/program_maker.h"

namespace dw::load {

struct Takeover {
  const Present& present;
  const std::vector<Refused>& refused;
  Cursor start;                     // where the replay begins
  std::vector<CopyMarker> markers;  // tables are as of the first one; none: not known
  std::string reason;               // of the suspect that everything is
};

// In one transaction: without it, nothing was taken over. Throws mysql::SqlError.
void save_takeover(mysql::Connection& mirror, const Takeover& takeover);

}  // namespace dw::load
