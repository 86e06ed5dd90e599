#include "tests/differential/comparison.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <regex>
#include <set>

#include <nlohmann/json.hpp>

namespace dw::test {
namespace {

using mysql::Connection;
using Rows = std::vector<std::vector<std::optional<std::string>>>;

constexpr std::size_t kShown = 400;  // bytes of a row

std::string in_list(const std::vector<std::string>& schemas) {
  std::string out;
  for (const std::string& schema : schemas) out += (out.empty() ? "'" : ",'") + schema + "'";
  return "(" + out + ")";
}

std::string printable(const std::string& bytes) {
  std::string out;
  char escape[5];
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f && c != '\\') {
      out += c;
      continue;
    }
    static_cast<void>(std::snprintf(escape, sizeof escape, "\\x%02X", byte));
    out += escape;
  }
  return out.size() > kShown ? out.substr(0, kShown) + "…" : out;
}

std::string row_text(const std::vector<std::optional<std::string>>& row) {
  std::string out;
  for (const auto& value : row) out += (out.empty() ? "" : " | ") + (value ? "'" + *value + "'" : "NULL");
  return out;
}

// One table's facts on one server.
struct TableFacts {
  std::string definition;
  std::string auto_increment;
  std::vector<std::string> rows;
};

class ServerFacts {
 public:
  ServerFacts(Connection& connection, const std::vector<std::string>& schemas, bool portable)
      : connection_(connection), schemas_(in_list(schemas)), portable_(portable) {
    connection_.execute("SET character_set_results=NULL, time_zone='+00:00'");
  }

  std::set<std::string> tables() {
    std::set<std::string> out;
    for (const auto& row : connection_.rows("SELECT CONCAT(TABLE_SCHEMA,'.',TABLE_NAME) FROM "
                                            "information_schema.TABLES WHERE TABLE_TYPE='BASE "
                                            "TABLE' AND TABLE_SCHEMA IN " +
                                            schemas_)) {
      out.insert(row[0].value_or(""));
    }
    return out;
  }

  // Names of what is no table.
  std::set<std::string> objects() {
    std::set<std::string> out;
    for (const auto& row : connection_.rows(
             "SELECT CONCAT('view ',TABLE_SCHEMA,'.',TABLE_NAME) FROM information_schema.VIEWS WHERE "
             "TABLE_SCHEMA IN " +
             schemas_ +
             " UNION ALL SELECT CONCAT('trigger ',TRIGGER_SCHEMA,'.',TRIGGER_NAME) FROM "
             "information_schema.TRIGGERS "
             "WHERE TRIGGER_NAME NOT LIKE 'dw|_archive|_%' ESCAPE '|' AND TRIGGER_SCHEMA IN " +
             schemas_ +
             " UNION ALL SELECT CONCAT(LOWER(ROUTINE_TYPE),' ',ROUTINE_SCHEMA,'.',ROUTINE_NAME) FROM "
             "information_schema.ROUTINES WHERE ROUTINE_SCHEMA IN " +
             schemas_)) {
      out.insert(row[0].value_or(""));
    }
    return out;
  }

  TableFacts table(const std::string& qualified) {
    TableFacts out;
    const std::string create =
        connection_.rows("SHOW CREATE TABLE " + quoted(qualified)).at(0).at(1).value_or("");
    static const std::regex kNext(" AUTO_INCREMENT=([0-9]+)");
    std::smatch match;
    if (std::regex_search(create, match, kNext)) out.auto_increment = match[1];
    out.definition = portable_ ? portable_definition(qualified) : std::regex_replace(create, kNext, "");
    const std::vector<std::string> types = portable_ ? column_types(qualified) : std::vector<std::string>();
    for (auto& row : connection_.rows("SELECT * FROM " + quoted(qualified))) {
      for (std::size_t i = 0; i < types.size(); ++i) make_comparable(types[i], row[i]);
      out.rows.push_back(row_text(row));
    }
    std::sort(out.rows.begin(), out.rows.end());
    return out;
  }

 private:
  static std::string quoted(const std::string& qualified) {
    const auto dot = qualified.find('.');
    return "`" + qualified.substr(0, dot) + "`.`" + qualified.substr(dot + 1) + "`";
  }

  static std::string where(const std::string& qualified) {
    const auto dot = qualified.find('.');
    return " WHERE TABLE_SCHEMA='" + qualified.substr(0, dot) + "' AND TABLE_NAME='" +
           qualified.substr(dot + 1) + "'";
  }

  // MariaDB says longtext of a JSON column; its CHECK tells.
  std::vector<std::string> column_types(const std::string& qualified) {
    std::vector<std::string> out;
    for (const auto& row : connection_.rows("SELECT LOWER(DATA_TYPE) FROM information_schema.COLUMNS" +
                                            where(qualified) + " ORDER BY ORDINAL_POSITION")) {
      out.push_back(row[0].value_or(""));
    }
    return out;
  }

  std::string portable_definition(const std::string& qualified) {
    std::string out;
    for (const auto& row : connection_.rows(
             "SELECT COLUMN_NAME, LOWER(DATA_TYPE), IS_NULLABLE, CHARACTER_SET_NAME, EXTRA LIKE "
             "'%auto_increment%', "
             "NUMERIC_PRECISION, NUMERIC_SCALE, DATETIME_PRECISION, COLUMN_TYPE LIKE '%unsigned%' FROM "
             "information_schema.COLUMNS" +
             where(qualified) + " ORDER BY ORDINAL_POSITION")) {
      auto copy = row;
      if (copy[1] == "json" || copy[1] == "longtext") copy[1] = copy[3] = "json or longtext";
      if (copy[1] == "year" || copy[1] == "bit" || copy[1] == "float" || copy[1] == "double")
        copy[5] = copy[6] = "";
      if (copy[1] == "bigint" || copy[1] == "mediumint") copy[5] = "";
      out += row_text(copy) + "\n";
    }
    for (const auto& row : connection_.rows("SELECT INDEX_NAME, NON_UNIQUE, SEQ_IN_INDEX, COLUMN_NAME FROM "
                                            "information_schema.STATISTICS" +
                                            where(qualified) + " ORDER BY INDEX_NAME, SEQ_IN_INDEX")) {
      out += row_text(row) + "\n";
    }
    return out;
  }

