// Applier's part for statements that waited for tables which other sessions had locked:
// loader/plan/lock_waits.h.
//
// Such a statement is in dw_meta.held from its place in the log to where it ran. It runs as any other of its
// session, which has sent nothing since; DDL with an intent, so that it is done once whenever dw-load is
// killed: it leaves dw_meta.held in the transaction that says it is done.
#include <algorithm>

#include "loader/apply/applier.h"
#include "loader/baseline/copied_tables.h"
#include "loader/plan/lock_waits.h"

namespace dw::load {
namespace {

constexpr std::string_view kWaited =
    "waited for a table that another session had locked: of those that do, the order is not known";

// Where the tables of a RENAME go that nothing comes from.
std::vector<sql::TableName> new_names(const sql::Statement& rename) {
  std::vector<sql::TableName> out;
  const auto& names = rename.writes;
  for (std::size_t i = 0; i + 1 < names.size(); i += 2) {
    bool is_source = false;
    for (std::size_t k = 0; k < names.size(); k += 2) is_source = is_source || names[k] == names[i + 1];
    if (!is_source) out.push_back(names[i + 1]);
  }
  return out;
}

}  // namespace

// By the LOCK TABLES of its own session. That one failed itself where a table is not there, and then nothing
// is locked.
bool Applier::is_refused_by_locks(const Unit& unit) {
  const Session& session = checkpoint_.sessions.at(event_of(unit).thread_id);
  if (unit.held || !refused_by_own_locks(session, unit.statement, options_.lower_case_names)) return false;
  const bool all_there =
      std::all_of(session.locks.begin(), session.locks.end(), [this](const TableLock& lock) {
        return !facts_of(lock.name.schema, lock.name.table).key.table_columns.empty();
      });
  return all_there && !writes_own_temporaries(unit);
}

void Applier::handle_waiting(std::size_t number, const HeldStep& step) {
  const Unit& unit = unit_at(number);
  journal_.received(unit);
  if (unit.treatment != Treatment::run) return journal_.refuse(unit, "not understood, and therefore not run");
  std::string_view why = step.suspicion;
  if (why.empty() && !unit.statement.commits) why = kWaited;
  if (why.empty() && behind_copy()) why = kUnderWay;
  if (!why.empty()) suspect(unit, std::string(why));
  // What waited with it and came first has changed the table that has another name now.
  if (unit.statement.verb == sql::Verb::rename_table) {
    for (const sql::TableName& name : new_names(unit.statement))
      journal_.suspect_table(unit, schema_of(name, unit), name.table, std::string(kWaited));
  }
  if (step.action == HeldStep::Action::roll_back) return journal_.count(Outcome::rolled_back);
  if (!arrange_temporaries(number)) return;
  if (writes_own_temporaries(unit)) return run_on_temporaries(number);
  const Ruling ruling = retention_.rule(unit.statement);
  if (ruling.action == Ruling::Action::withhold) return journal_.withhold(unit, ruling.reason);
  if (unit.statement.commits) return run_schema_change(number);
  if (unit.statement.verb == sql::Verb::call) return run_opaque(number);
  const bool gives_id = generates_id(unit);
  const std::uint64_t failed = failures_so_far();
  run(number, false);
  if (!gives_id || failures_so_far() != failed) return;
  set_insert_id(number, std::stoull(connection_.value("SELECT LAST_INSERT_ID()").value_or("0")));
}

}  // namespace dw::load
