// Verifier's part for tables that one side has and the other has not.
#include <algorithm>

#include "common/rows/counter.h"
#include "common/sql/identifiers.h"
#include "loader/apply/dialect_facts.h"
#include "loader/baseline/program_maker.h"
#include "loader/verify/triggers_aside.h"
#include "loader/verify/verifier.h"

namespace dw::load {

// Production has the table and the mirror does not. Its rows come with the next reading.
void Verifier::make_missing(const TableId& id) {
  if (!scope_.repair || !made_.insert(id).second) {
    result_.drifting[id] = "the mirror has no such table";
    return;
  }
  const rows::Catalog catalog = parse_catalog(source_.fetch_catalog());
  const auto table = std::find_if(catalog.tables.begin(), catalog.tables.end(), [&](const rows::Table& one) {
    return one.schema == id.schema && one.name == id.table;
  });
  if (table == catalog.tables.end() || !puller_.header()) return;
  mysql::Connection& mirror = tables_.connection();
  const SourceInfo& source = puller_.header()->source;
  const Dialect dialect(dialect_facts(mirror, source));
  ProgramMaker maker(mirror, dialect, source);
  try {
    mirror.execute("CREATE DATABASE IF NOT EXISTS " + sql::quote_identifier(id.schema));
    mirror.execute("USE " + sql::quote_identifier(id.schema));
    mirror.execute(maker.translated(rows::without_counter(table->create), ""));
    if (table->next_id)
      mirror.execute("ALTER TABLE " + sql_name(*table) +
                     " AUTO_INCREMENT=" + std::to_string(*table->next_id));
  } catch (const mysql::SqlError& error) {
    if (error.connection_is_gone()) throw;
    result_.drifting[id] = std::string("the mirror refused to make it: ") + error.what();
    return;
  }
  std::vector<rows::Program> triggers;
  for (const rows::Program& one : catalog.programs) {
    if (one.kind == rows::ProgramKind::trigger && one.schema == id.schema && one.table == id.table)
      triggers.push_back(one);
  }
  for (const Refused& refused : maker.make_others(triggers))
    result_.drifting[id] = refused.what + " was refused: " + refused.message;
  tables_.set_session();
  tables_.forget();
  applier_.follow_schema();
  chunks_.forget(id);
  chunks_.cut(tables_, id, false);
  for (const Chunk& chunk : chunks_.due(now_micros(), 1, &id)) tasks_.push_front(task_of(chunk, Want::rows));
}

// Production has no such table, and a statement that it may have given up made or changed it here. A table
// that no suspect names may be somebody's own.
bool Verifier::may_go(const TableId& id) {
  const bool names = std::ranges::any_of(open_suspects(tables_.connection()),
                                         [&](const OpenSuspect& one) { return one.table == id; });
  return names && scope_.repair && config_.retention == "archive" && !puller_.is_held_back();
}

// Its rows first, which the archive's trigger keeps; a run that is killed behind that drops it the next time.
void Verifier::drop_extra(const Pass& pass, const TableId& id) {
  mysql::Connection& mirror = tables_.connection();
  TriggersAside triggers(mirror);
  triggers.take_off(id);
  const RepairPlace place = begin_repair(pass);
  try {
    Repairer::set_reason(mirror, {place.cursor, place.time, "absent"});
    const std::uint64_t rows = mirror.execute("DELETE FROM " + quoted(id)).affected_rows;
    mirror.execute("COMMIT");
    mirror.execute("DROP TABLE " + quoted(id));
    result_.found += rows;
    result_.repaired += rows;
  } catch (const mysql::SqlError& error) {
    if (error.connection_is_gone()) throw;
    mirror.execute("ROLLBACK");
    triggers.put_back();
    result_.drifting[id] =
        std::string("production has no such table, and the mirror refused to drop it: ") + error.what();
    return;
  }
  triggers.put_back();  // forgets those of the table
  std::vector<std::uint64_t> cleared;
  for (const OpenSuspect& one : open_suspects(mirror)) {
    if (one.table == id) cleared.push_back(one.id);
  }
  clear_suspects(mirror, cleared);
  chunks_.forget(id);
  definitions_.forget(id);
  tables_.forget();
  applier_.follow_schema();
}

}  // namespace dw::load
