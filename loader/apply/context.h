// What the mirror's one connection must be set to before a statement runs, so that it means what it meant in
// production: the session's database, its variables, and the clock.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "common/mysql/connection.h"
#include "common/util/clock.h"
#include "loader/dialect/dialect.h"
#include "loader/plan/session_table.h"

namespace dw::load {

struct Context {
  std::optional<std::string> database;
  SharedSettings settings;  // null: the source's globals
  std::string timestamp;    // value for SET timestamp; empty: leave it
};

// Session variables that are carried from production to the mirror. Everything else that a client sets
// concerns its own connection (time-outs, result formats, isolation: the mirror runs one transaction at a
// time).
const std::set<std::string>& carried_variables();

// Further ones that a session may set and that are no setting of every statement: the clock, the next id,
// seeds, the parts of SET NAMES. `timestamp`, `insert_id` and `rand_seed1/2` are kept in Settings.
const std::set<std::string>& own_variables();

// The clock that the session has set by itself, if it has.
const std::string* own_clock(const Context& context);

// sql_mode names that the other dialect lacks, and that change nothing for a replay, are left out.
std::string known_modes(const std::string& modes, bool mariadb);

// `names` (what stands behind SET NAMES) as it is after SET collation_connection = value.
std::string names_with(const std::string& names, const std::string& value, bool mariadb);

// The key in Settings of what stands behind SET NAMES: it decides how the bytes of a statement are read.
inline constexpr const char* kNames = "NAMES";
// And of the character set that the client's bytes are in, where it was set alone: a literal is converted
// from it to the connection's, a binary column's too.
inline constexpr const char* kClientCharset = "character_set_client";

// What stands behind NAMES or CHARACTER SET in such a SET; empty for DEFAULT.
std::string names_of(std::string_view set_statement);

// Knows how the connection is set, and what has to be sent to change that.
class ContextSwitch {
 public:
  // `base`: every carried variable's value where a session has none of its own.
  void set_base(Settings base) { base_ = std::move(base); }
  [[nodiscard]] const Settings& base() const { return base_; }

  // The statements, if any, that lead from the connection's present context to `wanted`; the present one is
  // `wanted` from then on.
  std::vector<std::string> lead_to(const Context& wanted);
  // Nothing is known of the connection's context any more: the next `lead_to` sets everything.
  void forget() { known_ = false; }
  // The session set its time zone.
  [[nodiscard]] bool has_own_zone(const Context& context) const;

 private:
  [[nodiscard]] std::string names_for(const Settings* settings) const;
  [[nodiscard]] const std::string& value_of(const Settings* settings, const std::string& name) const;

  Settings base_;
  Context present_;
  bool known_ = false;
};

// Applies the source's globals to the connection and reads back what a fresh session has: the base. Throws
// Error(mirror_unreachable) when the mirror cannot be set like the source (a time zone that it does not
// know).
Settings make_base(mysql::Connection& connection, const std::map<std::string, std::string>& globals,
                   const Dialect& dialect);

// Whether some column's default or some body on the mirror may use the fraction of a second. Most schemas
// keep whole seconds; then one SET timestamp a second does, in place of one a statement.
bool fractions_matter(mysql::Connection& connection);

// Whether some table on the mirror keeps its rows when a transaction is rolled back (MyISAM, Aria, MEMORY).
bool has_non_transactional_tables(mysql::Connection& connection);

// The event's time for SET timestamp, with microseconds or without.
std::string timestamp_value(Micros time, bool with_fraction);

}  // namespace dw::load
