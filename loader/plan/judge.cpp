#include "loader/plan/judge.h"

#include <algorithm>
#include <cctype>

#include "common/sql/identifiers.h"
#include "common/sql/server_schemas.h"
#include "common/util/letter_case.h"

namespace dw::load {
namespace {

using sql::StatementClass;
using sql::Verb;

bool is_system_schema(const std::string& name) {
  return sql::is_server_schema(name) || equals_ignoring_case(name, "dw_meta");
}

void set(Unit& unit, Treatment treatment, Reason reason) {
  unit.treatment = treatment;
  unit.reason = reason;
}

void judge_state(Unit& unit) {
  switch (unit.statement.verb) {
    case Verb::set:
    case Verb::set_names:
    case Verb::set_character_set:
      return set(unit, Treatment::set_state, Reason::session);
    case Verb::create_temporary_table:
    case Verb::drop_temporary_table:
      // Where TEMPORARY stands in a version comment, the text does not tell what the server read.
      if ((unit.statement.doubts & sql::doubt_version_comment) != 0)
        return set(unit, Treatment::refuse, Reason::none);
      return set(unit, Treatment::run, Reason::none);
    case Verb::select:
      return set(unit, Treatment::run, Reason::none);
    default:
      return set(unit, Treatment::ignore, Reason::session);
  }
}

// Looking at tables changes no row of theirs; everything else that administers a server stays away from the
// mirror's.
void judge_administration(Unit& unit) {
  switch (unit.statement.verb) {
    case Verb::analyze_table:
    case Verb::check_table:
    case Verb::checksum_table:
    case Verb::optimize_table:
    case Verb::repair_table:
      return set(unit, Treatment::ignore, Reason::administration);
    default:
      return set(unit, Treatment::withhold, Reason::administration);
  }
}

void judge_rolled_back(Unit& unit) {
  // An UPDATE can move the counter too, and so can what triggers do.
  const bool replayable = unit.statement.verb != Verb::load_data && unit.statement.verb != Verb::load_xml;
  set(unit, replayable ? Treatment::run_and_undo : Treatment::skip_rolled_back, Reason::none);
}

}  // namespace

Judge::Judge(const PlannerOptions& options) : options_(options) {
  for (const std::string& name : options.databases)
    databases_.insert(sql::folded(name, options.lower_case_names));
}

void Judge::judge(Unit& unit, Fate fate) const {
  if (unit.reason == Reason::unknown_body) return judge_unknown(unit);
  switch (unit.statement.cls) {
    case StatementClass::empty:
    case StatementClass::read:
      return set(unit, Treatment::ignore, Reason::read);
    case StatementClass::transaction_control:  // SET autocommit=0, sql_mode='…' sets both
      if (unit.statement.verb == Verb::set_autocommit)
        return set(unit, Treatment::set_state, Reason::transaction);
      return set(unit, Treatment::ignore, Reason::transaction);
    case StatementClass::session_state:
      return judge_state(unit);
    case StatementClass::account:
      return set(unit, Treatment::withhold, Reason::account);
    case StatementClass::administration:
      return judge_administration(unit);
    case StatementClass::unparsed:
      return set(unit, Treatment::refuse, Reason::none);
    default:
      return judge_change(unit, fate);
  }
}

// A read changes nothing, and what schemas that are not mirrored do to themselves is no concern.
void Judge::judge_unknown(Unit& unit) const {
  if (unit.statement.cls == StatementClass::read || unit.statement.cls == StatementClass::empty)
    return set(unit, Treatment::ignore, Reason::read);
  if (!touches_mirrored(unit)) return set(unit, Treatment::ignore, Reason::not_mirrored);
  set(unit, Treatment::refuse, Reason::unknown_body);
}

void Judge::judge_change(Unit& unit, Fate fate) const {
  // BEGIN NOT ATOMIC …: anything may happen inside, a DELETE or a COMMIT too.
  if (unit.statement.verb == Verb::none) return set(unit, Treatment::refuse, Reason::none);
  // SET x = f(): the function runs with the assignment, and what it changes is its transaction's.
  if (unit.statement.verb == Verb::set && fate != Fate::rolled_back)
    return set(unit, fate == Fate::held ? Treatment::run : Treatment::set_state, Reason::session);
  if (!touches_mirrored(unit)) {
    // A function of a mirrored schema, called from one that is not: what it changes is mirrored.
    const bool reaches = unit.note && unit.note->run;
    return set(unit, reaches ? Treatment::refuse : Treatment::ignore, Reason::not_mirrored);
  }
  if (fate == Fate::refused) return set(unit, Treatment::skip_rolled_back, Reason::none);
  if (fate == Fate::rolled_back) return judge_rolled_back(unit);
  set(unit, Treatment::run, Reason::none);
}

bool Judge::is_mirrored(const std::string& schema) const {
  if (is_system_schema(schema)) return false;
  return databases_.empty() || databases_.contains(sql::folded(schema, options_.lower_case_names));
}

// A statement that names no table it changes (CALL, DO) belongs to the session's database. What cannot be
// known is let through: the server will say.
bool Judge::touches_mirrored(const Unit& unit) const {
  const sql::Statement& statement = unit.statement;
  const auto mirrored = [&](const std::string& schema) {
    return schema.empty() ? !unit.database || unit.database->empty() || is_mirrored(*unit.database)
                          : is_mirrored(schema);
  };
  if (statement.writes.empty()) return mirrored("");
  return std::any_of(statement.writes.begin(), statement.writes.end(),
                     [&](const sql::TableName& table) { return mirrored(table.schema); });
}

}  // namespace dw::load
