// Verifier's part that compares the tables' definitions with production's.
//
// Production's definition is made on the mirror under another name, so that one server prints both.
#include <algorithm>

#include "common/rows/catalog_reader.h"
#include "common/sql/identifiers.h"
#include "loader/apply/dialect_facts.h"
#include "loader/baseline/program_maker.h"
#include "loader/verify/table_shape.h"
#include "loader/verify/verifier.h"

namespace dw::load {
namespace {

constexpr const char* kLook = "dw_meta.table_to_compare";

std::string alter(const TableId& table, const std::vector<ShapeChange>& changes) {
  std::string out;
  for (const ShapeChange& one : changes) out += (out.empty() ? " " : ", ") + one.clause;
  return "ALTER TABLE " + quoted(table) + out;
}

// Where the servers are unlike, types and collations are not the same words, and keys that come with a
// foreign key not the same: those tell only where there is a doubt.
bool is_about_columns(const ShapeChange& one) {
  return one.clause.starts_with("ADD COLUMN ") || one.clause.starts_with("DROP COLUMN ");
}
bool is_about_keys(const ShapeChange& one) {
  return !one.clause.starts_with("MODIFY ") && one.clause.find("KEY") != std::string::npos;
}

}  // namespace

void Verifier::compare_definitions(const std::set<TableId>* only) {
  if (!puller_.header()) return;
  const SourceInfo source = puller_.header()->source;
  const rows::Catalog catalog = parse_catalog(source_.fetch_catalog());
  const Dialect dialect(dialect_facts(tables_.connection(), source));
  for (const rows::Table& table : catalog.tables) {
    const TableId id{table.schema, table.name};
    if (!is_wanted(id) || (only != nullptr && !only->contains(id))) continue;
    if (tables_.find(id) != nullptr) {
      mend_definition(id, definition_changes(table, dialect, source, only != nullptr));
    } else {
      Task& task = tasks_.emplace_back();
      task.asked.table = id;
      task.asked.want = Want::digest;
    }
  }
  tables_.connection().execute(std::string("DROP TABLE IF EXISTS ") + kLook);
  tables_.set_session();
}

std::vector<ShapeChange> Verifier::definition_changes(const rows::Table& wanted, const Dialect& dialect,
                                                      const SourceInfo& source, bool in_doubt) {
  mysql::Connection& mirror = tables_.connection();
  const ProgramMaker maker(mirror, dialect, source);
  std::vector<ShapeChange> out;
  try {
    mirror.execute(std::string("DROP TABLE IF EXISTS ") + kLook);
    mirror.execute(definition_as(maker.translated(rows::without_counter(wanted.create), ""), kLook));
    mirror.execute("SET character_set_results=utf8mb4");
    const auto shown = mirror.rows(std::string("SHOW CREATE TABLE ") + kLook).at(0);
    out = shape_changes(rows::without_counter(tables_.find({wanted.schema, wanted.name})->create),
                        shown.at(1).value_or(""));
  } catch (const mysql::SqlError& error) {
    // It cannot be made here under another name: there is nothing to compare with.
    if (error.connection_is_gone()) throw;
  }
  tables_.set_session();
  if (dialect.source().mariadb != dialect.mirror().mariadb) {
    std::erase_if(out, [&](const ShapeChange& one) {
      return !is_about_columns(one) && !(in_doubt && is_about_keys(one));
    });
  }
  return out;
}

void Verifier::mend_definition(const TableId& id, std::vector<ShapeChange> changes) {
  std::vector<ShapeChange> mending = changes;
  std::erase_if(mending, [](const ShapeChange& one) { return one.removes; });
  if (scope_.repair_schema && !mending.empty()) {
    try {
      tables_.connection().execute(alter(id, mending));
      std::erase_if(changes, [](const ShapeChange& one) { return !one.removes; });
    } catch (const mysql::SqlError& error) {
      if (error.connection_is_gone()) throw;
      result_.drifting[id] = std::string("the mirror refused ") + alter(id, mending) + ": " + error.what();
      return;
    }
    tables_.forget();
    chunks_.forget(id);
    applier_.follow_schema();
  }
  if (!changes.empty()) result_.drifting[id] = "its definition; what would mend it: " + alter(id, changes);
}

}  // namespace dw::load
