#include "loader/apply/kept_tables.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "common/mysql/errors.h"
#include "common/sql/identifiers.h"
#include "loader/apply/bookkeeping.h"
#include "loader/retention/archive/names.h"

namespace dw::load {
namespace {

using nlohmann::json;

constexpr const char* kKinds[] = {"rows", "table", "schema"};
constexpr const char* kStates[] = {"out", "moving", "in"};
constexpr const char* kNextNumber = "SELECT COALESCE(MAX(id), 0) + 1 FROM dw_meta.kept_tables";

template <class Enum, std::size_t size>
Enum named(const char* const (&names)[size], const std::string& name) {
  return static_cast<Enum>(std::find(names, names + size - 1, name) - names);
}

std::string is_table(const TableId& table) {
  return "TABLE_SCHEMA=" + hex_literal(table.schema) + " AND TABLE_NAME=" + hex_literal(table.table);
}

}  // namespace

bool KeptTables::some_are_in() {
  return connection_.value("SELECT 1 FROM dw_meta.kept_tables WHERE state <> 'out' LIMIT 1").has_value();
}

void KeptTables::load() {
  entries_.clear();
  for (const auto& row :
       connection_.rows("SELECT id, kind, state, schema_name, table_name, shape, key_columns, "
                        "definition, log_cursor FROM dw_meta.kept_tables ORDER BY id")) {
    Entry one;
    one.id = std::stoull(row[0].value_or("0"));
    one.kind = named<Kind>(kKinds, row[1].value_or(""));
    one.state = named<State>(kStates, row[2].value_or(""));
    one.live = {row[3].value_or(""), row[4].value_or("")};
    if (one.kind == Kind::rows) {
      one.store = {one.live,
                   {"dw_meta", "kept_" + std::to_string(one.id)},
                   shape_from(row[5].value_or("[]")),
                   json::parse(row[6].value_or("[]")).get<std::vector<std::string>>()};
    }
    one.definition = row[7].value_or("");
    one.event = row[8].value_or("");
    entries_.push_back(std::move(one));
  }
}

void KeptTables::set_state(Entry& entry, State state) {
  connection_.execute(std::string("UPDATE dw_meta.kept_tables SET state='") +
                      kStates[static_cast<std::size_t>(state)] + "' WHERE id=" + std::to_string(entry.id));
  entry.state = state;
}

void KeptTables::forget(const Entry& entry) {
  connection_.execute("DELETE FROM dw_meta.kept_tables WHERE id=" + std::to_string(entry.id));
  if (entry.kind == Kind::rows) connection_.execute("DROP TABLE IF EXISTS " + quoted(entry.store.table));
}

// With the entry's new state, so that both are there or none.
void KeptTables::transact(const std::vector<std::string>& statements, Entry& entry, State state) {
  connection_.execute("START TRANSACTION");
  try {
    for (const std::string& sql : statements) connection_.execute(sql);
    set_state(entry, state);
    connection_.execute("COMMIT");
  } catch (const mysql::SqlError& error) {
    if (!error.connection_is_gone()) connection_.execute("ROLLBACK");
    throw;
  }
}

// What a view or a stored program names may be meant by any statement; what one puts together as text may
// name everything.
void KeptTables::read_bodies(Mentions& words, bool& all) {
  static constexpr const char* kBodies[] = {
      "SELECT VIEW_DEFINITION FROM information_schema.VIEWS WHERE TABLE_SCHEMA NOT LIKE '%\\_all' AND "
      "TABLE_SCHEMA NOT IN ('sys', 'mysql')",
      "SELECT ROUTINE_DEFINITION FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA NOT IN ('sys', "
      "'mysql')",
      "SELECT ACTION_STATEMENT FROM information_schema.TRIGGERS WHERE TRIGGER_NAME NOT LIKE "
      "'dw\\_archive\\_%' "
      "AND TRIGGER_SCHEMA NOT IN ('sys', 'mysql')"};
  for (const char* sql : kBodies) {
    connection_.stream(sql, [&](mysql::Row row) {
      if (row[0]) words.add(*row[0]);
      all = all || !row[0] || row[0]->empty();
      return true;
    });
  }
  all = all || words.has("prepare") || words.has("execute");
}

// What the texts name, and what foreign keys tie to it.
std::set<TableId> KeptTables::concerned(const Mentions& mentions) {
  std::set<TableId> out;
  const auto meant = [&](const TableId& table) { return mentions.has(table.table); };
  for (const Entry& one : entries_) {
    if (one.kind != Kind::schema && meant(one.live)) out.insert(one.live);
  }
  std::vector<std::pair<TableId, TableId>> ties;
  connection_.stream(
      "SELECT DISTINCT TABLE_SCHEMA, TABLE_NAME, REFERENCED_TABLE_SCHEMA, REFERENCED_TABLE_NAME FROM "
      "information_schema.KEY_COLUMN_USAGE WHERE REFERENCED_TABLE_NAME IS NOT NULL",
      [&](mysql::Row row) {
        ties.push_back(
            {{std::string(*row[0]), std::string(*row[1])}, {std::string(*row[2]), std::string(*row[3])}});
        for (const TableId& end : {ties.back().first, ties.back().second}) {
          if (meant(end)) out.insert(end);
        }
        return true;
      });
  for (bool grows = true; grows;) {
    const std::size_t before = out.size();
    for (const auto& [child, parent] : ties) {
      if (out.contains(child)) out.insert(parent);
      if (out.contains(parent)) out.insert(child);
    }
    grows = out.size() > before;
  }
  return out;
}

void KeptTables::take_out(const Mentions& mentions, bool all) {
  load();
  Mentions bodies;
  read_bodies(bodies, all);
  std::set<TableId> tables = concerned(mentions);
  tables.merge(concerned(bodies));
  std::set<std::string> schemas;
  for (const Entry& one : entries_) {
    const bool meant = one.kind == Kind::schema && mentions.has(one.live.schema);
    if (meant || (one.kind == Kind::table && tables.contains(one.live))) schemas.insert(one.live.schema);
  }
  const auto is_meant = [&](const Entry& one) {
    const bool of_schema = std::any_of(entries_.begin(), entries_.end(), [&](const Entry& other) {
      return other.kind == Kind::schema && other.live.schema == one.live.schema &&
             schemas.contains(other.live.schema);
    });
    return all || one.state == State::moving || of_schema || tables.contains(one.live);
  };
  connection_.execute("SET foreign_key_checks=0");
  connection_.execute(std::string("SET ") + kTakingOut + "=1");
  for (const Kind kind : {Kind::rows, Kind::table, Kind::schema}) {
    for (Entry& one : entries_) {
      if (one.kind == kind && one.state != State::out && is_meant(one)) take_out(one);
    }
  }
  connection_.execute(std::string("SET ") + kTakingOut + "=NULL");
  connection_.execute("SET foreign_key_checks=1");
}

void KeptTables::take_out(Entry& entry) {
  switch (entry.kind) {
    case Kind::rows:
      return transact(load::take_out(entry.store), entry, State::out);
    case Kind::table:
      connection_.execute("DROP TABLE IF EXISTS " + quoted(entry.live));
      return set_state(entry, State::out);
    case Kind::schema:
      return drop_empty(entry);
  }
}

void KeptTables::drop_empty(Entry& schema) {
  const std::string is_schema = "TABLE_SCHEMA=" + hex_literal(schema.live.schema);
  if (!connection_.value("SELECT 1 FROM information_schema.TABLES WHERE " + is_schema + " LIMIT 1"))
    connection_.execute("DROP DATABASE IF EXISTS " + sql::quote_identifier(schema.live.schema));
  set_state(schema, State::out);
}

void KeptTables::give_up() {
  take_out({}, true);
  for (const Entry& one : entries_) forget(one);
  entries_.clear();
}

const KeptTables::Entry* KeptTables::dropped(const TableId& table) const {
  const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& one) {
    return one.kind == Kind::table && one.live == table;
  });
  return found == entries_.end() ? nullptr : &*found;
}

