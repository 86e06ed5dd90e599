#include "loader/apply/bookkeeping.h"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "common/log/batch.h"
#include "common/util/clock.h"
#include "common/util/digest.h"

namespace dw::load {
namespace {

using nlohmann::json;

// Times are UTC. Texts of statements are bytes: production's characters may be of any set.
constexpr std::array kTables{
    R"(CREATE TABLE IF NOT EXISTS dw_meta.checkpoint (
      source_id VARCHAR(190) NOT NULL PRIMARY KEY,
      log_cursor VARCHAR(120) NULL,
      statements_done INT UNSIGNED NOT NULL DEFAULT 0,
      sessions LONGTEXT NOT NULL,
      intent LONGTEXT NULL,
      in_flight LONGTEXT NULL,
      source_signs LONGTEXT NULL,
      updated_at DATETIME(6) NOT NULL
    ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4)",
    R"(CREATE TABLE IF NOT EXISTS dw_meta.batches (
      id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
      source_id VARCHAR(190) NOT NULL,
      sha256 CHAR(64) NOT NULL,
      cursor_after VARCHAR(120) NULL,
      cursor_next VARCHAR(120) NOT NULL,
      complete TINYINT NOT NULL DEFAULT 0,
      received BIGINT UNSIGNED NOT NULL,
      applied BIGINT UNSIGNED NOT NULL,
      retained BIGINT UNSIGNED NOT NULL,
      withheld BIGINT UNSIGNED NOT NULL,
      rolled_back BIGINT UNSIGNED NOT NULL,
      `inner` BIGINT UNSIGNED NOT NULL,
      ignored BIGINT UNSIGNED NOT NULL,
      failed BIGINT UNSIGNED NOT NULL,
      first_event_at DATETIME(6) NULL,
      last_event_at DATETIME(6) NULL,
      fetched_at DATETIME(6) NOT NULL,
      applied_at DATETIME(6) NOT NULL,
      KEY sha256 (sha256),
      KEY applied_at (applied_at)
    ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4)",
    R"(CREATE TABLE IF NOT EXISTS dw_meta.ledger (
      id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
      batch_id BIGINT UNSIGNED NOT NULL,
      log_cursor VARCHAR(120) NOT NULL,
      event_at DATETIME(6) NOT NULL,
      thread_id BIGINT UNSIGNED NOT NULL,
      user_host VARCHAR(512) NOT NULL,
      database_name VARCHAR(64) NOT NULL,
      action VARCHAR(16) NOT NULL,
      reason VARCHAR(64) NOT NULL,
      rows_kept BIGINT UNSIGNED NULL,
      statement LONGBLOB NOT NULL,
      KEY event_at (event_at)
    ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4)",
    R"(CREATE TABLE IF NOT EXISTS dw_meta.failures (
      id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
      batch_id BIGINT UNSIGNED NOT NULL,
      log_cursor VARCHAR(120) NOT NULL,
      event_at DATETIME(6) NOT NULL,
      thread_id BIGINT UNSIGNED NOT NULL,
      user_host VARCHAR(512) NOT NULL,
      database_name VARCHAR(64) NOT NULL,
      error INT UNSIGNED NOT NULL,
      message TEXT NOT NULL,
      statement LONGBLOB NOT NULL,
      KEY event_at (event_at)
    ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4)",
    R"(CREATE TABLE IF NOT EXISTS dw_meta.suspects (
      id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
      schema_name VARCHAR(64) NOT NULL,
      table_name VARCHAR(64) NOT NULL,
      scope VARCHAR(8) NOT NULL DEFAULT 'table',
      `keys` LONGTEXT NULL,
      reason VARCHAR(190) NOT NULL,
      log_cursor VARCHAR(120) NOT NULL,
      event_at DATETIME(6) NULL,
      thread_id BIGINT UNSIGNED NULL,
      times BIGINT UNSIGNED NOT NULL DEFAULT 1,
      digest CHAR(64) NOT NULL DEFAULT '',
      noted_at DATETIME(6) NOT NULL,
      cleared_at DATETIME(6) NULL,
      KEY open_suspects (schema_name, table_name, cleared_at),
      KEY digest (digest)
    ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4)",
    R"(CREATE TABLE IF NOT EXISTS dw_meta.auto_increments (
      schema_name VARCHAR(64) NOT NULL,
      table_name VARCHAR(64) NOT NULL,
      next_value BIGINT UNSIGNED NOT NULL,
      PRIMARY KEY (schema_name, table_name)
    ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin)",
    R"(CREATE TABLE IF NOT EXISTS dw_meta.held (
      transaction_key VARBINARY(300) NOT NULL,
      number BIGINT UNSIGNED NOT NULL,
      kind VARCHAR(16) NOT NULL,
      log_cursor VARCHAR(120) NOT NULL,
      ordinal INT UNSIGNED NOT NULL,
      event_at DATETIME(6) NULL,
      thread_id BIGINT UNSIGNED NOT NULL,
      user_host VARBINARY(2048) NOT NULL,
      database_name VARBINARY(256) NULL,
      settings LONGBLOB NULL,
      sql_mode VARBINARY(2048) NOT NULL,
      insert_id BIGINT UNSIGNED NOT NULL,
      statement LONGBLOB NOT NULL,
      charset VARBINARY(64) NOT NULL DEFAULT '',
      server_version VARBINARY(200) NOT NULL DEFAULT '',
      PRIMARY KEY (transaction_key, number)
    ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4)",
    R"(CREATE TABLE IF NOT EXISTS dw_meta.archives (
      schema_name VARCHAR(64) NOT NULL,
      table_name VARCHAR(64) NOT NULL,
      archive_schema VARCHAR(64) NOT NULL,
      archive_table VARCHAR(64) NOT NULL,
      generation INT UNSIGNED NOT NULL,
      engine VARCHAR(64) NOT NULL,
      shape LONGTEXT NOT NULL,
      period VARCHAR(16) NOT NULL DEFAULT '',
      route VARCHAR(64) NOT NULL DEFAULT '',
      void_events LONGTEXT NULL,
      created_at DATETIME(6) NOT NULL,
      PRIMARY KEY (archive_schema, archive_table, schema_name, table_name),
      KEY live (schema_name, table_name)
    ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin)",
    R"(CREATE TABLE IF NOT EXISTS dw_meta.archive_views (
      schema_name VARCHAR(64) NOT NULL,
      table_name VARCHAR(64) NOT NULL,
      digest CHAR(64) NOT NULL,
      PRIMARY KEY (schema_name, table_name)
    ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin)",
    // Bounds are key values as JSON lists (common/rows/row_line.h), the lower one outside, the upper one
    // inside the chunk; NULL: from the first row on, to the last one. `differing`: rows of the last look that
    // were not mended; `found` and `repaired` count since the chunk is there.
    R"(CREATE TABLE IF NOT EXISTS dw_meta.chunks (
      table_schema VARCHAR(64) NOT NULL,
      table_name VARCHAR(64) NOT NULL,
      chunk INT UNSIGNED NOT NULL,
      lower_bound LONGTEXT NULL,
      upper_bound LONGTEXT NULL,
      row_count BIGINT UNSIGNED NOT NULL DEFAULT 0,
      checked_at DATETIME(6) NULL,
      verified_at DATETIME(6) NULL,
      differing BIGINT UNSIGNED NOT NULL DEFAULT 0,
      found BIGINT UNSIGNED NOT NULL DEFAULT 0,
      repaired BIGINT UNSIGNED NOT NULL DEFAULT 0,
      PRIMARY KEY (table_schema, table_name, chunk),
      KEY due (checked_at)
    ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin)",
    // Tables whose definitions were compared with production's. The row without names: when all were.
    // `drift`: what is other, and what would mend it. The digests are of both definitions, as they were
    // compared.
    R"(CREATE TABLE IF NOT EXISTS dw_meta.definitions (
      table_schema VARCHAR(64) NOT NULL,
      table_name VARCHAR(64) NOT NULL,
      checked_at DATETIME(6) NOT NULL,
      source_digest CHAR(64) NOT NULL DEFAULT '',
      mirror_digest CHAR(64) NOT NULL DEFAULT '',
      drift LONGTEXT NULL,
      PRIMARY KEY (table_schema, table_name)
    ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin)",
    R"(CREATE TABLE IF NOT EXISTS dw_meta.table_sizes (
      day DATE NOT NULL,
      table_schema VARCHAR(64) NOT NULL,
      table_name VARCHAR(64) NOT NULL,
      row_count BIGINT UNSIGNED NULL,
      byte_count BIGINT UNSIGNED NULL,
      PRIMARY KEY (day, table_schema, table_name)
    ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin)",
    R"(CREATE TABLE IF NOT EXISTS dw_meta.kept_tables (
      id INT UNSIGNED NOT NULL PRIMARY KEY,
      kind VARCHAR(8) NOT NULL,
      schema_name VARCHAR(64) NOT NULL,
      table_name VARCHAR(64) NOT NULL,
      shape LONGTEXT NULL,
      key_columns LONGTEXT NULL,
      definition LONGTEXT NULL,
      log_cursor VARCHAR(160) NULL,
      state VARCHAR(8) NOT NULL
    ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin)",
};

