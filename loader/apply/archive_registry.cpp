#include "loader/apply/archive_registry.h"

#include <nlohmann/json.hpp>

#include "common/util/clock.h"
#include "loader/apply/bookkeeping.h"
#include "loader/retention/archive/names.h"

namespace dw::load {
namespace {

using nlohmann::json;

std::string is_live(const TableId& live) {
  return "schema_name=" + hex_literal(live.schema) + " AND table_name=" + hex_literal(live.table);
}

}  // namespace

void ArchiveRegistry::load() {
  entries_.clear();
  for (const auto& row : connection_.rows(
           "SELECT schema_name, table_name, archive_schema, archive_table, generation, engine, shape, "
           "period, "
           "route, void_events FROM dw_meta.archives ORDER BY created_at, generation, archive_table")) {
    ArchiveEntry entry;
    entry.live = {row[0].value_or(""), row[1].value_or("")};
    entry.archive = {row[2].value_or(""), row[3].value_or("")};
    entry.number = static_cast<unsigned>(std::stoul(row[4].value_or("1")));
    entry.engine = row[5].value_or("");
    entry.columns = shape_from(row[6].value_or("[]"));
    entry.period = row[7].value_or("");
    entry.route = row[8].value_or("");
    if (row[9]) entry.void_events = json::parse(*row[9]).get<std::vector<std::string>>();
    entries_.push_back(std::move(entry));
  }
}

const ArchiveEntry* ArchiveRegistry::find(const TableShape& shape, const std::string& engine,
                                          const std::string& period, const std::string& route) const {
  const ArchiveEntry* out = nullptr;
  for (const ArchiveEntry& entry : entries_) {
    if (entry.live == shape.id && entry.archive.schema == archive_schema(shape.id.schema) &&
        entry.engine == engine && entry.period == period && entry.route == route &&
        entry.columns == shape.columns)
      out = &entry;
  }
  return out;
}

std::vector<const ArchiveEntry*> ArchiveRegistry::of(const TableId& live) const {
  std::vector<const ArchiveEntry*> out;
  for (const ArchiveEntry& entry : entries_) {
    if (entry.live == live) out.push_back(&entry);
  }
  return out;
}

void ArchiveRegistry::add(ArchiveEntry entry) {
  connection_.execute(
      "INSERT INTO dw_meta.archives SET schema_name=" + hex_literal(entry.live.schema) + ", table_name=" +
      hex_literal(entry.live.table) + ", archive_schema=" + hex_literal(entry.archive.schema) +
      ", archive_table=" + hex_literal(entry.archive.table) + ", generation=" + std::to_string(entry.number) +
      ", engine=" + hex_literal(entry.engine) + ", shape=" + hex_literal(shape_text(entry.columns)) +
      ", period=" + hex_literal(entry.period) + ", route=" + hex_literal(entry.route) +
      ", created_at=" + time_literal(now_micros()));
  entries_.push_back(std::move(entry));
}

void ArchiveRegistry::rename(const TableId& from, const TableId& to) {
  connection_.execute("UPDATE dw_meta.archives SET schema_name=" + hex_literal(to.schema) +
                      ", table_name=" + hex_literal(to.table) + " WHERE " + is_live(from));
  for (ArchiveEntry& entry : entries_) {
    if (entry.live == from) entry.live = to;
  }
}

void ArchiveRegistry::make_void(const TableId& live, const std::string& event) {
  for (ArchiveEntry& entry : entries_) {
    if (entry.live != live) continue;
    entry.void_events.push_back(event);
    connection_.execute(
        "UPDATE dw_meta.archives SET void_events=" + hex_literal(json(entry.void_events).dump()) +
        " WHERE archive_schema=" + hex_literal(entry.archive.schema) +
        " AND archive_table=" + hex_literal(entry.archive.table) + " AND " + is_live(live));
  }
}

std::map<TableId, std::string> ArchiveRegistry::views() {
  std::map<TableId, std::string> out;
  for (const auto& row :
       connection_.rows("SELECT schema_name, table_name, digest FROM dw_meta.archive_views"))
    out[{row[0].value_or(""), row[1].value_or("")}] = row[2].value_or("");
  return out;
}

void ArchiveRegistry::note_view(const TableId& view, const std::string& digest) {
  connection_.execute("REPLACE INTO dw_meta.archive_views SET schema_name=" + hex_literal(view.schema) +
                      ", table_name=" + hex_literal(view.table) + ", digest=" + hex_literal(digest));
}

void ArchiveRegistry::forget_view(const TableId& view) {
  connection_.execute("DELETE FROM dw_meta.archive_views WHERE " + is_live(view));
}

}  // namespace dw::load
