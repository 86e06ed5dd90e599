#include "loader/baseline/copy_state_store.h"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "loader/apply/bookkeeping.h"

namespace dw::load {
namespace {

using nlohmann::json;

constexpr std::array<const char*, 4> kSteps{"waiting", "copying", "done", "refused"};

constexpr std::array<const char*, 2> kCopyTables{
    R"(CREATE TABLE IF NOT EXISTS dw_meta.baseline (
      schema_name VARCHAR(64) NOT NULL,
      table_name VARCHAR(64) NOT NULL,
      step VARCHAR(16) NOT NULL,
      row_count BIGINT UNSIGNED NOT NULL DEFAULT 0,
      byte_count BIGINT UNSIGNED NOT NULL DEFAULT 0,
      last_key LONGTEXT NULL,
      marker CHAR(32) NOT NULL DEFAULT '',
      updated_at DATETIME(6) NOT NULL,
      PRIMARY KEY (schema_name, table_name)
    ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin)",
    R"(CREATE TABLE IF NOT EXISTS dw_meta.baseline_markers (
      number INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
      nonce CHAR(32) NOT NULL,
      log_cursor VARCHAR(120) NOT NULL,
      busy LONGTEXT NOT NULL,
      oldest_transaction BIGINT NULL,
      passed TINYINT NOT NULL DEFAULT 0
    ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4)"};

std::string now() {
  return time_literal(now_micros());
}

}  // namespace

bool CopyStateStore::exists() {
  return connection_
      .value("SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA='dw_meta' AND TABLE_NAME='baseline'")
      .has_value();
}

void CopyStateStore::create() {
  for (const char* table : kCopyTables) connection_.execute(table);
}

// The run itself is the row without names: its step says whether it goes on, its last_key who the source is.
std::optional<CopyState> CopyStateStore::load() {
  if (!exists()) return std::nullopt;
  CopyState out;
  bool found = false;
  for (const auto& row : connection_.rows("SELECT schema_name, table_name, step, row_count, byte_count, "
                                          "last_key, marker FROM dw_meta.baseline "
                                          "ORDER BY schema_name, table_name")) {
    const std::string step = row.at(2).value_or("");
    const std::string last = row.at(5).value_or("");
    if (row.at(0)->empty()) {
      found = true;
      out.finished = step == "done";
      out.source_id = last;
      continue;
    }
    TableCopy& one = out.tables.emplace_back();
    one.schema = *row.at(0);
    one.table = *row.at(1);
    one.step = static_cast<CopyStep>(std::find(kSteps.begin(), kSteps.end(), step) - kSteps.begin());
    one.rows = std::stoull(*row.at(3));
    one.bytes = std::stoull(*row.at(4));
    one.last_key = last;
    one.marker = row.at(6).value_or("");
  }
  if (!found) return std::nullopt;
  for (const auto& row : connection_.rows("SELECT nonce, log_cursor, busy, oldest_transaction, passed FROM "
                                          "dw_meta.baseline_markers ORDER BY number")) {
    const auto cursor = Cursor::parse(row.at(1).value_or(""));
    if (!cursor) continue;
    CopyMarker& one = out.markers.emplace_back();
    one.nonce = row.at(0).value_or("");
    one.cursor = *cursor;
    one.busy = json::parse(row.at(2).value_or("[]")).get<std::vector<std::uint64_t>>();
    if (row.at(3)) one.oldest_transaction = std::stoll(*row.at(3));
    one.passed = row.at(4) == "1";
  }
  return out;
}

void CopyStateStore::begin(const std::string& source_id) {
  connection_.execute(
      "INSERT INTO dw_meta.baseline (schema_name, table_name, step, last_key, updated_at) VALUES "
      "('', '', 'copying', " +
      hex_literal(source_id) + ", " + now() + ")");
}

void CopyStateStore::finish(const std::string& source_id) {
  connection_.execute("UPDATE dw_meta.baseline SET step='done', last_key=" + hex_literal(source_id) +
                      ", updated_at=" + now() + " WHERE schema_name='' AND table_name=''");
}

void CopyStateStore::add(const CopyMarker& marker) {
  connection_.execute(
      "INSERT INTO dw_meta.baseline_markers (nonce, log_cursor, busy, oldest_transaction) VALUES (" +
      hex_literal(marker.nonce) + ", " + hex_literal(marker.cursor.text()) + ", " +
      hex_literal(json(marker.busy).dump()) + ", " +
      (marker.oldest_transaction ? std::to_string(*marker.oldest_transaction) : "NULL") + ")");
}

void CopyStateStore::add(const TableCopy& table) {
  connection_.execute("INSERT INTO dw_meta.baseline (schema_name, table_name, step, updated_at) VALUES (" +
                      hex_literal(table.schema) + ", " + hex_literal(table.table) + ", '" +
                      kSteps[static_cast<std::size_t>(table.step)] + "', " + now() + ")");
}

void CopyStateStore::save(const TableCopy& table) {
  connection_.execute(
      "UPDATE dw_meta.baseline SET step='" + std::string(kSteps[static_cast<std::size_t>(table.step)]) +
      "', row_count=" + std::to_string(table.rows) + ", byte_count=" + std::to_string(table.bytes) +
      ", last_key=" + (table.last_key.empty() ? "NULL" : hex_literal(table.last_key)) +
      ", marker=" + hex_literal(table.marker) + ", updated_at=" + now() +
      " WHERE schema_name=" + hex_literal(table.schema) + " AND table_name=" + hex_literal(table.table));
}

void CopyStateStore::pass_marker(const std::string& nonce) {
  connection_.execute("UPDATE dw_meta.baseline_markers SET passed=1 WHERE nonce=" + hex_literal(nonce));
}

void CopyStateStore::clear() {
  connection_.execute("DELETE FROM dw_meta.baseline");
  connection_.execute("DELETE FROM dw_meta.baseline_markers");
}

}  // namespace dw::load