// What mirrors of earlier versions lack: the column to look for, and what makes it.
struct Addition {
  const char* table;
  const char* column;
  const char* sql;
};
constexpr std::array kAdditions{
    Addition{"checkpoint", "in_flight",
             "ALTER TABLE dw_meta.checkpoint ADD COLUMN in_flight LONGTEXT NULL AFTER intent"},
    Addition{"checkpoint", "source_signs",
             "ALTER TABLE dw_meta.checkpoint ADD COLUMN source_signs LONGTEXT NULL AFTER in_flight"},
    Addition{
        "suspects", "scope",
        "ALTER TABLE dw_meta.suspects ADD COLUMN scope VARCHAR(8) NOT NULL DEFAULT 'table' AFTER table_name, "
        "ADD COLUMN `keys` LONGTEXT NULL AFTER scope, ADD COLUMN event_at DATETIME(6) NULL AFTER log_cursor, "
        "ADD COLUMN thread_id BIGINT UNSIGNED NULL AFTER event_at, "
        "ADD COLUMN times BIGINT UNSIGNED NOT NULL DEFAULT 1 AFTER thread_id, "
        "ADD COLUMN digest CHAR(64) NOT NULL DEFAULT '' AFTER times, ADD KEY digest (digest)"},
    Addition{"held", "charset",
             "ALTER TABLE dw_meta.held ADD COLUMN charset VARBINARY(64) NOT NULL DEFAULT '', "
             "ADD COLUMN server_version VARBINARY(200) NOT NULL DEFAULT ''"},
};
// Rows of then said "everything" by an empty schema.
constexpr const char* kScopeOfOldSuspects =
    "UPDATE dw_meta.suspects SET scope='all' WHERE schema_name='' AND table_name='' AND digest=''";

