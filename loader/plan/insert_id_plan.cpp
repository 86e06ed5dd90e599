#include "loader/plan/insert_id_plan.h"

#include <unordered_map>

namespace dw::load {
namespace {

bool runs(const Unit& unit) {
  return unit.treatment == Treatment::run || unit.treatment == Treatment::run_and_undo ||
         unit.treatment == Treatment::set_state;
}

}  // namespace

InsertIdPlan track_insert_ids(const Batch& batch, const Plan& plan, const InsertIdUses& uses) {
  InsertIdPlan out;
  out.tracked.resize(plan.units.size());
  std::unordered_map<std::uint64_t, bool> wanted;  // by thread: is the value behind the unit of interest?
  for (const std::uint64_t thread : plan.ended) wanted[thread] = false;
  for (std::size_t i = plan.units.size(); i-- > 0;) {
    const Unit& unit = plan.units[i];
    const Event& event = batch.events[unit.event];
    bool& behind = wanted.try_emplace(event.thread_id, true).first->second;
    if (!unit.is_statement) {
      if (event.command != Command::init_db) behind = false;  // it begins or ends there
      continue;
    }
    if (!runs(unit)) continue;
    if (behind) {
      const SetsInsertId sets = uses.sets(unit);
      out.sets[i] = sets;
      out.tracked[i] = sets != SetsInsertId::never;
      behind = sets != SetsInsertId::surely || (uses.may_fail && unit.statement.verb != sql::Verb::set);
    }
    if (uses.reads(unit)) out.tracked[i] = behind = true;
  }
  return out;
}

}  // namespace dw::load
