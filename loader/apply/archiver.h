// Keeps the archive on the mirror in step with the live tables: its schemas and tables, the triggers, the
// views; and copies rows there that a statement is about to take without firing a trigger.
//
// What is right follows from the live tables alone, so that a run that was killed anywhere is put right by
// the next one's first look. Everything but `keep` commits by itself: not to be called inside a transaction.
// The connection's session is left with other settings. Throws Error(mirror_unreachable), mysql::SqlError
// when the connection is gone.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/mysql/connection.h"
#include "common/util/clock.h"
#include "loader/apply/archive_catalog.h"
#include "loader/apply/archive_registry.h"
#include "loader/apply/kept_tables.h"
#include "loader/retention/archive/archive.h"

namespace dw::load {

// What was seen in statements and stored programs, and asks for triggers besides those on DELETE.
struct SeenChanges {
  // Columns that something may assign in an UPDATE; lower case.
  std::map<TableId, std::set<std::string>> updated;
  std::set<std::string> updated_anywhere;  // by a stored program, or through a view
  bool any_column = false;                 // by a text that a stored program puts together
  std::set<TableId> replaced;              // by REPLACE
};

class Archiver {
 public:
  enum class Leaves : bool { archived, in_place };
  // `options` must outlive it. `leaves`: where rows are that left; see in_place.h.
  Archiver(mysql::Connection& connection, const ArchiveOptions& options, Leaves leaves)
      : connection_(connection),
        options_(options),
        leaves_(leaves),
        registry_(connection),
        kept_(connection) {}

  // Before a batch whose events lie between these times. `databases`: what is mirrored; empty: all. True when
  // follow_schema must be called: the first time, and where something new must be kept.
  [[nodiscard]] bool begin(const std::set<std::string>& databases, Micros first, Micros last,
                           const SeenChanges& seen);

  // Tables are there, have a key, and nothing of an earlier run is left: after DDL.
  void follow_schema();

  // RENAME TABLE a TO b, …: the names in order, old, new, old, new. Before it: another schema's trigger would
  // make it fail (error 1435 on both servers). After it: what was kept goes along where no table has the
  // former name.
  void before_rename(const std::vector<TableId>& names);
  void follow_rename(const std::vector<TableId>& names);

  // Inside a transaction: copies the rows of `tables` (or of these partitions of it, where there is one
  // table) with this reason. `variables`: SET of what the triggers read too. Gives the number of rows.
  std::uint64_t keep(const std::vector<TableId>& tables, const std::vector<std::string>& partitions,
                     const std::string& reason, const std::string& variables);
  // Of the rows that were kept for this event and reason some are not in the live table any more.
  bool some_left(const TableId& table, const std::string& reason, const std::string& event);
  // The statement that `keep` was for failed.
  void make_void(const std::vector<TableId>& tables, const std::string& event);

  // The former rows of UPDATEs are kept, where a key changes or always: of some table, of this one or one
  // that is not known (a view).
  [[nodiscard]] bool keeps_updates() const;
  [[nodiscard]] bool keeps_updates(const TableId& table) const;
  // Rows that stay in the live tables though they left. Outside a transaction. `all`: of every table.
  [[nodiscard]] bool some_are_in() { return kept_.some_are_in(); }
  void take_kept_out(const Mentions& mentions, bool all);
  // At the end of a run. What could not be put in is out until the next.
  void put_kept_in();
  [[nodiscard]] std::set<TableId> tables_with_kept() const { return kept_.tables_with_kept(); }

  // A foreign key takes its rows along with a parent's.
  [[nodiscard]] bool is_cascaded(const TableId& table) const;

  [[nodiscard]] const TableShape* find(const TableId& table) const;
  [[nodiscard]] const std::set<std::string>& schemas() const { return catalog_.schemas; }
  [[nodiscard]] std::vector<TableId> tables_of(const std::string& schema) const;
  // An error's message speaks of a table of the archive.
  [[nodiscard]] bool concerns_archive(const std::string& message) const;

 private:
  enum class Use : std::uint8_t { trigger, copy };

  void run(const std::string& sql);
  void set_session();
  void look();
  void refuse_clashes() const;
  void make_schemas();
  void make_tables();
  void make_triggers();
  void make_views();
  void note_kept(const Keeping& keeping, const std::string& from, const std::string& reason);
  void make_view(const TableId& live, std::map<TableId, std::string>& known);
  void make_table(const TableShape& shape, const TableId& name, const std::string& engine);
  [[nodiscard]] std::vector<ArchiveTarget> targets(const TableShape& shape, Use use);
  TableId generation(const TableShape& shape, const std::string& engine, const std::string& period,
                     const std::string& route);
  [[nodiscard]] bool keys_change(const TableShape& shape) const;
  [[nodiscard]] const std::vector<CascadeEdge>& delete_edges() const;
  [[nodiscard]] bool is_parent(const TableId& table) const;
  [[nodiscard]] bool spares_children(const TableId& table) const;
  [[nodiscard]] bool has_trigger(const TableId& table, const std::string& event) const;
  [[nodiscard]] std::vector<ArchiveTrigger> wanted_triggers() const;

  mysql::Connection& connection_;
  const ArchiveOptions& options_;
  Leaves leaves_;
  ArchiveRegistry registry_;
  KeptTables kept_;
  std::set<std::string> databases_;
  std::vector<std::string> periods_;  // of the batch, the last one at the end
  SeenChanges seen_;
  Replacing replacing_ = Replacing::takes_children;
  ArchiveCatalog catalog_;
  std::set<TableId> present_;  // tables and views of the archive's schemas
  std::map<TableId, Keeping> by_trigger_;
  std::map<TableId, Keeping> by_copy_;
};

}  // namespace dw::load