void KeptTables::hide(ArchiveCatalog& catalog) {
  load();
  for (const Entry& one : entries_) {
    if (one.kind == Kind::table && one.state != State::out) catalog.tables.erase(one.live);
  }
}

void KeptTables::follow(const ArchiveCatalog& catalog) {
  forget_displaced(catalog);
  for (const Entry& one : std::vector<Entry>(entries_)) {
    const auto table = catalog.tables.find(one.live);
    const bool stays = table != catalog.tables.end() && rows_can_stay(table->second);
    if (one.kind == Kind::rows && !stays && dropped(one.live) == nullptr) {
      take_out_if_in(one);
      forget(one);
    }
  }
  for (const auto& [id, shape] : catalog.tables) {
    // Triggers may be there for a while only: what is in the store waits.
    const bool wanted = !catalog.triggered.contains(id) || store_of(id) != nullptr;
    if (rows_can_stay(shape) && wanted) follow(shape);
  }
  load();
}

// Production has a table, or a schema, of that name again: what had stayed is displaced.
void KeptTables::forget_displaced(const ArchiveCatalog& catalog) {
  for (const Entry& one : entries_) {
    const bool there = one.kind == Kind::schema ? catalog.schemas.contains(one.live.schema)
                                                : dropped(one.live) && catalog.tables.contains(one.live);
    if (one.state == State::out && there) forget(one);
  }
  load();
}

