#include "loader/check/mirror_check.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace dw::load {
namespace {

constexpr std::uint64_t kLeastPacket = 16U << 20U;  // README, "Installing the mirror"

const std::vector<std::string_view> kBookkeepingPrivileges{"SELECT", "INSERT", "UPDATE", "DELETE",
                                                           "CREATE", "ALTER",  "DROP"};
const std::vector<std::string_view> kLivePrivileges{
    "SELECT",  "INSERT",      "UPDATE",    "DELETE",         "CREATE",
    "DROP",    "REFERENCES",  "INDEX",     "ALTER",          "CREATE TEMPORARY TABLES",
    "EXECUTE", "CREATE VIEW", "SHOW VIEW", "CREATE ROUTINE", "ALTER ROUTINE",
    "EVENT",   "TRIGGER"};
const std::vector<std::string_view> kArchivePrivileges{"SELECT", "INSERT", "CREATE"};
const std::vector<std::string_view> kTakingPrivileges{"UPDATE", "DELETE", "DROP", "ALTER"};
const std::vector<std::string_view> kViewPrivileges{"SELECT", "CREATE", "DROP", "CREATE VIEW", "SHOW VIEW"};

std::string variable(const MirrorFacts& facts, const std::string& name) {
  const auto found = facts.variables.find(name);
  return found == facts.variables.end() ? "" : found->second;
}

std::uint64_t number(const std::string& text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

using Version = std::pair<std::uint64_t, std::uint64_t>;  // major, minor

constexpr Version kOldestMariadb{10, 3};
constexpr Version kOldestMysql{8, 0};

Version version_of(const std::string& text) {
  const std::size_t dot = text.find('.');
  return {number(text), dot == std::string::npos ? 0 : number(text.substr(dot + 1))};
}

std::string grant(const std::string& privileges, const std::string& schema, const MirrorFacts& facts) {
  return "GRANT " + privileges + " ON " + mysql::schema_in_grant(schema) + " TO " + facts.account;
}

Finding version_finding(const MirrorFacts& facts) {
  const char* const about = "version";
  const std::string what = (facts.mariadb ? "MariaDB " : "MySQL ") + facts.version;
  const bool old = version_of(facts.version) < (facts.mariadb ? kOldestMariadb : kOldestMysql);
  if (!old) return good(about, what);
  return wrong(about, what + " is too old: dw-load needs window functions, recursive queries and more",
               facts.mariadb
                   ? "use MariaDB 10.3 or later; on QNAP it listens on /var/run/mariadb10.sock, port 3307"
                   : "use MySQL 8 or later",
               ExitCode::mirror_unreachable);
}

Finding read_only_finding(const MirrorFacts& facts) {
  const bool on = variable(facts, "read_only") == "ON" || variable(facts, "super_read_only") == "ON";
  if (!on) return good("read_only", "off");
  return wrong("read_only", "the server takes no changes", "SET GLOBAL read_only = 0",
               ExitCode::mirror_unreachable);
}

Finding programs_finding(const MirrorFacts& facts) {
  const char* const about = "triggers and functions";
  const bool trusted =
      variable(facts, "log_bin") != "ON" || variable(facts, "log_bin_trust_function_creators") == "ON";
  if (trusted || facts.privileges.holds("SUPER")) return good(about, "may be made");
  return wrong(about, "the binary log is on, and lets only SUPER make triggers and functions",
               "SET GLOBAL log_bin_trust_function_creators = 1, and in the server's option file",
               ExitCode::mirror_unreachable);
}

// Each session's settings become those of production's sessions, and MySQL asks a right for some of them
// (manual, "System Variable Privileges"): auto_increment_increment, sql_generate_invisible_primary_key, …
Finding settings_finding(const MirrorFacts& facts) {
  const char* const about = "session settings";
  const auto holds = [&](const char* name) { return facts.privileges.holds(name); };
  if (facts.mariadb || holds("SESSION_VARIABLES_ADMIN") || holds("SYSTEM_VARIABLES_ADMIN") || holds("SUPER"))
    return good(about, "may be set");
  const char* const what = "SESSION_VARIABLES_ADMIN is missing, to set what production's sessions have set";
  const std::string mend = "GRANT SESSION_VARIABLES_ADMIN ON *.* TO " + facts.account;
  return facts.privileges.has_roles() ? warning(about, std::string(what) + ", unless a role grants it", mend)
                                      : wrong(about, what, mend, ExitCode::mirror_unreachable);
}

Finding packet_finding(const MirrorFacts& facts, const MirrorNeeds& needs) {
  const char* const about = "max_allowed_packet";
  const std::uint64_t has = number(variable(facts, about));
  const std::uint64_t wanted = std::max(kLeastPacket, needs.max_allowed_packet);
  if (has >= wanted) return good(about, std::to_string(has));
  return warning(
      about, std::to_string(has) + " is less than production's statements may need",
      "SET GLOBAL max_allowed_packet = " + std::to_string(wanted) + ", and in the server's option file");
}

Finding zones_finding(const MirrorFacts& facts) {
  const char* const about = "time zones";
  if (facts.has_named_zones) return good(about, "loaded");
  return warning(about, "the server knows none by name: sessions that set one fail here",
                 facts.mariadb ? "mariadb-tzinfo-to-sql /usr/share/zoneinfo | mariadb mysql"
                               : "mysql_tzinfo_to_sql /usr/share/zoneinfo | mysql mysql");
}

Finding dialect_finding(const MirrorFacts& facts, const MirrorNeeds& needs) {
  if (!needs.mysql_source || !facts.mariadb) return good("dialect", "the source's own");
  return warning("dialect", "production is MySQL, the mirror MariaDB: some of what MySQL can is not here",
                 "README, \"MySQL to MariaDB\", lists it; a MySQL mirror has none of these limits");
}

// 0: names differ by case; 1: they are stored in lower case; 2: only compared so. (MySQL manual, "Identifier
// Case Sensitivity")
Finding names_finding(const MirrorFacts& facts, const MirrorNeeds& needs) {
  const char* const about = "lower_case_table_names";
  const std::string own = variable(facts, about);
  const std::string& wanted = needs.lower_case_table_names;
  if (wanted.empty() || (wanted == "0") == (own == "0")) return good(about, own + ", as the source's");
  return warning(about,
                 own + ", and the source has " + wanted +
                     (own == "0" ? ": a name that is written in another case is not found here"
                                 : ": tables whose names differ by case alone are one here"),
                 "set lower_case_table_names = " + wanted +
                     " in the server's option file before the first copy (MySQL: before its data folder is "
                     "made)");
}

// Bodies tell which statements in the log are a function's own.
Finding bodies_finding(const MirrorFacts& facts) {
  const char* const about = "bodies of functions";
  if (facts.hidden_function.empty()) return good(about, "to be seen");
  return wrong(about, "the mirror's account does not see the body of " + facts.hidden_function,
               std::string("GRANT ") + (facts.mariadb ? "SELECT ON mysql.proc" : "SHOW_ROUTINE ON *.*") +
                   " TO " + facts.account,
               ExitCode::mirror_unreachable);
}

Finding rights(const MirrorFacts& facts, const std::string& schema,
               const std::vector<std::string_view>& privileges) {
  const std::string lacking = facts.privileges.missing(privileges, schema);
  if (lacking.empty()) return good("schema " + schema, "all rights granted");
  const bool roles = facts.privileges.has_roles();
  const std::string what = lacking + " missing";
  return roles ? warning("schema " + schema, what + ", unless a role grants it: roles are not looked into",
                         grant(lacking, schema, facts))
               : wrong("schema " + schema, what, grant(lacking, schema, facts), ExitCode::mirror_unreachable);
}

// Rows that left must be safe from the account itself.
Finding append_only_finding(const MirrorFacts& facts, const std::string& archive) {
  std::string held;
  for (const std::string_view one : kTakingPrivileges) {
    if (facts.privileges.holds(one, archive)) held.append(held.empty() ? "" : ", ").append(one);
  }
  if (held.empty()) return good("schema " + archive, "append-only");
  return warning("schema " + archive, "not append-only: the account holds " + held + " there",
                 "grant rights schema by schema, as scripts/mirror-grants prints them");
}

std::vector<Finding> privilege_findings(const MirrorFacts& facts, const MirrorNeeds& needs) {
  std::vector<Finding> out{rights(facts, "dw_meta", kBookkeepingPrivileges)};
  for (const std::string& schema : facts.schemas) {
    out.push_back(rights(facts, schema, kLivePrivileges));
    if (needs.retention == "none") continue;
    out.push_back(rights(facts, schema + "_archive", kArchivePrivileges));
    if (out.back().level == Finding::Level::good)
      out.back() = append_only_finding(facts, schema + "_archive");
    out.push_back(rights(facts, schema + "_all", kViewPrivileges));
  }
  return out;
}

Finding checkpoint_finding(const MirrorFacts& facts) {
  const char* const about = "checkpoint";
  if (facts.cursor) return good(about, *facts.cursor);
  if (!facts.has_tables) return warning(about, "the mirror is empty", "dw-load baseline");
  return warning(about, "there are tables, but nothing says to which place of the log they belong",
                 "dw-load sync --after CURSOR, with the cursor that belongs to that copy");
}

}  // namespace

std::vector<Finding> mirror_findings(const MirrorFacts& facts, const MirrorNeeds& needs) {
  std::vector<Finding> out{
      version_finding(facts),        read_only_finding(facts),     programs_finding(facts),
      settings_finding(facts),       packet_finding(facts, needs), zones_finding(facts),
      dialect_finding(facts, needs), names_finding(facts, needs),  bodies_finding(facts)};
  for (Finding& one : privilege_findings(facts, needs)) out.push_back(std::move(one));
  out.push_back(checkpoint_finding(facts));
  for (Finding& one : out) one.about = "mirror: " + one.about;
  return out;
}

}  // namespace dw::load
