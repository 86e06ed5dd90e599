#include "loader/verify/chunk_store.h"

#include <algorithm>

#include "loader/apply/bookkeeping.h"

namespace dw::load {
namespace {

constexpr std::uint64_t kBytesInChunk = 8U << 20U;

// By the server's estimates.
std::uint64_t rows_in_chunk(const rows::Table& table) {
  const std::uint64_t bytes_in_row = table.bytes / std::max<std::uint64_t>(table.estimated_rows, 1);
  return std::clamp<std::uint64_t>(kBytesInChunk / std::max<std::uint64_t>(bytes_in_row, 1), 1, kRowsInChunk);
}

std::string chunks_of(const TableId& table) {
  return "table_schema=" + hex_literal(table.schema) + " AND table_name=" + hex_literal(table.table);
}

std::string bound(const std::string& key) {
  return key.empty() ? "NULL" : hex_literal(key);
}

// What the last look did not settle is due whenever it was.
std::string is_due(Micros before) {
  return "(checked_at IS NULL OR verified_at IS NULL OR verified_at < checked_at OR verified_at < " +
         time_literal(before) + ")";
}

}  // namespace

std::map<TableId, bool> ChunkStore::tables() {
  std::map<TableId, bool> out;
  for (const auto& row :
       connection_.rows("SELECT table_schema, table_name, SUM(IF(upper_bound IS NULL, row_count, 0)) >= 2 * "
                        "COALESCE(GREATEST(MAX(IF(upper_bound IS NULL, NULL, row_count)), 1), " +
                        std::to_string(kRowsInChunk) + ") FROM dw_meta.chunks GROUP BY 1, 2"))
    out[{row[0].value_or(""), row[1].value_or("")}] = row[2] == "1";
  return out;
}

std::vector<TableId> ChunkStore::differing() {
  std::vector<TableId> out;
  for (const auto& row :
       connection_.rows("SELECT DISTINCT table_schema, table_name FROM dw_meta.chunks WHERE differing > 0"))
    out.push_back({row[0].value_or(""), row[1].value_or("")});
  return out;
}

std::vector<Chunk> ChunkStore::due(Micros before, std::size_t most, const TableId* only) {
  std::vector<Chunk> out;
  for (const auto& row : connection_.rows(
           "SELECT table_schema, table_name, chunk, lower_bound, upper_bound FROM "
           "dw_meta.chunks WHERE " +
           is_due(before) + (only == nullptr ? "" : " AND " + chunks_of(*only)) +
           " ORDER BY checked_at, table_schema, table_name, chunk LIMIT " + std::to_string(most)))
    out.push_back({{row[0].value_or(""), row[1].value_or("")},
                   static_cast<std::uint32_t>(std::stoul(row[2].value_or("0"))),
                   row[3].value_or(""),
                   row[4].value_or("")});
  return out;
}

bool ChunkStore::verified_since(const TableId& table, Micros time) {
  return connection_.value("SELECT COUNT(*) > 0 AND COUNT(*) = SUM(verified_at > " + time_literal(time) +
                           ") FROM dw_meta.chunks WHERE " + chunks_of(table)) == "1";
}

void ChunkStore::save(const Chunk& chunk, const ChunkLook& look) {
  const std::string at = time_literal(look.at);
  connection_.execute("UPDATE dw_meta.chunks SET row_count=" + std::to_string(look.rows) + ", checked_at=" +
                      at + (look.settled && look.differing == 0 ? ", verified_at=" + at : "") +
                      ", differing=" + std::to_string(look.differing) + ", found=found+" +
                      std::to_string(look.found) + ", repaired=repaired+" + std::to_string(look.repaired) +
                      " WHERE " + chunks_of(chunk.table) + " AND chunk=" + std::to_string(chunk.number));
}

void ChunkStore::forget(const TableId& table) {
  connection_.execute("DELETE FROM dw_meta.chunks WHERE " + chunks_of(table));
}

void ChunkStore::add(const Chunk& chunk) {
  connection_.execute("INSERT INTO dw_meta.chunks SET " + std::string("table_schema=") +
                      hex_literal(chunk.table.schema) + ", table_name=" + hex_literal(chunk.table.table) +
                      ", chunk=" + std::to_string(chunk.number) + ", lower_bound=" + bound(chunk.after) +
                      ", upper_bound=" + bound(chunk.through));
}

void ChunkStore::cut(MirrorTables& tables, const TableId& table, bool walkable) {
  const rows::Table* definition = tables.find(table);
  if (definition == nullptr) return;
  const auto last = connection_.rows("SELECT chunk, lower_bound, row_count FROM dw_meta.chunks WHERE " +
                                     chunks_of(table) + " ORDER BY chunk DESC LIMIT 1");
  const std::uint64_t rows = rows_in_chunk(*definition);
  Chunk chunk{table, 1, "", ""};
  if (!last.empty()) {
    if (!walkable || std::stoull(last[0][2].value_or("0")) < 2 * rows) return;
    chunk.number = static_cast<std::uint32_t>(std::stoul(last[0][0].value_or("1")));
    chunk.after = last[0][1].value_or("");
  }
  connection_.execute("START TRANSACTION");
  if (!last.empty())
    connection_.execute("DELETE FROM dw_meta.chunks WHERE " + chunks_of(table) +
                        " AND chunk=" + std::to_string(chunk.number));
  while (walkable) {
    chunk.through = tables.key_behind(*definition, chunk.after, rows);
    if (chunk.through.empty()) break;
    add(chunk);
    chunk.after = std::move(chunk.through);
    chunk.through.clear();
    ++chunk.number;
  }
  add(chunk);
  connection_.execute("COMMIT");
}

}  // namespace dw::load
