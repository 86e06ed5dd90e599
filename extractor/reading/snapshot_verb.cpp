#include "extractor/reading/snapshot_verb.h"

#include <memory>
#include <optional>
#include <tuple>

#include <nlohmann/json.hpp>

#include "common/rows/row_line.h"
#include "extractor/open_source.h"
#include "extractor/reading/catalog_verb.h"
#include "extractor/reading/read_request.h"
#include "extractor/reading/reading_session.h"
#include "extractor/reading/snapshot_marker.h"
#include "extractor/reading/table_reader.h"

namespace dw::extract {
namespace {

using nlohmann::json;

class Snapshot {
 public:
  Snapshot(const Config& config, Server& server, LineStream& out)
      : config_(config),
        server_(server),
        out_(out),
        gate_(server, config.reading.max_load),
        reader_(server, gate_, config.reading.chunk_seconds) {}

  void run(const std::optional<SnapshotPlace>& after) {
    const ServerInfo info = server_.info(config_);
    prepare_reading(server_);
    rows::Counters counters;
    const SnapshotMarker marker = open(info, counters);
    rows::Catalog catalog = read_catalog_here();
    for (rows::Table& table : catalog.tables) {
      const auto counter = counters.find({table.schema, table.name});
      if (counter != counters.end()) table.next_id = counter->second;
    }
    json header = header_json("snapshot", config_, info);
    header["marker"] = to_json(marker);
    out_.line(header);
    write_catalog(catalog, out_);
    for (const rows::Table& table : catalog.tables) {
      const bool is_place = after && table.schema == after->schema && table.name == after->table;
      const bool is_past =
          after && std::tie(table.schema, table.name) < std::tie(after->schema, after->table);
      const bool is_done = is_place && (after->key.empty() || table.key.empty());
      if (is_past || is_done) continue;
      write_table(table, is_place ? to_key(table, table.key, after->key) : rows::Key{});
    }
    close_snapshot(server_);
    out_.finish();
  }

 private:
  // The log is looked up once before and once behind the opening, so that the look never reads far. Counters
  // are read just before it: the rows behind it take ids that the copy must give them anew.
  SnapshotMarker open(const ServerInfo& info, rows::Counters& counters) {
    std::unique_ptr<LogSource> log;
    if (info.log_enabled()) log = open_source(config_, info, &server_);
    const Cursor before = log ? end_of_log(*log) : Cursor();
    counters = read_counters_here();
    SnapshotMarker marker = open_snapshot(server_, info);
    if (log) marker.cursor = find_marker(*log, before, marker.nonce);
    return marker;
  }

  rows::Counters read_counters_here() {
    const CatalogSession session(server_);
    return rows::read_counters(session.access(), config_.databases);
  }

  rows::Catalog read_catalog_here() {
    const CatalogSession session(server_);
    return rows::read_catalog(session.access(), config_.databases);
  }

  void write_table(const rows::Table& table, const rows::Key& after) {
    const std::vector<rows::Column> columns = table.stored_columns();
    json names = json::array();
    for (const rows::Column& column : columns) names.push_back(column.name);
    const json place{{"schema", table.schema}, {"table", table.name}};
    out_.line({{"begin", place}, {"columns", names}});
    std::uint64_t count = 0;
    try {
      reader_.read(
          table, columns, {after, {}},
          [&](std::span<const rows::Value> values) {
            rows::append_row(out_.out(), columns, values);
            out_.row_done();
            return true;
          },
          [&](std::uint64_t rows) {
            count += rows;
            out_.line({{"chunk", rows}});
            out_.flush();
          });
    } catch (const mysql::SqlError& error) {
      if (!is_changed_table(error)) throw;
      out_.line({{"changed", place}});
      return;
    }
    release_table(server_);
    out_.line({{"done", place}, {"rows", count}});
  }

  const Config& config_;
  Server& server_;
  LineStream& out_;
  LoadGate gate_;
  TableReader reader_;
};

}  // namespace

void run_snapshot(const Config& config, Server& server, const std::string& after, LineStream& out) {
  std::optional<SnapshotPlace> place;
  if (!after.empty()) place = parse_snapshot_place(after);
  Snapshot(config, server, out).run(place);
}

}  // namespace dw::extract