// Multi-row INSERTs are cut so that a packet stays well below any server's max_allowed_packet.
constexpr std::size_t kPacket = 1U << 20U;

std::string number(std::uint64_t value) {
  return std::to_string(value);
}

// A value for a VARCHAR or TEXT column of utf8mb4.
std::string text(std::string_view value, std::size_t characters) {
  if (!is_utf8(value)) {
    std::string ascii(value);
    std::replace_if(
        ascii.begin(), ascii.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; }, '?');
    return text(ascii, characters);
  }
  std::size_t size = std::min(value.size(), characters);
  // Never cut a UTF-8 character in two.
  while (size > 0 && size < value.size() && (static_cast<unsigned char>(value[size]) & 0xC0U) == 0x80U)
    --size;
  return hex_literal(value.substr(0, size));
}

std::string counts_assignments(const Counts& counts) {
  std::string out = "received=" + number(counts.received);
  for (std::size_t i = 0; i < kOutcomes; ++i) {
    out += std::string(",`") + kOutcomeNames[i] + "`=" + number(counts.by_outcome[i]);
  }
  return out;
}

// Collects row values and inserts them packet by packet.
class Inserter {
 public:
  Inserter(mysql::Connection& connection, std::string head)
      : connection_(connection), head_(std::move(head)) {}
  void add(const std::string& row) {
    if (!rows_.empty() && rows_.size() + row.size() > kPacket) finish();
    rows_ += (rows_.empty() ? "" : ",") + row;
  }
  void finish() {
    if (!rows_.empty()) connection_.execute(head_ + rows_);
    rows_.clear();
  }