  Connection& connection_;
  std::string schemas_;
  bool portable_;
};

std::string first_lines_that_differ(const std::string& one, const std::string& other) {
  const auto at = static_cast<std::size_t>(
      std::mismatch(one.begin(), one.end(), other.begin(), other.end()).first - one.begin());
  const std::size_t from = at < 60 ? 0 : at - 60;
  return "production …" + printable(one.substr(from, 200)) + "\n    mirror     …" +
         printable(from < other.size() ? other.substr(from, 200) : "");
}

void compare_rows(const std::string& name, const TableFacts& source, const TableFacts& mirror,
                  std::vector<TableDifference>& out) {
  if (source.rows == mirror.rows) return;
  TableDifference difference{.table = name, .kind = "rows", .rows = source.rows.size()};
  std::vector<std::string> missing;
  std::vector<std::string> extra;
  std::set_difference(source.rows.begin(), source.rows.end(), mirror.rows.begin(), mirror.rows.end(),
                      std::back_inserter(missing));
  std::set_difference(mirror.rows.begin(), mirror.rows.end(), source.rows.begin(), source.rows.end(),
                      std::back_inserter(extra));
  difference.missing = missing.size();
  difference.extra = extra.size();
  difference.detail = "production " + (missing.empty() ? "(no such row)" : printable(missing.front())) +
                      "\n    mirror     " + (extra.empty() ? "(no such row)" : printable(extra.front()));
  out.push_back(std::move(difference));
}

void compare_names(const std::set<std::string>& source, const std::set<std::string>& mirror,
                   std::vector<TableDifference>& out) {
  for (const std::string& name : source) {
    if (!mirror.contains(name))
      out.push_back({.table = name, .kind = "missing", .detail = "not on the mirror"});
  }
  for (const std::string& name : mirror) {
    if (!source.contains(name))
      out.push_back({.table = name, .kind = "extra", .detail = "only on the mirror"});
  }
}

void mark_suspects(Connection& mirror, std::vector<TableDifference>& differences) {
  std::set<std::string> suspects;
  std::set<std::string> by_dialect;
  for (const auto& row :
       mirror.rows("SELECT schema_name, table_name, reason LIKE 'MySQL and MariaDB differ: %' "
                   "FROM dw_meta.suspects WHERE cleared_at IS NULL")) {
    const std::string name = row[0].value_or("") + "." + row[1].value_or("");
    suspects.insert(name);
    if (row[2] == "1") by_dialect.insert(name);
  }
  for (TableDifference& difference : differences) {
    difference.suspect = suspects.contains(difference.table) || suspects.contains(".") ||
                         suspects.contains(difference.table.substr(0, difference.table.find('.')) + ".");
    difference.by_dialect = by_dialect.contains(difference.table);
  }
}

// Behind a type's highest id MySQL's counter stays at it, and MariaDB's shows one more; neither gives
// another.
bool is_used_up(const TableFacts& source, const TableFacts& mirror) {
  static const std::map<std::string, std::string> kBehindHighest{{"127", "128"},
                                                                 {"255", "256"},
                                                                 {"32767", "32768"},
                                                                 {"65535", "65536"},
                                                                 {"8388607", "8388608"},
                                                                 {"16777215", "16777216"},
                                                                 {"2147483647", "2147483648"},
                                                                 {"4294967295", "4294967296"}};
  const auto found = kBehindHighest.find(source.auto_increment);
  return found != kBehindHighest.end() && found->second == mirror.auto_increment;
}

}  // namespace

void make_comparable(const std::string& type, std::optional<std::string>& value) {
  if (!value) return;
  if (type == "float" || type == "double") {
    value = std::to_string(std::strtod(value->c_str(), nullptr));  // what is too small is 0, and no error
  } else if (type == "json" || type == "longtext") {
    const auto json = nlohmann::json::parse(*value, nullptr, false);
    if (!json.is_discarded()) value = json.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
  }
}

std::vector<TableDifference> compare_servers(Connection& source, Connection& mirror,
                                             const std::vector<std::string>& schemas) {
  const bool portable = source.is_mariadb() != mirror.is_mariadb();
  ServerFacts ours(source, schemas, portable);
  ServerFacts theirs(mirror, schemas, portable);
  std::vector<TableDifference> out;
  const auto source_tables = ours.tables();
  const auto mirror_tables = theirs.tables();
  compare_names(source_tables, mirror_tables, out);
  compare_names(ours.objects(), theirs.objects(), out);
  for (const std::string& name : source_tables) {
    if (!mirror_tables.contains(name)) continue;
    const TableFacts a = ours.table(name);
    const TableFacts b = theirs.table(name);
    if (a.definition != b.definition) {
      out.push_back({.table = name,
                     .kind = "definition",
                     .detail = first_lines_that_differ(a.definition, b.definition)});
    }
    compare_rows(name, a, b, out);
    if (a.auto_increment != b.auto_increment && !(portable && is_used_up(a, b))) {
      out.push_back({.table = name,
                     .kind = "auto_increment",
                     .detail = "production " + a.auto_increment + ", mirror " + b.auto_increment});
    }
  }
  mark_suspects(mirror, out);
  return out;
}

}  // namespace dw::test
