#include "common/mysql/privileges.h"

#include <algorithm>

#include "common/mysql/connection.h"

namespace dw::mysql {
namespace {

using Level = Privilege::Level;

// Whether GRANT's pattern means the schema.
bool matches(std::string_view pattern, std::string_view name) {
  if (pattern.empty()) return name.empty();
  if (pattern[0] == '%') {
    return matches(pattern.substr(1), name) || (!name.empty() && matches(pattern, name.substr(1)));
  }
  if (name.empty()) return false;
  const bool escaped = pattern[0] == '\\' && pattern.size() > 1;
  if (escaped) pattern.remove_prefix(1);
  const bool any = pattern[0] == '_' && !escaped;
  return (any || pattern[0] == name[0]) && matches(pattern.substr(1), name.substr(1));
}

// As the column GRANTEE writes the account.
constexpr const char* kOwn =
    " WHERE GRANTEE = CONCAT('''', SUBSTRING_INDEX(CURRENT_USER(), '@', 1), '''@''', "
    "SUBSTRING_INDEX(CURRENT_USER(), '@', -1), '''')";

bool any_role(const std::function<Privileges::Rows(const std::string&)>& query) {
  try {
    return !query("SELECT ROLE_NAME FROM information_schema.APPLICABLE_ROLES").empty();
  } catch (const SqlError& error) {
    if (error.connection_is_gone()) throw;
    return false;  // MySQL before 8.0.19
  }
}

}  // namespace

std::string schema_in_grant(std::string_view schema) {
  std::string pattern;
  for (const char c : schema) {
    if (c == '_' || c == '%' || c == '\\') pattern += '\\';
    pattern += c;
    if (c == '`') pattern += c;
  }
  return "`" + pattern + "`.*";
}

Privileges Privileges::read(const std::function<Rows(const std::string&)>& query) {
  std::vector<Privilege> granted;
  const auto add = [&](Level level, const std::string& columns, const char* table) {
    for (auto& row :
         query("SELECT " + columns + ", PRIVILEGE_TYPE FROM information_schema." + table + kOwn)) {
      granted.push_back({level, row.at(0).value_or(""), row.at(1).value_or(""), row.at(2).value_or("")});
    }
  };
  add(Level::global, "'', ''", "USER_PRIVILEGES");
  add(Level::schema, "TABLE_SCHEMA, ''", "SCHEMA_PRIVILEGES");
  add(Level::table, "TABLE_SCHEMA, TABLE_NAME", "TABLE_PRIVILEGES");
  return Privileges(std::move(granted), any_role(query));
}

bool Privileges::holds(std::string_view name, std::string_view schema, std::string_view table) const {
  return std::any_of(granted_.begin(), granted_.end(), [&](const Privilege& one) {
    if (one.name != name) return false;
    if (one.level == Level::global) return true;
    if (one.level == Level::schema) return !schema.empty() && matches(one.schema, schema);
    return !table.empty() && one.schema == schema && one.table == table;
  });
}

std::string Privileges::missing(const std::vector<std::string_view>& names, std::string_view schema,
                                std::string_view table) const {
  std::string out;
  for (const std::string_view name : names) {
    if (!holds(name, schema, table)) out.append(out.empty() ? "" : ", ").append(name);
  }
  return out;
}

}  // namespace dw::mysql
