// Verifier's part for AUTO_INCREMENT counters, which are no rows, and decide what the next rows' ids are.
#include <nlohmann/json.hpp>

#include "loader/apply/bookkeeping.h"
#include "loader/verify/verifier.h"

namespace dw::load {

// Written down first (loader/apply/auto_increment.h): a run that is killed in between is put right by the
// next.
void Verifier::settle_counters(const Pass& pass) {
  mysql::Connection& mirror = tables_.connection();
  const bool held = mirror.value("SELECT 1 FROM dw_meta.held LIMIT 1").has_value();
  for (const auto& [id, next_id] : pass.reading.header.next_ids) {
    const rows::Table* table = tables_.find(id);
    if (table == nullptr || missing_.contains(id)) continue;
    // What is open or under way has taken ids in production, and will take them here.
    if (held || pass.doubts.touches(id) || pass.doubts.is_open(id)) {
      if (suspected_.contains(id)) open_counters_.insert(id);
      continue;
    }
    open_counters_.erase(id);
    const std::uint64_t here = tables_.next_id(*table).value_or(1);
    if (here == next_id) continue;
    // An id that a row here has already is not given again, whatever the counter says.
    const auto highest = tables_.highest_id(*table);
    if (highest && here == static_cast<std::uint64_t>(*highest) + 1 && here > next_id) continue;
    if (!scope_.repair) {
      result_.drifting.try_emplace(
          id, "AUTO_INCREMENT is " + std::to_string(here) + ", production's " + std::to_string(next_id));
      continue;
    }
    mirror.execute("REPLACE INTO dw_meta.auto_increments (schema_name, table_name, next_value) VALUES (" +
                   hex_literal(id.schema) + "," + hex_literal(id.table) + "," + std::to_string(next_id) +
                   ")");
    mirror.execute("ALTER TABLE " + sql_name(*table) + " AUTO_INCREMENT=" + std::to_string(next_id));
  }
}

// Their tables' rows are as production's, and the suspects that named them are cleared.
void Verifier::suspect_open_counters() {
  for (const OpenSuspect& suspect : open_suspects(tables_.connection())) open_counters_.erase(suspect.table);
  std::vector<SuspectEntry> entries;
  for (const TableId& id : open_counters_) {
    const rows::Table* table = tables_.find(id);
    if (table == nullptr || table->key.empty()) continue;
    SuspectEntry& entry = entries.emplace_back();
    entry.schema = id.schema;
    entry.table = id.table;
    entry.scope = SuspectScope::keys;
    entry.keys = nlohmann::json{{"columns", table->key}, {"rows", nlohmann::json::array()}}.dump();
    entry.reason = "its counter, while a transaction was open";
    entry.cursor = applier_.checkpoint().cursor ? applier_.checkpoint().cursor->text() : "";
    entry.time = now_micros();
  }
  Bookkeeping(tables_.connection()).add(entries);
}

}  // namespace dw::load
