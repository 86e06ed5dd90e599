// dw_meta.archives: which tables of the archive there are, and whose rows they hold.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/mysql/connection.h"
#include "loader/retention/archive/archive_table.h"
#include "loader/retention/archive/shape.h"

namespace dw::load {

struct ArchiveEntry {
  TableId live;     // the table whose rows these are, by its present name
  TableId archive;  // where they are
  unsigned number = 1;
  std::string engine;
  std::vector<ShapeColumn> columns;
  std::string period;
  std::string route;
  std::vector<std::string> void_events;  // see Generation
};

class ArchiveRegistry {
 public:
  explicit ArchiveRegistry(mysql::Connection& connection) : connection_(connection) {}

  // Throws mysql::SqlError, as all others.
  void load();
  [[nodiscard]] const std::vector<ArchiveEntry>& all() const { return entries_; }

  // The newest of the live table in this archive schema with this engine, shape, period and route; null:
  // there is none.
  [[nodiscard]] const ArchiveEntry* find(const TableShape& shape, const std::string& engine,
                                         const std::string& period, const std::string& route) const;
  // Of the live table, oldest first.
  [[nodiscard]] std::vector<const ArchiveEntry*> of(const TableId& live) const;

  void add(ArchiveEntry entry);
  // What `from` kept belongs to `to` from now on.
  void rename(const TableId& from, const TableId& to);
  // What the tables of `live` kept for this event never left them.
  void make_void(const TableId& live, const std::string& event);

  // Digests of the views as they were made last.
  std::map<TableId, std::string> views();
  void note_view(const TableId& view, const std::string& digest);
  void forget_view(const TableId& view);

 private:
  mysql::Connection& connection_;
  std::vector<ArchiveEntry> entries_;
};

}  // namespace dw::load
