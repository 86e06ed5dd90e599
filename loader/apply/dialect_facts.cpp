#include "loader/apply/dialect_facts.h"

#include "loader/dialect/sql_modes.h"

namespace dw::load {
namespace {

using Defaults = std::map<std::string, std::string>;

constexpr unsigned kFirstWith0900 = 80001;

// "utf8mb4=utf8mb4_uca1400_ai_ci,ucs2=ucs2_uca1400_ai_ci", as MariaDB's character_set_collations (11.2) has
// it.
void take_over(Defaults& defaults, const std::string& list) {
  std::size_t begin = 0;
  while (begin < list.size()) {
    const std::size_t end = std::min(list.find(',', begin), list.size());
    const std::size_t equals = list.find('=', begin);
    if (equals < end)
      defaults[list.substr(begin, equals - begin)] = list.substr(equals + 1, end - equals - 1);
    begin = end + 1;
  }
}

// One character set under both its names.
void name_both(Defaults& defaults) {
  const auto old = defaults.find("utf8");
  if (old != defaults.end()) defaults.emplace("utf8mb3", old->second);
  const auto present = defaults.find("utf8mb3");
  if (present != defaults.end()) defaults["utf8"] = present->second;
}

std::string global(const SourceInfo& source, const std::string& name) {
  const auto found = source.globals.find(name);
  return found == source.globals.end() ? "" : found->second;
}

std::optional<std::string> variable(mysql::Connection& mirror, const std::string& name) {
  try {
    return mirror.value("SELECT @@session." + name);
  } catch (const mysql::SqlError& error) {
    if (error.connection_is_gone()) throw;
    return std::nullopt;  // this server has no such variable
  }
}

// MySQL manual 12.9.1 and 7.1.8 (default_collation_for_utf8mb4); MariaDB's Unicode character sets had
// general_ci until character_set_collations came to say otherwise.
Defaults source_defaults(const SourceInfo& source, const ServerVersion& version) {
  Defaults out;
  for (const char* name : {"utf8mb3", "utf8mb4", "ucs2", "utf16", "utf32"})
    out[name] = std::string(name) + "_general_ci";
  if (!version.mariadb && version.number >= kFirstWith0900) {
    const std::string named = global(source, "default_collation_for_utf8mb4");
    out["utf8mb4"] = named.empty() ? "utf8mb4_0900_ai_ci" : named;
  }
  take_over(out, global(source, "character_set_collations"));
  name_both(out);
  return out;
}

Defaults mirror_defaults(mysql::Connection& mirror) {
  Defaults out;
  for (const auto& row :
       mirror.rows("SELECT CHARACTER_SET_NAME, DEFAULT_COLLATE_NAME FROM information_schema.CHARACTER_SETS"))
    out[row.at(0).value_or("")] = row.at(1).value_or("");
  if (const auto named = variable(mirror, "default_collation_for_utf8mb4")) out["utf8mb4"] = *named;
  take_over(out, variable(mirror, "character_set_collations").value_or(""));
  name_both(out);
  return out;
}

// MariaDB 10.10 and later list uca1400_ai_ci once, for several character sets.
std::set<std::string> known_collations(mysql::Connection& mirror) {
  std::set<std::string> out;
  const auto take = [&](const std::string& query) {
    for (const auto& row : mirror.rows(query)) out.insert(row.at(0).value_or(""));
  };
  take("SELECT COLLATION_NAME FROM information_schema.COLLATIONS");
  const auto full = mirror.value(
      "SELECT COUNT(*) FROM information_schema.COLUMNS WHERE TABLE_SCHEMA='information_schema' AND "
      "TABLE_NAME='COLLATION_CHARACTER_SET_APPLICABILITY' AND COLUMN_NAME='FULL_COLLATION_NAME'");
  if (full == "1")
    take("SELECT FULL_COLLATION_NAME FROM information_schema.COLLATION_CHARACTER_SET_APPLICABILITY");
  return out;
}

}  // namespace

DialectFacts dialect_facts(mysql::Connection& mirror, const SourceInfo& source) {
  DialectFacts out;
  out.source = parse_version(source.server_version);
  out.mirror = parse_version(mirror.server_version());
  out.mirror.mariadb = mirror.is_mariadb();
  out.collations.known = known_collations(mirror);
  out.collations.mirror_default = mirror_defaults(mirror);
  out.collations.source_default = source_defaults(source, out.source);
  out.invisible_primary_keys = global(source, "sql_generate_invisible_primary_key") == "ON";
  return out;
}

std::string mirror_value(const std::string& variable, const std::string& value, const Dialect& dialect) {
  const bool number = !value.empty() && value.find_first_not_of("0123456789") == std::string::npos;
  if (variable == "sql_mode" && !number)
    return mirror_modes(value, dialect.source().mariadb, dialect.mirror().mariadb);
  if (variable == "collation_server") return dialect.collations().nearest(value);
  return value;
}

}  // namespace dw::load
