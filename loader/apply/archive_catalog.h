// Reads from the mirror what the archive policy depends on: the live tables, their cascades, the triggers
// that are there.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/mysql/connection.h"
#include "loader/retention/archive/shape.h"

namespace dw::load {

// One of ours, as it stands on the mirror.
struct PresentTrigger {
  std::string name;
  TableId table;
  std::string event;  // DELETE, UPDATE, INSERT
  std::string digest;
  bool last = true;  // it runs behind every other of its time and event
};

struct ArchiveCatalog {
  std::set<std::string> schemas;  // live ones that are there
  std::map<TableId, TableShape> tables;
  std::vector<CascadeEdge> cascades;   // ON DELETE CASCADE
  std::vector<CascadeEdge> followers;  // these, and all whose rows change with what they refer to
  std::vector<PresentTrigger> triggers;
  std::set<TableId> triggered;  // that have triggers of production's
};

// Schemas that are mirrored and there. `wanted` empty: all but the servers' own, dw_meta, and what the
// archive itself has made.
std::set<std::string> live_schemas(mysql::Connection& connection, const std::set<std::string>& wanted);

// The connection's character set must be utf8mb4. Throws mysql::SqlError.
ArchiveCatalog read_archive_catalog(mysql::Connection& connection, std::set<std::string> schemas);

// The tables and views of these schemas.
std::set<TableId> tables_in(mysql::Connection& connection, const std::set<std::string>& schemas);

}  // namespace dw::load
