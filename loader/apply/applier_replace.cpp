// Applier's part that leaves the AUTO_INCREMENT counter behind a REPLACE where production's is, although the
// archive's DELETE trigger has InnoDB reserve other values (replace_ids.h).
#include "common/sql/identifiers.h"
#include "loader/apply/applier.h"

namespace dw::load {

// Where the counter may come out otherwise than in production; empty: nowhere that is known.
RowIds Applier::ids_to_watch(const Unit& unit) {
  const sql::Statement& statement = unit.statement;
  if (!archiver_ || unit.held || next_id_owner_ || statement.verb != sql::Verb::replace ||
      statement.writes.size() != 1)
    return {};
  const TableId table{schema_of(statement.writes[0], unit), statement.writes[0].table};
  const TableFacts& facts = facts_of(table.schema, table.table);
  const std::string step = "auto_increment_increment";
  const SharedSettings settings = settings_of(unit);
  const bool by_ones = context_.base().at(step) == "1" && (!settings || !settings->contains(step));
  if (facts.referenced || !by_ones || archiver_->find(table) == nullptr) return {};
  const bool zero_is_a_value = sql_mode_of(unit).find("NO_AUTO_VALUE_ON_ZERO") != std::string::npos;
  return ids_of_replace(statement, facts.key, unit.lexer, zero_is_a_value);
}

// Production changes the row where the new one meets it by the last of its unique keys; of two keys that is
// the other one.
bool Applier::is_changed_in_place(const TableId& table) {
  const std::string schema = hex_literal(table.schema);
  const std::string name = hex_literal(table.table);
  return connection_.value(
             "SELECT (SELECT COUNT(*) FROM information_schema.TRIGGERS WHERE EVENT_OBJECT_SCHEMA=" + schema +
             " AND EVENT_OBJECT_TABLE=" + name +
             " AND EVENT_MANIPULATION='DELETE' AND TRIGGER_NAME NOT LIKE 'dw|_archive|_%' ESCAPE '|')=0 AND "
             "(SELECT COUNT(DISTINCT INDEX_NAME) FROM information_schema.STATISTICS WHERE TABLE_SCHEMA=" +
             schema + " AND TABLE_NAME=" + name + " AND NON_UNIQUE=0)<=2") == "1";
}

void Applier::run_replace(std::size_t number, const RowIds& ids) {
  const Unit& unit = unit_at(number);
  const TableId table{schema_of(unit.statement.writes[0], unit), unit.statement.writes[0].table};
  const sql::TableKey& key = facts_of(table.schema, table.table).key;
  const bool other_unique = key.other_unique;
  const std::uint64_t failures = failures_so_far();
  const auto before = shown_counter_of(connection_, table.schema, table.table);
  const bool watched = before && is_changed_in_place(table);
  std::set<std::uint64_t> there;
  if (watched) {
    std::string named;
    for (const auto& id : ids) named += id ? (named.empty() ? "" : ",") + std::to_string(*id) : "";
    const std::string column = sql::quote_identifier(key.auto_increment);
    for (const auto& row : connection_.rows("SELECT " + column + " FROM " + quoted(table) + " WHERE " +
                                            column + " IN (" + named + ")"))
      there.insert(std::stoull(row[0].value_or("0")));
  }
  run(number, false);
  const bool ran = failures_so_far() == failures;
  observe(unit);
  if (!watched || !ran) return;
  const std::uint64_t wanted = counter_behind(*before, ids, std::move(there), other_unique);
  if (shown_counter_of(connection_, table.schema, table.table) == wanted) return;
  move_checkpoint_behind(number);
  commit(false);
  connection_.execute("ALTER TABLE " + quoted(table) + " AUTO_INCREMENT=" + std::to_string(wanted));
  begin();
}

}  // namespace dw::load