// One store that fits has what the others had.
void KeptTables::follow(const TableShape& shape) {
  std::vector<Entry> others;
  std::optional<Store> store;
  for (const Entry& one : entries_) {
    if (one.kind != Kind::rows || one.live != shape.id) continue;
    if (!store && fits(one.store, shape)) {
      store = one.store;
    } else {
      others.push_back(one);
    }
  }
  if (!store) store = add_store(shape);
  for (const Entry& one : others) {
    take_out_if_in(one);
    if (store && same_key(one.store, *store)) connection_.execute(move_rows(one.store, *store));
    forget(one);
  }
}

// Only where somebody changed the table by hand: before DDL of production's it was taken out.
void KeptTables::take_out_if_in(Entry entry) {
  if (entry.state == State::out) return;
  connection_.execute(std::string("SET ") + kTakingOut + "=1");
  take_out(entry);
  connection_.execute(std::string("SET ") + kTakingOut + "=NULL");
}

std::optional<Store> KeptTables::add_store(const TableShape& shape) {
  const std::uint64_t id = std::stoull(connection_.value(kNextNumber).value_or("1"));
  Store store = store_for(shape, id);
  connection_.execute("DROP TABLE IF EXISTS " + quoted(store.table));
  try {
    connection_.execute(create_store(store));
  } catch (const mysql::SqlError& error) {
    if (error.code() != mysql::kRowTooLong) throw;
    return std::nullopt;
  }
  connection_.execute("INSERT INTO dw_meta.kept_tables SET id=" + std::to_string(id) +
                      ", kind='rows', state='out', schema_name=" + hex_literal(shape.id.schema) +
                      ", table_name=" + hex_literal(shape.id.table) +
                      ", shape=" + hex_literal(shape_text(store.columns)) +
                      ", key_columns=" + hex_literal(json(store.key).dump()));
  return store;
}

void KeptTables::rename(const TableId& from, const TableId& to) {
  for (const Entry& one : entries_) {
    if (one.live == to && dropped(to) != nullptr) forget(one);
  }
  connection_.execute("UPDATE dw_meta.kept_tables SET schema_name=" + hex_literal(to.schema) +
                      ", table_name=" + hex_literal(to.table) + " WHERE kind='rows' AND schema_name=" +
                      hex_literal(from.schema) + " AND table_name=" + hex_literal(from.table));
  load();
}

void KeptTables::note_drop(const TableId& table) {
  const auto shown = connection_.rows("SHOW CREATE TABLE " + quoted(table));
  const std::string head =
      "INSERT INTO dw_meta.kept_tables (id, kind, state, schema_name, table_name, definition, "
      "log_cursor) SELECT COALESCE(MAX(id), 0) + 1, ";
  const std::string end = ", @dw_event FROM dw_meta.kept_tables";
  connection_.execute(head + "'table', 'out', " + hex_literal(table.schema) + ", " +
                      hex_literal(table.table) + ", " +
                      hex_literal(standing_alone(shown.at(0).at(1).value_or(""), table)) + end);
  const auto charset = connection_.rows(
      "SELECT DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA WHERE "
      "SCHEMA_NAME=" +
      hex_literal(table.schema));
  const std::string definition = "CREATE DATABASE " + sql::quote_identifier(table.schema) +
                                 " CHARACTER SET " + charset.at(0).at(0).value_or("utf8mb4") + " COLLATE " +
                                 charset.at(0).at(1).value_or("utf8mb4_general_ci");
  connection_.execute(head + "'schema', 'out', " + hex_literal(table.schema) + ", '', " +
                      hex_literal(definition) + end +
                      " HAVING SUM(kind='schema' AND schema_name=" + hex_literal(table.schema) + ") = 0");
}

