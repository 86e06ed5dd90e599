// Is the source the one that the mirror follows, and has its data not gone back? Pure.
//
// What the config calls it can stay the same when another server answers, and a server's own name when its
// data is put back from a backup. MySQL's server_uuid stands in the data directory (auto.cnf) and is a new
// one for every copy that begins without that file; MariaDB's server_uid changes with the machine's network
// address and port (measured), so that a server that merely moved has another one: there it tells only where
// the log does not go on either. InnoDB's log number on disk never goes back in the life of a data directory,
// a crash included.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "common/log/batch.h"
#include "loader/plan/completeness.h"

namespace dw::load {

// As of the last batch that was applied.
struct SourceSigns {
  std::string server;
  std::uint64_t durable = 0;
  Micros made = 0;
  std::optional<CountState> count;
  // Of new sessions, as an offset where it is the server's own clock; as of everything that was applied.
  std::string time_zone{};
};

nlohmann::json to_json(const SourceSigns& signs);
SourceSigns source_signs_from(const nlohmann::json& in);

// Why the batch is not of the source that the mirror follows; "": it is, or nothing tells. `id`: that of the
// mirror's checkpoint.
std::string foreign_because(const std::string& id, const SourceSigns& signs, const BatchHeader& header);

// Whether new sessions' time zone is another than before, be it that the server's clock was put forward or
// back (daylight saving). What stands between the two batches may be of either.
bool time_zone_changed(const SourceSigns& signs, const BatchHeader& header);

// Behind the batch.
// `complete`: nothing of it waits for the next one.
SourceSigns signs_behind(const SourceSigns& signs, const BatchHeader& header, bool complete);

}  // namespace dw::load
