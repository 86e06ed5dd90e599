#include "loader/baseline/adoption.h"

#include <algorithm>
#include <set>
#include <utility>

#include "loader/apply/dialect_facts.h"
#include "loader/baseline/baseline.h"
#include "loader/baseline/copy_state_store.h"
#include "loader/baseline/log_place.h"
#include "loader/baseline/schema_maker.h"
#include "loader/baseline/takeover.h"
#include "loader/mirror_access.h"
#include "loader/net/source_client.h"
#include "loader/report/words.h"
#include "loader/voice/voice.h"

namespace dw::load {
namespace {

constexpr const char* kTakenOver = "taken over: not compared with production yet";

class Adoption {
 public:
  Adoption(const Config& config, const std::vector<std::string>& schemas, Statistics& statistics)
      : schemas_(schemas.begin(), schemas.end()),
        client_(config.source, statistics),
        mirror_(open_mirror(config)) {}

  ExitCode run() {
    refuse_if_follows(mirror_);
    if (CopyStateStore(mirror_).load()) {
      throw Error(ExitCode::usage, "a first copy was begun on this mirror, and is not whole",
                  "run dw-load baseline: it goes on where it was");
    }
    const Present present = fetch_present(client_);
    refuse_wrong_schemas(present.catalog);
    const Cursor start = replay_start(client_, marker_of(present.header));
    make_what_is_missing(present);
    name_what_is_surplus(present.catalog);
    save_takeover(mirror_, {present, refused_, start, {marker_of(present.header)}, kTakenOver});
    say("took over " + counted(schemas_.size(), "schema") + " with " +
        counted(present.catalog.tables.size() - made_, "table") + "; made " + counted(made_, "table") +
        " that " + (made_ == 1 ? "was" : "were") + " missing");
    return refused_.empty() ? ExitCode::done : ExitCode::needs_eyes;
  }

 private:
  // Before anything is changed.
  void refuse_wrong_schemas(const rows::Catalog& catalog) {
    std::set<std::string> known;
    for (const rows::Schema& schema : catalog.schemas) {
      known.insert(schema.name);
      if (!schemas_.contains(schema.name) && has_rows(schema.name)) refuse_if_not_empty(mirror_, schema.name);
    }
    for (const std::string& name : schemas_) {
      if (!known.contains(name)) {
        throw Error(ExitCode::usage, "production has no schema " + name + " that is mirrored",
                    "check --adopt, and databases in dw-extract's config");
      }
      if (!first_object(mirror_, name))
        throw Error(ExitCode::usage, "the mirror has nothing in schema " + name + " that could be taken over",
                    "leave it out: dw-load baseline makes it");
    }
  }

  // Tables without rows may be what a run that was killed has made.
  bool has_rows(const std::string& schema) {
    const auto tables = mirror_.rows(
        "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_TYPE='BASE TABLE' AND TABLE_SCHEMA=" +
        hex_literal(schema));
    return std::any_of(tables.begin(), tables.end(), [&](const auto& row) {
      return mirror_.value("SELECT 1 FROM " + sql_name(schema, row.at(0).value_or("")) + " LIMIT 1")
          .has_value();
    });
  }

  void make_what_is_missing(const Present& present) {
    const Dialect dialect(dialect_facts(mirror_, present.header.source));
    ProgramMaker maker(mirror_, dialect, present.header.source);
    mirror_.execute("SET sql_mode='', foreign_key_checks=0");
    for (const rows::Schema& schema : present.catalog.schemas) make_database(mirror_, maker, schema);
    for (const rows::Table& table : present.catalog.tables) make_if_missing(maker, table);
    add_refused(maker.make_sequences(present.catalog.programs));
    add_refused(maker.make_others(present.catalog.programs));
  }

  void make_if_missing(const ProgramMaker& maker, const rows::Table& table) {
    const bool is_there =
        mirror_
            .value("SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA=" + hex_literal(table.schema) +
                   " AND TABLE_NAME=" + hex_literal(table.name))
            .has_value();
    if (is_there) return;
    try {
      make_table(mirror_, maker, table);
      ++made_;
    } catch (const mysql::SqlError& error) {
      if (error.connection_is_gone()) throw;
      add_refused({{table.schema, "table " + table.name, table.create, error.code(), error.what()}});
    }
  }

  void add_refused(std::vector<Refused> refused) {
    for (Refused& one : refused) {
      say("the mirror refused " + one.what + " of " + one.schema + ": " + one.message);
      refused_.push_back(std::move(one));
    }
  }

  // A trigger that production has not fires all the same: somebody has to look at it.
  void name_what_is_surplus(const rows::Catalog& catalog) {
    std::set<std::pair<std::string, std::string>> known;
    for (const rows::Table& one : catalog.tables) known.insert({one.schema, one.name});
    for (const rows::Program& one : catalog.programs) known.insert({one.schema, one.name});
    std::string in;
    for (const std::string& name : schemas_) in += (in.empty() ? "" : ",") + hex_literal(name);
    in = " IN (" + in + ")";
    const auto found = mirror_.rows(
        "SELECT 'table', TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA" + in +
        " UNION ALL SELECT 'routine', ROUTINE_SCHEMA, ROUTINE_NAME FROM information_schema.ROUTINES WHERE "
        "ROUTINE_SCHEMA" +
        in +
        " UNION ALL SELECT 'trigger', TRIGGER_SCHEMA, TRIGGER_NAME FROM information_schema.TRIGGERS WHERE "
        "TRIGGER_SCHEMA" +
        in +
        " UNION ALL SELECT 'event', EVENT_SCHEMA, EVENT_NAME FROM information_schema.EVENTS WHERE "
        "EVENT_SCHEMA" +
        in);
    for (const auto& row : found) {
      if (known.contains({row.at(1).value_or(""), row.at(2).value_or("")})) continue;
      warn("production has no " + row.at(0).value_or("") + " " + row.at(1).value_or("") + "." +
           row.at(2).value_or("") +
           ": the mirror's stays until you drop it (DELETE its rows before: the archive keeps them)");
    }
  }

  std::set<std::string> schemas_;
  SourceClient client_;
  mysql::Connection mirror_;
  std::vector<Refused> refused_;
  std::size_t made_ = 0;
};

}  // namespace

ExitCode run_adoption(const Config& config, const std::vector<std::string>& schemas, Statistics& statistics) {
  return Adoption(config, schemas, statistics).run();
}

}  // namespace dw::load
