// Journal's part that finds out how little a doubt can be about.
#include <algorithm>

#include "common/sql/key_condition.h"
#include "common/sql/key_predicate.h"
#include "loader/apply/journal.h"

namespace dw::load {
namespace {

using sql::KeySet;
using sql::Verb;

bool inserts(const sql::Statement& statement) {
  return statement.verb == Verb::insert || statement.verb == Verb::replace;
}

bool has_word(const Unit& unit, std::string_view upper) {
  const auto tokens = sql::tokens_of(unit.statement.text, unit.lexer);
  return std::any_of(tokens.begin(), tokens.end(), [&](const sql::Token& token) { return token.is(upper); });
}

// New rows and nothing else.
bool only_adds(const Unit& unit) {
  return unit.statement.verb == Verb::insert && !has_word(unit, "DUPLICATE");
}

// Rows that are left out, or change another one, take ids all the same.
bool skips_rows(const Unit& unit) {
  return has_word(unit, "IGNORE") || has_word(unit, "DUPLICATE");
}

void make_room_for(IdRange& ids, const KeySet& keys) {
  if (keys.new_rows > 1 && ids.to)
    ids.to = std::max(*ids.to, ids.from + static_cast<std::int64_t>(keys.new_rows) - 1);
}

bool from_query(const Unit& unit) {
  return (unit.statement.doubts & sql::doubt_row_order) != 0;
}

IdRange range_of(const KeySet& keys, const sql::KeyColumn& column) {
  return {keys.from.value_or(column.least), keys.to};
}

}  // namespace

void Journal::suspect_table(const Unit& unit, const std::string& schema, const std::string& table,
                            const std::string& reason) {
  suspects_.add_table(schema, table, reason, place_of(unit));
}

void Journal::narrow(const Note& note, TableKeys& tables) {
  const Unit& unit = *note.unit;
  const LogPlace place = place_of(unit);
  const auto& writes = unit.statement.writes;
  if (note.about == About::counters) return narrow_counters(note, tables);
  if (!unit.is_statement || writes.empty() || unit.statement.cls == sql::StatementClass::unparsed) {
    return suspects_.add_table(unit.database.value_or(""), "", note.reason, place);
  }
  if (writes.size() > 1 || note.about == About::tables || unit.statement.commits || writes[0].table.empty()) {
    for (const sql::TableName& name : writes) {
      if (doubts_definition(note.reason)) {
        suspects_.add_definition(schema_of(name, unit), name.table, note.reason, unit.statement.text, place);
      } else {
        suspects_.add_table(schema_of(name, unit), name.table, note.reason, place);
      }
    }
    return;
  }
  const std::string schema = schema_of(writes[0], unit);
  const std::string& table = writes[0].table;
  const TableFacts& facts = tables.find(schema, table);
  if (note.about == About::ids || note.about == About::order) return narrow_ids(note, facts);
  const KeySet keys = sql::keys_of(unit.statement, facts.key, unit.lexer);
  auto ids = ids_of(unit);
  if (ids) make_room_for(*ids, keys);
  // It waited with others, which then took ids beside it.
  if (ids && unit.held) ids->to.reset();
  // What collides on another unique key may have been the other row's fault.
  const bool certain = note.about != About::failure || !facts.key.other_unique;
  if (certain && keys.kind == KeySet::Kind::rows) {
    suspects_.add_rows(schema, table, facts.key.columns, keys.rows, note.reason, place);
  } else if (certain && keys.kind == KeySet::Kind::range) {
    const sql::KeyColumn& column = facts.key.columns[0];
    suspects_.add_ids(schema, table, column.name, range_of(keys, column), note.reason, place);
  } else if (ids && !facts.key.auto_increment.empty() &&
             (keys.kind == KeySet::Kind::given || only_adds(unit))) {
    suspects_.add_ids(schema, table, facts.key.auto_increment, *ids, note.reason, place);
  } else {
    suspects_.add_table(schema, table, note.reason, place);
  }
}

void Journal::narrow_ids(const Note& note, const TableFacts& facts) {
  const Unit& unit = *note.unit;
  const std::string schema = schema_of(unit.statement.writes[0], unit);
  const std::string& table = unit.statement.writes[0].table;
  const std::string& column = facts.key.auto_increment;
  if (column.empty()) return;
  const LogPlace place = place_of(unit);
  if (auto ids = ids_of(unit)) {
    if (note.about == About::order && ids->to == ids->from) return;
    if (skips_rows(unit)) make_room_for(*ids, sql::keys_of(unit.statement, facts.key, unit.lexer));
    // Several such statements at once may leave the counter elsewhere (facts.md: ids in powers of two).
    if (from_query(unit) && note.about == About::ids) ids->to.reset();
    suspects_.add_ids(schema, table, column, *ids, note.reason, place);
  } else if (note.about == About::order) {
    return;
  } else if (lost_ids_.contains(&unit) && from_query(unit)) {
    suspects_.add_table(schema, table, note.reason, place);
  } else if (lost_ids_.contains(&unit) && inserts(unit.statement)) {
    const KeySet keys = sql::keys_of(unit.statement, facts.key, unit.lexer);
    if (keys.kind != KeySet::Kind::rows)
      suspects_.add_lost_ids(schema, table,
                             static_cast<std::int64_t>(std::max<std::size_t>(keys.new_rows, 1)), note.reason);
  }
}

void Journal::narrow_counters(const Note& note, TableKeys& tables) {
  if (!inserts(note.unit->statement)) return;
  for (const sql::TableName& name : note.unit->statement.writes) {
    const std::string schema = schema_of(name, *note.unit);
    const sql::TableKey& key = tables.find(schema, name.table).key;
    if (!key.auto_increment.empty() && !key.columns.empty())
      suspects_.add_counter(schema, name.table, key.columns, note.reason, place_of(*note.unit));
  }
}

void Journal::suspect(const InFlight& statement, const TableFacts& facts, const std::string& reason) {
  const LogPlace place{0, statement.cursor, statement.time, statement.thread};
  const KeySet& keys = statement.keys;
  const bool same_key = keys.rows.empty() || keys.rows.front().size() == facts.key.columns.size();
  if (keys.kind == KeySet::Kind::rows && !facts.key.columns.empty() && same_key) {
    suspects_.add_rows(statement.schema, statement.table, facts.key.columns, keys.rows, reason, place);
  } else if (keys.kind == KeySet::Kind::range && !facts.key.columns.empty()) {
    suspects_.add_ids(statement.schema, statement.table, facts.key.columns[0].name,
                      range_of(keys, facts.key.columns[0]), reason, place);
  } else if (statement.first_id && !facts.key.auto_increment.empty()) {
    suspects_.add_ids(statement.schema, statement.table, facts.key.auto_increment,
                      {*statement.first_id, statement.last_id}, reason, place);
  } else {
    suspects_.add_table(statement.schema, statement.table, reason, place);
  }
}

}  // namespace dw::load
