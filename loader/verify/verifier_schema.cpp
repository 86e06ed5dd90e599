// Verifier's part that compares the tables' definitions with production's.
//
// Production's definition is made on the mirror under another name, so that one server prints both.
#include <algorithm>
#include <numeric>

#include "common/rows/counter.h"
#include "common/sql/identifiers.h"
#include "common/util/digest.h"
#include "loader/apply/dialect_facts.h"
#include "loader/apply/suspects.h"
#include "loader/baseline/program_maker.h"
#include "loader/verify/table_shape.h"
#include "loader/verify/undoing.h"
#include "loader/verify/verifier.h"

namespace dw::load {
namespace {

const TableId kLook{"dw_meta", "table_to_compare"};

std::string alter(const TableId& table, const std::vector<ShapeChange>& changes) {
  std::string out;
  for (const ShapeChange& one : changes) out += (out.empty() ? " " : ", ") + one.clause;
  return "ALTER TABLE " + quoted(table) + out;
}

const TableId kAll{};  // the store's row of the last look at all of them

// A statement that failed on the mirror alone may have met another definition, or have been to make it.
bool is_about_definition(const OpenSuspect& suspect) {
  constexpr const char* kFailed = "failed with error ";
  return suspect.scope == SuspectScope::table && !suspect.table.table.empty() &&
         suspect.reason.starts_with(kFailed);
}

}  // namespace

// All of them once a round; those in doubt, and those that differed and were changed since, at once. What
// differed and is as it was is named without another look.
void Verifier::look_at_definitions() {
  const std::map<TableId, DefinitionLook> known = definitions_.all();
  const auto last = known.find(kAll);
  const std::vector<OpenSuspect> open = open_suspects(tables_.connection());
  const Micros gap = std::accumulate(
      open.begin(), open.end(), Micros{0},
      [](Micros at, const OpenSuspect& one) { return is_gap(one) ? std::max(at, one.noted) : at; });
  const Micros since = last == known.end() ? 0 : last->second.at;
  const std::set<TableId> doubted = definitions_in_doubt(known);
  if (scope_.whole || since <= std::max(gap, now_micros() - scope_.round)) {
    compare_definitions(Reach::all, doubted);
  } else if (!doubted.empty()) {
    compare_definitions(Reach::doubted, doubted);
  }
  for (const auto& [id, look] : definitions_.all()) {
    if (!look.drift.empty() && is_wanted(id) && tables_.find(id) != nullptr)
      result_.drifting.try_emplace(id, look.drift);
  }
}

// What would mend it is told in the same run.
void Verifier::explain_columns() {
  std::set<TableId> tables;
  for (const auto& [id, how] : result_.drifting) {
    if (how == kOtherColumns) tables.insert(id);
  }
  if (!tables.empty()) compare_definitions(Reach::doubted, tables);
}

std::string Verifier::mirror_digest(const TableId& id) {
  const rows::Table* table = tables_.find(id);
  return table == nullptr ? "" : sha256_hex(rows::without_counter(table->create));
}

std::set<TableId> Verifier::definitions_in_doubt(const std::map<TableId, DefinitionLook>& known) {
  std::set<TableId> out;
  for (const OpenSuspect& suspect : open_suspects(tables_.connection())) {
    if (doubts_definition(suspect.reason)) out.insert(suspect.table);
    const auto look = known.find(suspect.table);
    const bool looked_at = look != known.end() && look->second.at > suspect.noted &&
                           look->second.mirror_digest == mirror_digest(suspect.table);
    if (is_about_definition(suspect) && !looked_at) out.insert(suspect.table);
  }
  for (const auto& [id, look] : known) {
    if (id == kAll || !is_wanted(id)) continue;
    const std::string now = look.drift.empty() ? look.mirror_digest : mirror_digest(id);
    if (now.empty()) definitions_.forget(id);
    if (now != look.mirror_digest && !now.empty()) out.insert(id);
  }
  return out;
}

// What production altered a moment ago may not have come to the mirror when the catalogue is read: what
// differs is looked at once more behind another pull, and is certain where production has not altered it
// since.
void Verifier::compare_definitions(Reach reach, const std::set<TableId>& doubted) {
  if (!puller_.header()) return;
  const Micros began = now_micros();
  rows::Catalog catalog = parse_catalog(source_.fetch_catalog());
  std::set<TableId> wanted;
  for (const rows::Table& table : catalog.tables) {
    const TableId id{table.schema, table.name};
    if (is_wanted(id) && (reach == Reach::all || doubted.contains(id))) wanted.insert(id);
  }
  const Definitions first = differing_definitions(catalog, wanted, doubted);
  bool certain = true;
  if (!first.empty()) {
    while (puller_.pull()) continue;
    tables_.forget();
    catalog = parse_catalog(source_.fetch_catalog());
    wanted.clear();
    for (const auto& [id, unused] : first) wanted.insert(id);
    for (auto& [id, found] : differing_definitions(catalog, wanted, doubted)) {
      const bool settled = found.look.source_digest == first.at(id).look.source_digest &&
                           (scope_.whole || !puller_.is_held_back());
      certain = certain && settled;
      if (settled) mend_definition(id, found);
    }
  }
  if (reach == Reach::all) look_for_missing(catalog);
  if (reach == Reach::all && scope_.only.empty() && certain) definitions_.save(kAll, {began, "", "", ""});
  tables_.set_session();
}

void Verifier::look_for_missing(const rows::Catalog& catalog) {
  for (const rows::Table& table : catalog.tables) {
    const TableId id{table.schema, table.name};
    if (!is_wanted(id) || tables_.find(id) != nullptr) continue;
    Task& task = tasks_.emplace_back();
    task.asked.table = id;
    task.asked.want = Want::digest;
  }
}

// Those that are equal are noted so. A mirror may have keys that production has not, for who reads it: they
// are told where all is asked for, or the table is in doubt.
Verifier::Definitions Verifier::differing_definitions(const rows::Catalog& catalog,
                                                      const std::set<TableId>& wanted,
                                                      const std::set<TableId>& doubted) {
  const SourceInfo source = puller_.header()->source;
  const Dialect dialect(dialect_facts(tables_.connection(), source));
  const std::map<TableId, DefinitionLook> known = definitions_.all();
  Definitions out;
  for (const rows::Table& table : catalog.tables) {
    const TableId id{table.schema, table.name};
    if (!wanted.contains(id) || tables_.find(id) == nullptr) continue;
    Definition found;
    found.look = {now_micros(), sha256_hex(rows::without_counter(table.create)), mirror_digest(id), ""};
    const auto before = known.find(id);
    const bool closely = scope_.whole || doubted.contains(id);
    const bool as_before = !closely && before != known.end() && before->second.drift.empty() &&
                           before->second.source_digest == found.look.source_digest &&
                           before->second.mirror_digest == found.look.mirror_digest;
    const bool same_text = same_servers() && found.look.source_digest == found.look.mirror_digest;
    if (!as_before && !same_text) found.changes = definition_changes(table, dialect, source);
    if (!closely) std::erase_if(found.changes, [](const ShapeChange& one) { return one.harmless; });
    if (found.changes.empty()) {
      definitions_.save(id, found.look);
      if (closely) settled_definitions_[id] = found.look.at;
    } else {
      out[id] = std::move(found);
    }
  }
  return out;
}

std::vector<ShapeChange> Verifier::definition_changes(const rows::Table& wanted, const Dialect& dialect,
                                                      const SourceInfo& source) {
  mysql::Connection& mirror = tables_.connection();
  const ProgramMaker maker(mirror, dialect, source);
  std::vector<ShapeChange> out;
  const std::string drop = "DROP TABLE IF EXISTS " + quoted(kLook);
  try {
    mirror.execute(drop);
    mirror.execute(definition_as(maker.translated(rows::without_counter(wanted.create), ""), quoted(kLook)));
    tables_.forget(kLook);
    if (const rows::Table* made = tables_.find(kLook)) {
      const Servers servers = same_servers() ? Servers::alike : Servers::unlike;
      out = shape_changes(*tables_.find({wanted.schema, wanted.name}), *made, servers, wanted.create);
    }
    mirror.execute(drop);
  } catch (const mysql::SqlError& error) {
    // It cannot be made here under another name: there is nothing to compare with.
    if (error.connection_is_gone()) throw;
  }
  return out;
}

// Those of the changes that are to be run; the rest is for a person to decide.
std::vector<ShapeChange> Verifier::take_mending(const TableId& id, std::vector<ShapeChange>& changes) {
  std::vector<std::string> doubtful;
  for (const OpenSuspect& one : open_suspects(tables_.connection())) {
    if (one.table != id || !doubts_definition(one.reason)) continue;
    for (std::string& statement : statements_of(one)) doubtful.push_back(std::move(statement));
  }
  std::vector<ShapeChange> out;
  if (scope_.repair && !puller_.is_held_back()) out = take_undoing(doubtful, changes);
  if (!scope_.repair_schema) return out;
  std::ranges::copy_if(changes, std::back_inserter(out), [](const ShapeChange& one) { return !one.removes; });
  std::erase_if(changes, [](const ShapeChange& one) { return !one.removes; });
  return out;
}

void Verifier::mend_definition(const TableId& id, Definition& found) {
  std::vector<ShapeChange>& changes = found.changes;
  const std::vector<ShapeChange> mending = take_mending(id, changes);
  if (!mending.empty()) {
    try {
      tables_.connection().execute(alter(id, mending));
    } catch (const mysql::SqlError& error) {
      if (error.connection_is_gone()) throw;
      result_.drifting[id] = std::string("the mirror refused ") + alter(id, mending) + ": " + error.what();
      return;
    }
    tables_.forget();
    chunks_.forget(id);
    applier_.follow_schema();
    found.look.mirror_digest = mirror_digest(id);
  }
  if (!changes.empty()) found.look.drift = "its definition; what would mend it: " + alter(id, changes);
  // Keys of the mirror's own are told when somebody asks, and not by each run from here on.
  DefinitionLook kept = found.look;
  if (scope_.whole) std::erase_if(changes, [](const ShapeChange& one) { return one.harmless; });
  if (changes.empty()) kept.drift.clear();
  definitions_.save(id, kept);
  if (found.look.drift.empty()) {
    settled_definitions_[id] = found.look.at;
  } else {
    result_.drifting[id] = found.look.drift;
  }
}

}  // namespace dw::load
