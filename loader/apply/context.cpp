#include "loader/apply/context.h"

#include "common/sql/identifiers.h"
#include "common/sql/lexer.h"
#include "common/sql/server_schemas.h"
#include "common/util/error.h"
#include "loader/apply/dialect_facts.h"

namespace dw::load {
namespace {

constexpr const char* kTimestampRule = "explicit_defaults_for_timestamp";

bool is_number(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789.-") == std::string::npos;
}

std::string as_literal(const std::string& value) {
  return is_number(value) ? value : sql::quote_literal(value);
}

}  // namespace

const std::set<std::string>& carried_variables() {
  static const std::set<std::string> names{"auto_increment_increment",
                                           "auto_increment_offset",
                                           "check_constraint_checks",
                                           "collation_server",
                                           "default_storage_engine",
                                           "default_week_format",
                                           "div_precision_increment",
                                           kTimestampRule,
                                           "foreign_key_checks",
                                           "group_concat_max_len",
                                           "lc_time_names",
                                           "sql_auto_is_null",
                                           "sql_generate_invisible_primary_key",
                                           "sql_mode",
                                           "sql_require_primary_key",
                                           "time_zone",
                                           "unique_checks"};
  return names;
}

std::string known_modes(const std::string& modes, bool mariadb) {
  std::string out;
  std::size_t begin = 0;
  while (begin <= modes.size()) {
    const std::size_t end = std::min(modes.find(',', begin), modes.size());
    const std::string mode = modes.substr(begin, end - begin);
    const bool unknown = mariadb ? mode == "TIME_TRUNCATE_FRACTIONAL" : mode == "NO_AUTO_CREATE_USER";
    if (!mode.empty() && !unknown) out += (out.empty() ? "" : ",") + mode;
    begin = end + 1;
  }
  return out;
}

const std::set<std::string>& own_variables() {
  static const std::set<std::string> names{
      "character_set_client", "collation_connection", "insert_id", "last_insert_id",
      "rand_seed1",           "rand_seed2",           "timestamp"};
  return names;
}

const std::string* own_clock(const Context& context) {
  if (!context.settings) return nullptr;
  const auto found = context.settings->find("timestamp");
  return found == context.settings->end() ? nullptr : &found->second;
}

std::string names_with(const std::string& names, const std::string& value, bool mariadb) {
  if (value == "DEFAULT" || value == "default") return "";
  // A collation's name begins with its character set's.
  const std::string charset = names.empty() ? "utf8mb4" : names.substr(0, names.find(' '));
  const bool fits = value.rfind(charset + "_", 0) == 0;
  const bool unknown = mariadb && value.find("_0900_") != std::string::npos;
  return fits && !unknown ? charset + " COLLATE " + value : names;
}

const std::string& ContextSwitch::value_of(const Settings* settings, const std::string& name) const {
  if (settings != nullptr) {
    const auto own = settings->find(name);
    if (own != settings->end()) return own->second;
  }
  return base_.at(name);
}

// What SET NAMES takes: a client's own character set stands behind the connection's.
std::string ContextSwitch::names_for(const Settings* settings) const {
  const std::string& names = value_of(settings, kNames);
  if (settings == nullptr || !settings->contains(kClientCharset)) return names;
  return names + ", character_set_client=" + settings->at(kClientCharset);
}

std::string names_of(std::string_view set_statement) {
  sql::Lexer lexer(set_statement);
  std::string out;
  bool behind = false;
  sql::Token before;
  for (sql::Token token = lexer.next(); token.kind != sql::TokenKind::end; token = lexer.next()) {
    if (token.kind == sql::TokenKind::unterminated) return "";
    // mysqldump: /*!50503 SET NAMES utf8mb4 */
    if (token.kind == sql::TokenKind::version_comment || token.kind == sql::TokenKind::version_comment_end)
      continue;
    if (behind) out += (out.empty() ? "" : " ") + std::string(token.text);
    const bool character_set = token.is("SET") && (before.is("CHARACTER") || before.is("CHAR"));
    if (token.is("NAMES") || token.is("CHARSET") || character_set) behind = true;
    before = token;
  }
  return out == "DEFAULT" || out == "default" ? "" : out;
}

bool ContextSwitch::has_own_zone(const Context& context) const {
  const auto base = base_.find("time_zone");
  return base != base_.end() && value_of(context.settings.get(), "time_zone") != base->second;
}

std::vector<std::string> ContextSwitch::lead_to(const Context& wanted) {
  std::vector<std::string> out;
  const std::string names = names_for(wanted.settings.get());
  if (!known_ || names_for(present_.settings.get()) != names) out.push_back("SET NAMES " + names);
  const bool same_database = known_ && present_.database == wanted.database;
  if (!same_database && wanted.database && !wanted.database->empty()) {
    out.push_back("USE " + sql::quote_identifier(*wanted.database));
  }
  const bool other_settings = !known_ || present_.settings != wanted.settings;
  const bool other_time =
      !wanted.timestamp.empty() && (other_settings || present_.timestamp != wanted.timestamp);
  // A session with a time zone of its own wrote its events' times in that zone; the source took them for its
  // global one. So the clock's text is made in the one zone and read in the other.
  const bool own_zone = has_own_zone(wanted) && own_clock(wanted) == nullptr;
  if (own_zone && other_time) {
    out.push_back("SET time_zone=" + base_.at("time_zone"));
    out.push_back("SET @dw_time=CAST(FROM_UNIXTIME(" + wanted.timestamp + ") AS CHAR)");
    out.push_back("SET time_zone=" + value_of(wanted.settings.get(), "time_zone"));
  }
  std::string set;
  const auto assign = [&set](const std::string& name, const std::string& value) {
    set += (set.empty() ? "SET " : ", ") + name + "=" + value;
  };
  if (other_settings) {
    for (const auto& [name, value] : base_) {
      if (name == kNames) continue;
      const std::string& target = value_of(wanted.settings.get(), name);
      if (!known_ || value_of(present_.settings.get(), name) != target) assign(name, target);
    }
  }
  if (other_time) assign("timestamp", own_zone ? "UNIX_TIMESTAMP(@dw_time)" : wanted.timestamp);
  if (!set.empty()) out.push_back(std::move(set));
  present_ = wanted;
  known_ = true;
  return out;
}

Settings make_base(mysql::Connection& connection, const std::map<std::string, std::string>& globals,
                   const Dialect& dialect) {
  Settings base{{kNames, dialect.collations().names("utf8mb4")}};
  for (const std::string& name : carried_variables()) {
    std::optional<std::string> present;
    try {
      present = connection.value("SELECT @@session." + name);
    } catch (const mysql::SqlError& error) {
      if (error.connection_is_gone()) throw;
      continue;  // this server has no such variable
    }
    const auto global = globals.find(name);
    std::string wanted = global == globals.end() ? present.value_or("") : global->second;
    if (global != globals.end()) wanted = mirror_value(name, wanted, dialect);
    if (wanted == "ON") wanted = "1";
    if (wanted == "OFF") wanted = "0";
    base[name] = as_literal(wanted);
    if (wanted == present) continue;
    try {
      connection.execute("SET " + name + "=" + base[name]);
    } catch (const mysql::SqlError& error) {
      throw Error(ExitCode::mirror_unreachable,
                  "the mirror cannot take over the source's " + name + " " + base[name] + ": " + error.what(),
                  name == "time_zone"
                      ? "load the time zone tables: mariadb-tzinfo-to-sql /usr/share/zoneinfo | mariadb mysql"
                      : "grant the mirror's account what it takes to set session variables");
    }
  }
  base.erase(kTimestampRule);  // it stays as it was set here: MySQL takes it only outside a transaction
  return base;
}

bool fractions_matter(mysql::Connection& connection) {
  const std::string system = sql::kUnmirroredSchemaList;
  const auto defaults = connection.value(
      "SELECT 1 FROM information_schema.COLUMNS WHERE DATETIME_PRECISION > 0 AND (COLUMN_DEFAULT LIKE "
      "'current_timestamp(%' "
      "OR EXTRA LIKE '%current_timestamp(%' OR GENERATION_EXPRESSION <> '') AND TABLE_SCHEMA NOT IN " +
      system + " LIMIT 1");
  const auto bodies =
      connection.value("SELECT 1 FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA NOT IN " + system +
                       " AND TRIGGER_NAME NOT LIKE 'dw|_archive|_%' ESCAPE '|' UNION ALL SELECT 1 FROM "
                       "information_schema.ROUTINES WHERE ROUTINE_SCHEMA NOT IN " +
                       system + " LIMIT 1");
  return defaults.has_value() || bodies.has_value();
}

bool has_non_transactional_tables(mysql::Connection& connection) {
  return connection
      .value(
          "SELECT 1 FROM information_schema.TABLES WHERE TABLE_TYPE='BASE TABLE' AND ENGINE<>'InnoDB' AND "
          "TABLE_SCHEMA NOT IN " +
          std::string(sql::kUnmirroredSchemaList) + " LIMIT 1")
      .has_value();
}

std::string timestamp_value(Micros time, bool with_fraction) {
  std::string out = std::to_string(time / 1'000'000);
  if (!with_fraction) return out;
  std::string fraction = std::to_string(time % 1'000'000);
  return out + "." + std::string(6 - fraction.size(), '0') + fraction;
}

}  // namespace dw::load