 private:
  mysql::Connection& connection_;
  std::string head_;
  std::string rows_;
};

json intent_json(const Intent& intent) {
  json out{{"cursor", intent.cursor},
           {"ordinal", intent.ordinal},
           {"schemas", intent.schemas},
           {"fingerprint", intent.fingerprint}};
  if (intent.rows_kept) out["rows_kept"] = *intent.rows_kept;
  return out;
}

Intent intent_from(const json& in) {
  Intent out{in.at("cursor").get<std::string>(), in.at("ordinal").get<std::uint32_t>(),
             in.at("schemas").get<std::vector<std::string>>(), in.at("fingerprint").get<std::string>()};
  if (in.contains("rows_kept")) out.rows_kept = in.at("rows_kept").get<std::uint64_t>();
  return out;
}

}  // namespace

std::string hex_literal(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out = "x'";
  out.reserve(bytes.size() * 2 + 3);
  for (const char c : bytes) {
    out += kDigits[static_cast<unsigned char>(c) >> 4U];
    out += kDigits[static_cast<unsigned char>(c) & 15U];
  }
  return out + "'";
}

std::string time_literal(Micros time) {
  if (time == 0) return "NULL";
  std::string out = format_time(time);
  out[10] = ' ';
  out.pop_back();
  return "'" + out + "'";
}

bool Bookkeeping::has_checkpoint() {
  return connection_
      .value(
          "SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA='dw_meta' AND TABLE_NAME='checkpoint'")
      .has_value();
}

bool Bookkeeping::has_schema() {
  const auto present = connection_.value(
      "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA='dw_meta' AND TABLE_NAME IN "
      "('checkpoint', "
      "'batches', 'ledger', 'failures', 'suspects', 'auto_increments', 'held', 'archives', 'archive_views', "
      "'chunks', 'definitions', 'table_sizes', 'kept_tables')");
  return present == std::to_string(kTables.size()) &&
         std::all_of(kAdditions.begin(), kAdditions.end(),
                     [&](const Addition& one) { return has_column(one.table, one.column); });
}

bool Bookkeeping::has_column(const char* table, const char* column) {
  return connection_
      .value(std::string(
                 "SELECT 1 FROM information_schema.COLUMNS WHERE TABLE_SCHEMA='dw_meta' AND TABLE_NAME='") +
             table + "' AND COLUMN_NAME='" + column + "'")
      .has_value();
}

void Bookkeeping::create_schema() {
  connection_.execute("CREATE DATABASE IF NOT EXISTS dw_meta DEFAULT CHARACTER SET utf8mb4");
  for (const char* table : kTables) connection_.execute(table);
  for (const Addition& one : kAdditions) {
    if (!has_column(one.table, one.column)) connection_.execute(one.sql);
  }
  connection_.execute(kScopeOfOldSuspects);
}

