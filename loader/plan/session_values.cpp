#include "loader/plan/session_values.h"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace dw::load {
namespace {

using nlohmann::json;

const char* name_of(TemporaryTable::Place place) {
  switch (place) {
    case TemporaryTable::Place::connection:
      return "connection";
    case TemporaryTable::Place::copy:
      return "copy";
    case TemporaryTable::Place::lost:
      break;
  }
  return "lost";
}

TemporaryTable::Place place_from(const std::string& name) {
  if (name == "connection") return TemporaryTable::Place::connection;
  return name == "copy" ? TemporaryTable::Place::copy : TemporaryTable::Place::lost;
}

}  // namespace

SessionValues SessionValues::fresh() {
  SessionValues out;
  out.from_start = true;
  out.last_insert_id = 0;
  return out;
}

TemporaryTable* SessionValues::temporary(const std::string& schema, const std::string& table) {
  const auto found = std::find_if(temporaries.begin(), temporaries.end(), [&](const TemporaryTable& one) {
    return one.schema == schema && one.table == table;
  });
  return found == temporaries.end() ? nullptr : &*found;
}

void SessionValues::forget_temporary(const std::string& schema, const std::string& table) {
  std::erase_if(temporaries,
                [&](const TemporaryTable& one) { return one.schema == schema && one.table == table; });
}

json to_json(const SessionValues& values) {
  json out{{"from_start", values.from_start}};
  if (values.last_insert_id_doubtful) out["last_insert_id_doubtful"] = true;
  if (values.next_id_doubtful) out["next_id_doubtful"] = true;
  if (values.last_insert_id) out["last_insert_id"] = *values.last_insert_id;
  if (!values.variables.empty()) out["variables"] = values.variables;
  if (!values.doubtful_variables.empty()) out["doubtful_variables"] = values.doubtful_variables;
  for (const TemporaryTable& one : values.temporaries) {
    out["temporaries"].push_back({{"schema", one.schema},
                                  {"table", one.table},
                                  {"place", name_of(one.place)},
                                  {"copy", one.copy},
                                  {"next_id", one.next_id},
                                  {"doubtful", one.doubtful}});
  }
  return out;
}

SessionValues session_values_from(const json& in) {
  SessionValues out;
  out.from_start = in.value("from_start", false);
  out.last_insert_id_doubtful = in.value("last_insert_id_doubtful", false);
  out.next_id_doubtful = in.value("next_id_doubtful", false);
  if (in.contains("last_insert_id")) out.last_insert_id = in["last_insert_id"].get<std::uint64_t>();
  out.variables = in.value("variables", out.variables);
  out.doubtful_variables = in.value("doubtful_variables", out.doubtful_variables);
  for (const json& one : in.value("temporaries", json::array())) {
    out.temporaries.push_back({one.at("schema").get<std::string>(), one.at("table").get<std::string>(),
                               place_from(one.at("place").get<std::string>()),
                               one.at("copy").get<std::uint64_t>(), one.at("next_id").get<std::uint64_t>(),
                               one.at("doubtful").get<bool>()});
  }
  return out;
}

}  // namespace dw::load
