// Applier's part for statements that waited for tables which other sessions had locked:
// loader/plan/lock_waits.h.
//
// Such a statement is in dw_meta.held from its place in the log to where it ran. It runs as any other of its
// session, which has sent nothing since; DDL with an intent, so that it is done once whenever dw-load is
// killed: it leaves dw_meta.held in the transaction that says it is done.
#include "loader/apply/applier.h"
#include "loader/baseline/copied_tables.h"

namespace dw::load {
namespace {

constexpr std::string_view kWaited =
    "waited for a table that another session had locked, and those that wait for one change rows in no known "
    "order";

}  // namespace

void Applier::handle_waiting(std::size_t number, const HeldStep& step) {
  const Unit& unit = unit_at(number);
  journal_.received(unit);
  if (unit.treatment != Treatment::run) return journal_.refuse(unit, "not understood, and therefore not run");
  std::string_view why = step.suspicion;
  if (why.empty() && !unit.statement.commits) why = kWaited;
  if (why.empty() && behind_copy()) why = kUnderWay;
  if (!why.empty()) suspect(unit, std::string(why));
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