std::optional<Checkpoint> Bookkeeping::load_checkpoint() {
  const auto rows = connection_.rows(
      "SELECT source_id, log_cursor, statements_done, sessions, intent, in_flight, source_signs FROM "
      "dw_meta.checkpoint");
  if (rows.empty()) return std::nullopt;
  Checkpoint out;
  out.source_id = rows[0][0].value_or("");
  if (rows[0][1]) out.cursor = Cursor::parse(*rows[0][1]);
  out.statements_done = static_cast<std::uint32_t>(std::stoul(rows[0][2].value_or("0")));
  out.sessions = SessionTable::from_json(json::parse(rows[0][3].value_or("{}")));
  if (rows[0][4]) out.intent = intent_from(json::parse(*rows[0][4]));
  if (rows[0][5]) out.in_flight = in_flight_from_json(json::parse(*rows[0][5]));
  if (rows[0][6]) out.signs = source_signs_from(json::parse(*rows[0][6]));
  return out;
}

bool Bookkeeping::lock_checkpoint(const Checkpoint& expected) {
  const auto rows =
      connection_.rows("SELECT log_cursor, statements_done FROM dw_meta.checkpoint WHERE source_id=" +
                       hex_literal(expected.source_id) + " FOR UPDATE");
  if (rows.empty()) return !expected.cursor;
  const auto at = rows[0][0] ? Cursor::parse(*rows[0][0]) : std::nullopt;
  const bool same =
      at.has_value() == expected.cursor.has_value() && (!at || at->same_place(*expected.cursor));
  return same && rows[0][1] == number(expected.statements_done);
}

void Bookkeeping::save_checkpoint(const Checkpoint& checkpoint) {
  const auto replace = json::error_handler_t::replace;
  const std::string values =
      "log_cursor=" + (checkpoint.cursor ? hex_literal(checkpoint.cursor->text()) : "NULL") +
      ", statements_done=" + number(checkpoint.statements_done) +
      ", sessions=" + hex_literal(checkpoint.sessions.to_json().dump(-1, ' ', false, replace)) + ", intent=" +
      (checkpoint.intent ? hex_literal(intent_json(*checkpoint.intent).dump(-1, ' ', false, replace))
                         : "NULL") +
      ", in_flight=" +
      (checkpoint.in_flight.empty()
           ? "NULL"
           : hex_literal(to_json(checkpoint.in_flight).dump(-1, ' ', false, replace))) +
      ", source_signs=" + hex_literal(to_json(checkpoint.signs).dump(-1, ' ', false, replace)) +
      ", updated_at=" + time_literal(now_micros());
  connection_.execute("INSERT INTO dw_meta.checkpoint SET source_id=" + hex_literal(checkpoint.source_id) +
                      ", " + values + " ON DUPLICATE KEY UPDATE " + values);
}

std::uint64_t Bookkeeping::save_batch(std::uint64_t id, const BatchEntry& batch) {
  const std::string counts = counts_assignments(batch.counts) + ", applied_at=" + time_literal(now_micros()) +
                             ", last_event_at=" + time_literal(batch.last_event) +
                             ", complete=" + (batch.complete ? "1" : "0");
  if (id != 0) {
    connection_.execute("UPDATE dw_meta.batches SET " + counts + " WHERE id=" + number(id));
    return id;
  }
  return connection_
      .execute("INSERT INTO dw_meta.batches SET source_id=" + hex_literal(batch.source_id) +
               ", sha256=" + hex_literal(batch.sha256) +
               ", cursor_after=" + (batch.after.empty() ? "NULL" : hex_literal(batch.after)) +
               ", cursor_next=" + hex_literal(batch.next) + ", fetched_at=" + time_literal(batch.fetched) +
               ", first_event_at=" + time_literal(batch.first_event) + ", " + counts)
      .insert_id;
}

