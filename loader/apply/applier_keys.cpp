// Applier's part that has foreign keys checked as in production's session (foreign_keys.h). Nothing brings a
// session of MySQL 9.6 back from the one way to the other, so there are two connections.
#include <algorithm>
#include <utility>

#include "loader/apply/applier.h"
#include "loader/apply/foreign_keys.h"
#include "loader/retention/archive/archive_table.h"

namespace dw::load {

bool Applier::checks_keys_alike(const Unit& unit) const {
  return (source_keys_by_engine_ || unit.keys_by_engine) == !keys_before_ids_;
}

// Rows that are refused take ids or do not, and REPLACE takes children along or does not.
bool Applier::depends_on_keys(const Unit& unit) {
  const sql::StatementClass cls = unit.statement.cls;
  if (cls != sql::StatementClass::change && cls != sql::StatementClass::destructive) return false;
  const sql::Verb verb = unit.statement.verb;
  if (bodies_.mention("insert") || bodies_.mention("replace")) return true;
  return (verb == sql::Verb::insert || verb == sql::Verb::replace) &&
         std::ranges::any_of(unit.statement.writes, [&](const sql::TableName& name) {
           const TableFacts& facts = facts_of(schema_of(name, unit), name.table);
           return facts.foreign_key || facts.referenced;
         });
}

// Before the unit runs. Temporary tables are all on the one connection: while there are any, and where
// transactions that were set aside run, it is not left: ids are then taken as there (applier_undo.cpp), and
// what else may differ is noted (applier_dialect.cpp).
void Applier::arrange_keys(std::size_t number) {
  const Unit& unit = unit_at(number);
  if (!two_ways_ || unit.held) return;
  const SessionValues& values = checkpoint_.sessions.at(event_of(unit).thread_id).values;
  const bool own_tables = !values.temporaries.empty() || unit.statement.temporary ||
                          unit.statement.verb == sql::Verb::create_temporary_table;
  const bool may_turn = temporaries_.empty() && plan_.held_steps.empty() && !checks_keys_alike(unit);
  if (own_tables ? !on_engine_keys_ : !(may_turn && depends_on_keys(unit))) return;
  end_undo();
  commit_before(number);
  change_connection();
  begin();
  journal_.received(unit);
}

// Outside a transaction.
void Applier::leave_engine_keys() {
  if (on_engine_keys_) change_connection();
  other_.reset();  // until the next batch the server may have closed it
}

// What sessions had on the one connection was written down with the commit.
void Applier::change_connection() {
  if (!other_) {
    other_ = connection_.another();
    other_->reset();
    other_->execute("SET " + std::string(kTakesChildren) + "=1");
  }
  std::swap(connection_, *other_);
  on_engine_keys_ = !on_engine_keys_;
  keys_before_ids_ = !on_engine_keys_;
  context_.forget();
  forget_values();
}

}  // namespace dw::load
