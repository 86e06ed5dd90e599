#include "loader/apply/archiver.h"

#include <algorithm>

#include "common/mysql/errors.h"
#include "common/sql/identifiers.h"
#include "common/util/digest.h"
#include "common/util/error.h"
#include "common/util/letter_case.h"
#include "loader/apply/bookkeeping.h"
#include "loader/apply/route_check.h"

namespace dw::load {
namespace {

constexpr const char* kTransactional = "InnoDB";
constexpr unsigned kUnknownPartition = 1735;  // ER_UNKNOWN_PARTITION
constexpr unsigned kNotPartitioned = 1747;    // ER_PARTITION_CLAUSE_ON_NONPARTITIONED

// What a trigger keeps must stay or go with what the statement did: where a rollback leaves the live table
// as it is, it must leave the archive too.
std::string engine_for(const TableShape& shape) {
  if (shape.transactional()) return kTransactional;
  return shape.engine == "Aria" ? "Aria" : "MyISAM";
}

Error refusal(const mysql::SqlError& error) {
  return {ExitCode::mirror_unreachable, std::string("the archive cannot be kept in step: ") + error.what(),
          "grant the mirror's account what scripts/mirror-grants prints, and run dw-load again"};
}

std::vector<std::string> periods_between(Micros first, Micros last, SplitBy split) {
  std::vector<std::string> out{period_of(first, split)};
  const std::string end = period_of(last, split);
  while (out.back() < end) {
    const auto next = parse_time(end_of_period(out.back()) + "T00:00:00.000000Z");
    out.push_back(period_of(next.value_or(last), split));
  }
  return out;
}

}  // namespace

void Archiver::run(const std::string& sql) {
  try {
    connection_.execute(sql);
  } catch (const mysql::SqlError& error) {
    if (error.connection_is_gone()) throw;
    throw refusal(error);
  }
}

// So that names and values are read as they are, and none is refused.
void Archiver::set_session() {
  run("SET NAMES utf8mb4");
  run("SET sql_mode='', time_zone='+00:00'");
}

bool Archiver::begin(const std::set<std::string>& databases, Micros first, Micros last,
                     const SeenChanges& seen) {
  const std::vector<std::string> periods = periods_between(first, last, options_.split_by);
  for (const auto& [table, columns] : seen.updated)
    seen_.updated[table].insert(columns.begin(), columns.end());
  seen_.updated_anywhere.insert(seen.updated_anywhere.begin(), seen.updated_anywhere.end());
  seen_.any_column = seen_.any_column || seen.any_column;
  seen_.replaced.insert(seen.replaced.begin(), seen.replaced.end());
  const bool first_look = periods_.empty();
  const bool others = first_look || databases != databases_ || periods != periods_;
  databases_ = databases;
  periods_ = periods;
  const auto lacks_trigger = [&](const auto& item) {
    const auto& [table, shape] = item;
    return (keys_change(shape) && !has_trigger(table, "UPDATE")) ||
           (spares_children(table) && !has_trigger(table, "INSERT"));
  };
  return others || std::any_of(catalog_.tables.begin(), catalog_.tables.end(), lacks_trigger);
}

void Archiver::follow_schema() {
  set_session();
  look();
  make_schemas();
  make_tables();
  make_triggers();
  make_views();
}

void Archiver::look() {
  registry_.load();
  const auto native = connection_.rows("SHOW VARIABLES LIKE 'innodb_native_foreign_keys'");
  replacing_ =
      !native.empty() && native[0][1] == "OFF" ? Replacing::spares_children : Replacing::takes_children;
  catalog_ = read_archive_catalog(connection_, live_schemas(connection_, databases_));
  kept_.hide(catalog_);
  refuse_clashes();
  std::set<std::string> schemas;
  for (const std::string& schema : catalog_.schemas) {
    schemas.insert(archive_schema(schema));
    schemas.insert(view_schema(schema));
  }
  for (const ArchiveEntry& entry : registry_.all()) {
    schemas.insert(entry.archive.schema);
    schemas.insert(view_schema(entry.live.schema));
  }
  present_ = tables_in(connection_, schemas);
}

// Names of production's that are the archive's own.
void Archiver::refuse_clashes() const {
  const auto refuse = [](const std::string& what) {
    throw Error(ExitCode::usage, what + ", which is the archive's name for something of its own",
                "rename it in production, leave its schema out of databases, or set retention to none");
  };
  for (const std::string& schema : catalog_.schemas) {
    for (const std::string& own : {archive_schema(schema), view_schema(schema)}) {
      if (catalog_.schemas.contains(own)) refuse("production has the schemas " + schema + " and " + own);
    }
  }
  for (const auto& [id, shape] : catalog_.tables) {
    for (const ShapeColumn& column : shape.columns) {
      const std::string name = lower(column.name);
      if (name == "dw_deleted_at" || name == "dw_reason" || name == "dw_event")
        refuse("production's table " + id.schema + "." + id.table + " has a column " + column.name);
    }
  }
}

void Archiver::make_schemas() {
  std::set<std::string> wanted;
  for (const auto& [id, shape] : catalog_.tables) wanted.insert(id.schema);
  for (const std::string& schema : wanted) {
    for (const std::string& own : {archive_schema(schema), view_schema(schema)}) {
      if (connection_.value("SELECT 1 FROM information_schema.SCHEMATA WHERE SCHEMA_NAME=" +
                            hex_literal(own)))
        continue;
      run("CREATE DATABASE IF NOT EXISTS " + sql::quote_identifier(own) + " DEFAULT CHARACTER SET utf8mb4");
    }
  }
}

void Archiver::make_table(const TableShape& shape, const TableId& name, const std::string& engine) {
  try {
    connection_.execute(create_archive_table(shape, name, engine));
  } catch (const mysql::SqlError& error) {
    if (error.code() != mysql::kRowTooLong) throw refusal(error);
    run(create_archive_table(with_values_outside(shape), name, engine));
  }
}

// The registry's row comes first: a table that is named there and missing is made again, one that is not
// named would never be found.
TableId Archiver::generation(const TableShape& shape, const std::string& engine, const std::string& period,
                             const std::string& route) {
  const ArchiveEntry* known = registry_.find(shape, engine, period, route);
  ArchiveEntry entry;
  if (known != nullptr) {
    entry = *known;
  } else {
    entry = {shape.id, {archive_schema(shape.id.schema), ""}, 1, engine, shape.columns, period, route, {}};
    const auto is_taken = [&] {
      entry.archive.table = generation_name(shape.id.table, route, period, entry.number);
      return present_.contains(entry.archive) ||
             std::any_of(registry_.all().begin(), registry_.all().end(),
                         [&](const ArchiveEntry& one) { return one.archive == entry.archive; });
    };
    while (is_taken()) ++entry.number;
    registry_.add(entry);
  }
  if (present_.insert(entry.archive).second) make_table(shape, entry.archive, engine);
  return entry.archive;
}

// By route, then by period; the last of each has no condition of its own.
std::vector<ArchiveTarget> Archiver::targets(const TableShape& shape, Use use) {
  const std::string engine = use == Use::copy ? kTransactional : engine_for(shape);
  std::vector<std::string> routes;
  std::string expression;
  if (const auto found = options_.routes.find(shape.id); found != options_.routes.end()) {
    if (const auto fault = fault_of_route(connection_, shape.id, found->second)) {
      throw Error(
          ExitCode::usage,
          "the route of " + shape.id.schema + "." + shape.id.table + " is refused by the mirror: " + *fault,
          "correct its expression in archive.routes");
    }
    routes = found->second.values;
    expression = found->second.expression;
  }
  routes.emplace_back("");
  std::vector<ArchiveTarget> out;
  for (const std::string& route : routes) {
    for (const std::string& period : periods_) {
      std::string when;
      if (!route.empty()) when = "(" + expression + ") = " + sql::quote_literal(route);
      if (period != periods_.back()) {
        when += (when.empty() ? "" : " AND ") +
                std::string("CAST(COALESCE(@dw_at, UTC_TIMESTAMP(6)) AS DATETIME(6)) < '") +
                end_of_period(period) + "'";
      }
      out.push_back({generation(shape, engine, period, route), when});
    }
  }
  return out;
}

void Archiver::make_tables() {
  by_trigger_.clear();
  by_copy_.clear();
  if (leaves_ == Leaves::in_place) kept_.follow(catalog_);
  for (const auto& [id, shape] : catalog_.tables) {
    std::optional<Store> store;
    if (const Store* own = kept_.store_of(id)) store = *own;
    by_trigger_[id] = {shape, targets(shape, Use::trigger), store};
    by_copy_[id] = shape.transactional() ? by_trigger_[id] : Keeping{shape, targets(shape, Use::copy), store};
  }
}

// Its own, or by foreign keys those of other tables' rows.
bool Archiver::keys_change(const TableShape& shape) const {
  if (options_.history == History::all) return true;
  std::set<std::string> columns =
      columns_of_children(shape.id, options_.history, catalog_.followers, catalog_.tables);
  if (shape.key_is_primary) {
    for (const KeyPart& part : shape.key) columns.insert(part.column);
  }
  const auto own = seen_.updated.find(shape.id);
  return std::any_of(columns.begin(), columns.end(), [&](const std::string& column) {
    const std::string name = lower(column);
    return seen_.any_column || seen_.updated_anywhere.contains(name) ||
           (own != seen_.updated.end() && own->second.contains(name));
  });
}

// By which a DELETE takes rows, or has others changed that are to be kept.
const std::vector<CascadeEdge>& Archiver::delete_edges() const {
  return options_.history == History::all ? catalog_.followers : catalog_.cascades;
}

bool Archiver::spares_children(const TableId& table) const {
  return replacing_ == Replacing::spares_children && seen_.replaced.contains(table) && is_parent(table);
}

bool Archiver::is_parent(const TableId& table) const {
  return std::any_of(delete_edges().begin(), delete_edges().end(), [&](const CascadeEdge& edge) {
    return edge.parent == table && edge.on_delete != KeyAction::none;
  });
}

bool Archiver::has_trigger(const TableId& table, const std::string& event) const {
  return std::any_of(catalog_.triggers.begin(), catalog_.triggers.end(),
                     [&](const PresentTrigger& one) { return one.table == table && one.event == event; });
}

// A trigger on UPDATE slows every UPDATE down, so a table gets one only when something was seen that may
// change its key; then it stays. Likewise one on INSERT.
std::vector<ArchiveTrigger> Archiver::wanted_triggers() const {
  std::vector<Keeping> all;
  for (const auto& [id, keeping] : by_trigger_) all.push_back(keeping);
  std::vector<ArchiveTrigger> out;
  for (const Keeping& keeping : all) {
    const TableId& id = keeping.shape.id;
    out.push_back(delete_trigger(keeping, delete_edges(), all, replacing_));
    const bool possible =
        options_.history == History::all || keeping.shape.key_is_primary ||
        !columns_of_children(id, options_.history, catalog_.followers, catalog_.tables).empty();
    if (keys_change(keeping.shape) || (possible && has_trigger(id, "UPDATE")))
      out.push_back(update_trigger(keeping, options_.history, catalog_.followers, all));
    if (spares_children(id) || (is_parent(id) && has_trigger(id, "INSERT")))
      out.push_back(insert_trigger(keeping.shape, delete_edges()));
  }
  return out;
}

// All that is stale goes before anything is made: a renamed table still has its trigger under the former
// name.
void Archiver::make_triggers() {
  std::vector<ArchiveTrigger> wanted = wanted_triggers();
  const auto is_right = [&](const PresentTrigger& present) {
    const auto found = std::find_if(wanted.begin(), wanted.end(), [&](const ArchiveTrigger& one) {
      return one.name == present.name && one.table == present.table;
    });
    return found != wanted.end() && found->digest == present.digest && present.last;
  };
  std::vector<PresentTrigger> right;
  for (const PresentTrigger& present : catalog_.triggers) {
    if (is_right(present)) {
      right.push_back(present);
    } else {
      run("DROP TRIGGER IF EXISTS " + quoted({present.table.schema, present.name}));
    }
  }
  for (const ArchiveTrigger& one : wanted) {
    const bool there = std::any_of(right.begin(), right.end(), [&](const PresentTrigger& present) {
      return present.name == one.name && present.table == one.table;
    });
    if (there) continue;
    run(one.create);
    right.push_back({one.name, one.table, one.event, one.digest, true});
  }
  catalog_.triggers = std::move(right);
}

void Archiver::make_views() {
  std::map<TableId, std::string> known = registry_.views();
  std::set<TableId> lives;
  for (const auto& [id, shape] : catalog_.tables) lives.insert(id);
  for (const ArchiveEntry& entry : registry_.all()) lives.insert(entry.live);
  for (const TableId& live : lives) make_view(live, known);
  for (const auto& [view, digest] : known) {
    run("DROP VIEW IF EXISTS " + quoted(view));
    registry_.forget_view(view);
  }
}

// Takes the view off `known`.
void Archiver::make_view(const TableId& live, std::map<TableId, std::string>& known) {
  const TableId view{view_schema(live.schema), live.table};
  std::vector<Generation> generations;
  for (const ArchiveEntry* entry : registry_.of(live))
    generations.push_back({entry->archive, entry->columns, entry->void_events});
  const std::string query = view_query(find(live), generations, kept_.store_of(live));
  const std::string digest = sha256_hex(query);
  const auto noted = known.find(view);
  const bool right = noted != known.end() && noted->second == digest && present_.contains(view);
  if (noted != known.end()) known.erase(noted);
  if (right) return;
  run("CREATE OR REPLACE VIEW " + quoted(view) + " AS " + query);
  registry_.note_view(view, digest);
}

void Archiver::before_rename(const std::vector<TableId>& names) {
  for (std::size_t i = 0; i + 1 < names.size(); i += 2) {
    if (names[i].schema == names[i + 1].schema) continue;
    for (const PresentTrigger& one : catalog_.triggers) {
      if (one.table == names[i]) run("DROP TRIGGER IF EXISTS " + quoted({one.table.schema, one.name}));
    }
  }
}

void Archiver::follow_rename(const std::vector<TableId>& names) {
  std::vector<std::pair<TableId, TableId>> moved;  // from where each table came, to where
  for (std::size_t i = 0; i + 1 < names.size(); i += 2) {
    const auto on_its_way =
        std::find_if(moved.begin(), moved.end(), [&](const auto& one) { return one.second == names[i]; });
    if (on_its_way == moved.end()) {
      moved.emplace_back(names[i], names[i + 1]);
    } else {
      on_its_way->second = names[i + 1];
    }
  }
  set_session();
  look();
  for (const auto& [from, to] : moved) {
    if (!catalog_.tables.contains(to) || catalog_.tables.contains(from)) continue;
    registry_.rename(from, to);
    kept_.rename(from, to);
  }
}

std::uint64_t Archiver::keep(const std::vector<TableId>& tables, const std::vector<std::string>& partitions,
                             const std::string& reason, const std::string& variables) {
  set_session();
  run("SET " + variables);
  std::string of;
  for (const std::string& name : partitions)
    of += (of.empty() ? " PARTITION (" : ", ") + sql::quote_identifier(name);
  if (!of.empty()) of += ")";
  std::uint64_t rows = 0;
  // A statement that names a partition that is not there fails, and takes nothing.
  const auto no_partition = [](unsigned code) {
    return code == kUnknownPartition || code == kNotPartitioned;
  };
  for (const TableId& table : tables) {
    const auto keeping = by_copy_.find(table);
    if (keeping == by_copy_.end()) continue;
    const std::string from = quoted(table) + of +
                             (keeping->second.shape.versioned ? " FOR SYSTEM_TIME ALL" : "") +
                             " AS t WHERE TRUE";
    for (const std::string& sql : copies_of(keeping->second, "", from, sql::quote_literal(reason))) {
      try {
        rows += connection_.execute(sql).affected_rows;
      } catch (const mysql::SqlError& error) {
        if (!no_partition(error.code())) throw;
      }
    }
    if (leaves_ == Leaves::in_place) note_kept(keeping->second, from, reason);
  }
  return rows;
}

// Where the statement fails the rows are still there, and are not put in a second time.
void Archiver::note_kept(const Keeping& keeping, const std::string& from, const std::string& reason) {
  if (reason.starts_with("drop table") || reason == "drop database") return kept_.note_drop(keeping.shape.id);
  const bool leaves = reason == "truncate" || reason == "drop partition" || reason == "truncate partition";
  if (!leaves || !keeping.store) return;
  try {
    connection_.execute(note_rows(*keeping.store, "", from));
  } catch (const mysql::SqlError& error) {
    if (error.code() != kUnknownPartition && error.code() != kNotPartitioned) throw;
  }
}

void Archiver::take_kept_out(const Mentions& mentions, bool all) {
  set_session();
  if (leaves_ == Leaves::archived) return kept_.give_up();
  kept_.take_out(mentions, all);
}

void Archiver::put_kept_in() {
  if (leaves_ == Leaves::archived) return;
  set_session();
  registry_.load();
  kept_.put_in(registry_);
}

void Archiver::make_void(const std::vector<TableId>& tables, const std::string& event) {
  for (const TableId& table : tables) registry_.make_void(table, event);
}

const TableShape* Archiver::find(const TableId& table) const {
  const auto found = catalog_.tables.find(table);
  return found == catalog_.tables.end() ? nullptr : &found->second;
}

std::vector<TableId> Archiver::tables_of(const std::string& schema) const {
  std::vector<TableId> out;
  for (const auto& [id, shape] : catalog_.tables) {
    if (id.schema == schema) out.push_back(id);
  }
  return out;
}

bool Archiver::keeps_updates() const {
  return std::any_of(catalog_.triggers.begin(), catalog_.triggers.end(),
                     [](const PresentTrigger& one) { return one.event == "UPDATE"; });
}

bool Archiver::keeps_updates(const TableId& table) const {
  if (find(table) == nullptr) return true;
  return has_trigger(table, "UPDATE");
}

bool Archiver::is_cascaded(const TableId& table) const {
  return std::any_of(catalog_.cascades.begin(), catalog_.cascades.end(),
                     [&](const CascadeEdge& edge) { return edge.child == table; });
}

bool Archiver::concerns_archive(const std::string& message) const {
  return std::any_of(registry_.all().begin(), registry_.all().end(), [&](const ArchiveEntry& entry) {
    return message.find(entry.archive.schema) != std::string::npos;
  });
}

}  // namespace dw::load