bool Bookkeeping::knows_batch(const std::string& sha256, const std::string& next) {
  return connection_
      .value("SELECT 1 FROM dw_meta.batches WHERE complete=1 AND sha256=" + hex_literal(sha256) +
             " AND cursor_next=" + hex_literal(next) + " LIMIT 1")
      .has_value();
}

void Bookkeeping::add(std::uint64_t batch, const std::vector<LedgerEntry>& entries) {
  Inserter inserter(
      connection_,
      "INSERT INTO dw_meta.ledger (batch_id,log_cursor,event_at,thread_id,user_host,database_name,action,"
      "reason,rows_kept,statement) VALUES ");
  for (const LedgerEntry& one : entries) {
    inserter.add("(" + number(batch) + "," + hex_literal(one.cursor) + "," + time_literal(one.time) + "," +
                 number(one.thread_id) + "," + text(one.user_host, 512) + "," + text(one.database, 64) + "," +
                 hex_literal(one.action) + "," + text(one.reason, 64) + "," +
                 (one.rows_kept ? number(*one.rows_kept) : "NULL") + "," + hex_literal(one.text) + ")");
  }
  inserter.finish();
}

void Bookkeeping::add(std::uint64_t batch, const std::vector<FailureEntry>& entries) {
  Inserter inserter(
      connection_,
      "INSERT INTO dw_meta.failures (batch_id,log_cursor,event_at,thread_id,user_host,database_name,error,"
      "message,statement) VALUES ");
  for (const FailureEntry& one : entries) {
    inserter.add("(" + number(batch) + "," + hex_literal(one.cursor) + "," + time_literal(one.time) + "," +
                 number(one.thread_id) + "," + text(one.user_host, 512) + "," + text(one.database, 64) + "," +
                 number(one.error) + "," + text(one.message, 4096) + "," + hex_literal(one.text) + ")");
  }
  inserter.finish();
}

void Bookkeeping::add(const std::vector<SuspectEntry>& entries) {
  Inserter inserter(
      connection_,
      "INSERT INTO dw_meta.suspects (schema_name,table_name,scope,`keys`,reason,log_cursor,event_at,"
      "thread_id,digest,noted_at) VALUES ");
  for (const SuspectEntry& one : entries) {
    const std::string scope = kSuspectScopes[static_cast<std::size_t>(one.scope)];
    Sha256 sha;
    for (const std::string& part : {one.schema, one.table, scope, one.keys, one.reason})
      sha.add(std::to_string(part.size()) + ":" + part);
    const std::string digest = sha.hex();
    const std::string place = "log_cursor=" + hex_literal(one.cursor) +
                              ", event_at=" + time_literal(one.time) + ", thread_id=" + number(one.thread) +
                              ", noted_at=" + time_literal(now_micros());
    const auto same = connection_.execute("UPDATE dw_meta.suspects SET times=times+1, " + place +
                                          " WHERE digest='" + digest + "' AND cleared_at IS NULL");
    if (same.affected_rows > 0) continue;
    inserter.add("(" + text(one.schema, 64) + "," + text(one.table, 64) + ",'" + scope + "'," +
                 (one.keys.empty() ? "NULL" : hex_literal(one.keys)) + "," + text(one.reason, 190) + "," +
                 hex_literal(one.cursor) + "," + time_literal(one.time) + "," + number(one.thread) + ",'" +
                 digest + "'," + time_literal(now_micros()) + ")");
  }
  inserter.finish();
}

SuspectCounts Bookkeeping::open_suspects() {
  SuspectCounts out{};
  const std::string scope = has_column("suspects", "scope") ? "scope" : "IF(schema_name='','all','table')";
  const auto rows = connection_.rows("SELECT " + scope +
                                     ", COUNT(*) FROM dw_meta.suspects WHERE cleared_at IS NULL GROUP BY 1");
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < kSuspectScopes.size(); ++i) {
      if (row[0] == kSuspectScopes[i]) out[i] = std::stoull(row[1].value_or("0"));
    }
  }
  return out;
}

}  // namespace dw::load
