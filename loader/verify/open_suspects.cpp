#include "loader/verify/open_suspects.h"

#include <algorithm>
#include <cctype>

#include <nlohmann/json.hpp>

#include "loader/apply/suspects.h"

namespace dw::load {
namespace {

using nlohmann::json;

// Suspects name columns as the table does, or in lower case.
std::string column_name(const rows::Table& table, const std::string& name) {
  const auto found = std::find_if(table.columns.begin(), table.columns.end(), [&](const rows::Column& one) {
    return std::equal(one.name.begin(), one.name.end(), name.begin(), name.end(),
                      [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); });
  });
  return found == table.columns.end() ? "" : found->name;
}

std::optional<std::int64_t> id_of(const OpenSuspect& suspect, const char* name) {
  const json keys = json::parse(suspect.keys, nullptr, /*allow_exceptions=*/false);
  if (!keys.is_object() || !keys.contains(name)) return std::nullopt;
  return keys.at(name).get<std::int64_t>();
}

}  // namespace

std::vector<OpenSuspect> open_suspects(mysql::Connection& connection) {
  std::vector<OpenSuspect> out;
  for (const auto& row : connection.rows(
           "SELECT id, schema_name, table_name, scope, `keys`, reason, "
           "DATE_FORMAT(noted_at, '%Y-%m-%dT%H:%i:%s.%fZ') FROM dw_meta.suspects WHERE cleared_at IS NULL "
           "ORDER BY id")) {
    OpenSuspect& one = out.emplace_back();
    one.id = std::stoull(row[0].value_or("0"));
    one.table = {row[1].value_or(""), row[2].value_or("")};
    const auto scope = std::find(kSuspectScopes.begin(), kSuspectScopes.end(), row[3].value_or(""));
    if (scope != kSuspectScopes.end()) one.scope = static_cast<SuspectScope>(scope - kSuspectScopes.begin());
    one.keys = row[4].value_or("");
    one.reason = row[5].value_or("");
    one.noted = parse_time(row[6].value_or("")).value_or(0);
  }
  return out;
}

bool is_gap(const OpenSuspect& suspect) {
  return suspect.scope == SuspectScope::all && suspect.reason.starts_with(kGapSuspect);
}

std::vector<std::string> statements_of(const OpenSuspect& suspect) {
  const json keys = json::parse(suspect.keys, nullptr, /*allow_exceptions=*/false);
  if (!keys.is_object() || !keys.contains("statements")) return {};
  return keys.at("statements").get<std::vector<std::string>>();
}

bool gap_is_open(mysql::Connection& connection) {
  const auto open = open_suspects(connection);
  return std::any_of(open.begin(), open.end(), is_gap);
}

void clear_suspects(mysql::Connection& connection, const std::vector<std::uint64_t>& ids) {
  if (ids.empty()) return;
  std::string list;
  for (const std::uint64_t id : ids) list += (list.empty() ? "" : ",") + std::to_string(id);
  connection.execute("UPDATE dw_meta.suspects SET cleared_at=" + time_literal(now_micros()) +
                     " WHERE id IN (" + list + ")");
}

std::optional<RowsAsked> rows_asked(const OpenSuspect& suspect, const rows::Table& table) {
  RowsAsked out;
  out.table = suspect.table;
  const json keys = json::parse(suspect.keys, nullptr, /*allow_exceptions=*/false);
  if (!keys.is_object()) return std::nullopt;
  if (suspect.scope == SuspectScope::ids) {
    out.key = {column_name(table, keys.value("column", ""))};
    out.after = json::array({keys.value("from", std::int64_t{0}) - 1}).dump();
    if (keys.contains("to")) out.through = json::array({keys.at("to")}).dump();
  } else {
    for (const json& name : keys.value("columns", json::array()))
      out.key.push_back(column_name(table, name.get<std::string>()));
    out.keys = keys.value("rows", json::array()).dump();
  }
  const bool missing = out.key.empty() || std::any_of(out.key.begin(), out.key.end(),
                                                      [](const std::string& name) { return name.empty(); });
  if (missing) return std::nullopt;
  // A reading walks along the table's own key.
  if (out.key == table.key) out.key.clear();
  return out;
}

std::optional<std::uint64_t> most_rows(const OpenSuspect& suspect) {
  const json keys = json::parse(suspect.keys, nullptr, /*allow_exceptions=*/false);
  if (!keys.is_object()) return std::nullopt;
  if (suspect.scope == SuspectScope::keys) return keys.value("rows", json::array()).size();
  if (!keys.contains("to")) return std::nullopt;
  return static_cast<std::uint64_t>(keys.at("to").get<std::int64_t>() - keys.value("from", std::int64_t{0}) +
                                    1);
}

std::optional<std::int64_t> first_id(const OpenSuspect& suspect) {
  return id_of(suspect, "from");
}

std::optional<std::int64_t> last_id(const OpenSuspect& suspect) {
  return id_of(suspect, "to");
}

}  // namespace dw::load
