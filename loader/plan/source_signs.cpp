#include "loader/plan/source_signs.h"

#include <nlohmann/json.hpp>

namespace dw::load {

using nlohmann::json;

namespace {

std::string time_zone_of(const BatchHeader& header) {
  const auto found = header.source.globals.find("time_zone");
  return found == header.source.globals.end() ? "" : found->second;
}

}  // namespace

json to_json(const SourceSigns& signs) {
  json out{{"server", signs.server}, {"durable", signs.durable}, {"made", signs.made}};
  if (!signs.time_zone.empty()) out["time_zone"] = signs.time_zone;
  if (signs.count) out["count"] = to_json(*signs.count);
  return out;
}

SourceSigns source_signs_from(const json& in) {
  SourceSigns out;
  out.server = in.at("server").get<std::string>();
  out.durable = in.at("durable").get<std::uint64_t>();
  out.made = in.at("made").get<Micros>();
  out.time_zone = in.value("time_zone", "");
  if (in.contains("count")) out.count = count_state_from(in.at("count"));
  return out;
}

std::string foreign_because(const std::string& id, const SourceSigns& signs, const BatchHeader& header) {
  const SourceInfo& source = header.source;
  if (!id.empty() && id != source.id)
    return "the batch comes from source " + source.id + ", and this mirror follows " + id;
  const bool mariadb = source.server_version.find("MariaDB") != std::string::npos;
  const bool another = !signs.server.empty() && !source.server.empty() && signs.server != source.server;
  if (another && (!mariadb || header.gap)) {
    return "another server answers for source " + source.id + ": " + source.server +
           ", and this mirror follows " + signs.server;
  }
  // A batch of before, from the spool, shows an earlier state.
  const bool later = header.made >= signs.made;
  if (later && source.durable != 0 && source.durable < signs.durable) {
    return "the data of source " + source.id + " went back to an earlier state (its InnoDB log ends at " +
           std::to_string(source.durable) + ", and was at " + std::to_string(signs.durable) +
           " before): it was restored from a backup, or another server answers";
  }
  return {};
}

bool time_zone_changed(const SourceSigns& signs, const BatchHeader& header) {
  const std::string now = time_zone_of(header);
  return !signs.time_zone.empty() && !now.empty() && signs.time_zone != now;
}

SourceSigns signs_behind(const SourceSigns& signs, const BatchHeader& header, bool complete) {
  SourceSigns out = signs;
  if (header.made < signs.made) return out;
  if (!header.source.server.empty()) out.server = header.source.server;
  if (header.source.durable != 0) out.durable = header.source.durable;
  out.made = header.made;
  if (complete || out.time_zone.empty()) out.time_zone = time_zone_of(header);
  return out;
}

}  // namespace dw::load