const Store* KeptTables::store_of(const TableId& table) const {
  const Entry* out = nullptr;
  for (const Entry& one : entries_) {
    if (one.kind == Kind::rows && one.live == table) out = &one;
  }
  return out == nullptr ? nullptr : &out->store;
}

std::set<TableId> KeptTables::tables_with_kept() const {
  std::set<TableId> out;
  for (const Entry& one : entries_) {
    if (one.state != State::out) out.insert(one.live);
  }
  return out;
}

bool KeptTables::is_there(const TableId& table) {
  return connection_.value("SELECT 1 FROM information_schema.TABLES WHERE " + is_table(table)).has_value();
}

bool KeptTables::is_there(const std::string& schema) {
  return connection_
      .value("SELECT 1 FROM information_schema.SCHEMATA WHERE SCHEMA_NAME=" + hex_literal(schema))
      .has_value();
}

std::vector<std::string> KeptTables::writable_columns(const TableId& table) {
  std::vector<std::string> out;
  connection_.stream("SELECT COLUMN_NAME FROM information_schema.COLUMNS WHERE " + is_table(table) +
                         " AND COALESCE(GENERATION_EXPRESSION, '') = '' ORDER BY ORDINAL_POSITION",
                     [&](mysql::Row row) {
                       out.emplace_back(*row[0]);
                       return true;
                     });
  return out;
}

// Of production's.
bool KeptTables::has_triggers(const TableId& table) {
  bool out = false;
  connection_.stream("SELECT TRIGGER_NAME FROM information_schema.TRIGGERS WHERE EVENT_OBJECT_SCHEMA=" +
                         hex_literal(table.schema) + " AND EVENT_OBJECT_TABLE=" + hex_literal(table.table),
                     [&](mysql::Row row) {
                       out = out || !is_own_trigger(std::string(*row[0]));
                       return true;
                     });
  return out;
}

void KeptTables::put_in(const ArchiveRegistry& archive) {
  load();
  connection_.execute("SET sql_mode='NO_AUTO_VALUE_ON_ZERO', foreign_key_checks=0");
  for (const Kind kind : {Kind::schema, Kind::table, Kind::rows}) {
    for (Entry& one : entries_) {
      if (one.kind != kind || one.state != State::out) continue;
      if (kind == Kind::schema) put_schema_in(one);
      if (kind == Kind::table) put_table_in(one, archive);
      if (kind == Kind::rows) put_rows_in(one);
    }
  }
  connection_.execute("SET sql_mode='', foreign_key_checks=1");
}

void KeptTables::put_rows_in(Entry& entry) {
  if (!connection_.value("SELECT 1 FROM " + quoted(entry.store.table) + " LIMIT 1")) return;
  if (dropped(entry.live) != nullptr || has_triggers(entry.live)) return;
  transact(load::put_in(entry.store, writable_columns(entry.live)), entry, State::in);
}

void KeptTables::put_schema_in(Entry& entry) {
  if (is_there(entry.live.schema)) return;
  set_state(entry, State::moving);
  connection_.execute(entry.definition);
  set_state(entry, State::in);
}

// As it was when it was dropped: its rows then are in the archive, with that event; with those that had
// stayed in it before.
void KeptTables::put_table_in(Entry& entry, const ArchiveRegistry& archive) {
  if (!is_there(entry.live.schema) || is_there(entry.live)) return;
  set_state(entry, State::moving);
  connection_.execute(entry.definition);
  const std::vector<std::string> columns = writable_columns(entry.live);
  const auto fill = [&](const std::vector<ShapeColumn>& present, const std::string& rest) {
    std::string list;
    for (const std::string& name : columns) {
      const bool there = std::any_of(present.begin(), present.end(),
                                     [&](const ShapeColumn& one) { return one.name == name; });
      if (there) list += (list.empty() ? "" : ", ") + sql::quote_identifier(name);
    }
    connection_.execute("INSERT IGNORE INTO " + quoted(entry.live) + " (" + list + ") SELECT " + list + rest);
  };
  for (const ArchiveEntry* one : archive.of(entry.live)) {
    fill(one->columns, " FROM " + quoted(one->archive) + " WHERE dw_event=" + hex_literal(entry.event) +
                           " AND dw_reason IN ('drop table', 'drop database')");
  }
  if (const Store* store = store_of(entry.live)) fill(store->columns, " FROM " + quoted(store->table));
  set_state(entry, State::in);
}

}  // namespace dw::load
