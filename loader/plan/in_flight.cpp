// Statements in flight, as they are kept with the checkpoint.
#include <nlohmann/json.hpp>

#include "loader/plan/concurrency.h"

namespace dw::load {
namespace {

using nlohmann::json;
using sql::KeySet;

// Keys are bytes of any kind: hexadecimal, so that JSON can hold them.
std::string hex(const std::string& bytes) {
  static constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : bytes) {
    out += kDigits[static_cast<unsigned char>(c) >> 4U];
    out += kDigits[static_cast<unsigned char>(c) & 15U];
  }
  return out;
}

std::string unhex(const std::string& digits) {
  std::string out;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
    out += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
  return out;
}

json optional_json(const std::optional<std::int64_t>& value) {
  return value ? json(*value) : json(nullptr);
}

std::optional<std::int64_t> optional_from(const json& in, const char* name) {
  const json& value = in.at(name);
  return value.is_null() ? std::nullopt : std::optional(value.get<std::int64_t>());
}

json keys_json(const KeySet& keys) {
  json rows = json::array();
  for (const sql::KeyRow& row : keys.rows) {
    json& one = rows.emplace_back(json::array());
    for (const std::string& value : row) one.push_back(hex(value));
  }
  return {{"kind", static_cast<int>(keys.kind)},
          {"rows", std::move(rows)},
          {"from", optional_json(keys.from)},
          {"to", optional_json(keys.to)},
          {"new_rows", keys.new_rows}};
}

KeySet keys_from(const json& in) {
  KeySet out;
  out.kind = static_cast<KeySet::Kind>(in.at("kind").get<int>());
  for (const json& row : in.at("rows")) {
    sql::KeyRow& one = out.rows.emplace_back();
    for (const json& value : row) one.push_back(unhex(value.get<std::string>()));
  }
  out.from = optional_from(in, "from");
  out.to = optional_from(in, "to");
  out.new_rows = in.at("new_rows").get<std::size_t>();
  return out;
}

}  // namespace

json to_json(const std::vector<InFlight>& in_flight) {
  json out = json::array();
  for (const InFlight& one : in_flight) {
    json reads = json::array();
    for (const sql::TableName& read : one.reads) reads.push_back({read.schema, read.table});
    out.push_back({{"thread", one.thread},
                   {"schema", one.schema},
                   {"table", one.table},
                   {"takes_ids", one.takes_ids},
                   {"undone", one.undone},
                   {"row_wise", one.row_wise},
                   {"keys", keys_json(one.keys)},
                   {"reads", std::move(reads)},
                   {"first_id", optional_json(one.first_id)},
                   {"last_id", optional_json(one.last_id)},
                   {"cursor", one.cursor},
                   {"time", one.time}});
  }
  return out;
}

std::vector<InFlight> in_flight_from_json(const json& in) {
  std::vector<InFlight> out;
  for (const json& one : in) {
    InFlight& what = out.emplace_back();
    what.thread = one.at("thread").get<std::uint64_t>();
    what.schema = one.at("schema").get<std::string>();
    what.table = one.at("table").get<std::string>();
    what.takes_ids = one.at("takes_ids").get<bool>();
    what.undone = one.at("undone").get<bool>();
    what.row_wise = one.at("row_wise").get<bool>();
    what.keys = keys_from(one.at("keys"));
    for (const json& read : one.at("reads"))
      what.reads.push_back({read.at(0).get<std::string>(), read.at(1).get<std::string>()});
    what.first_id = optional_from(one, "first_id");
    what.last_id = optional_from(one, "last_id");
    what.cursor = one.at("cursor").get<std::string>();
    what.time = one.at("time").get<Micros>();
  }
  return out;
}

}  // namespace dw::load
