#include "extractor/table_log_source.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <thread>

#include "common/log/cursor.h"
#include "common/mysql/errors.h"
#include "extractor/mariadb_text.h"

namespace dw::extract {
namespace {

constexpr std::size_t kFingerprintedText = 1024;
// `argument` holds 16,777,215 bytes at most (MEDIUMTEXT, MEDIUMBLOB), of whole characters; what is longer is
// cut off without a word (measured on both).
constexpr std::size_t kFullColumn = 16'777'215 - 3;
constexpr int kMostLookups = 5;
constexpr auto kLookupPause = std::chrono::milliseconds(20);
constexpr std::array<const char*, 3> kTables{kOldTable, kBackupTable, kCurrentTable};

std::uint64_t number(const mysql::Value& value) {
  std::uint64_t out = 0;
  if (value) std::from_chars(value->data(), value->data() + value->size(), out);
  return out;
}

Micros time(const mysql::Value& value) {
  return value ? parse_time(*value).value_or(0) : 0;
}

// The log's table keeps a time as text, in the time zone of the session that wrote the row (measured on both
// servers); our session's is UTC, so that it reads the text unchanged. As nearly every session has the global
// time zone, that is the one to convert from; dw-load corrects the others, whose time zone it knows.
constexpr const char* kUtcTime = "COALESCE(CONVERT_TZ(event_time, @@global.time_zone, '+00:00'), event_time)";
constexpr std::size_t kTimeColumn = 8;

std::string mysql_table(const std::string& table) {
  return " FROM mysql.`" + table + "`";
}

// The first row in the shape of the others, with `tag` in front and the text's length behind: every statement
// that reads a generation begins with it, and so proves which generation it read, whatever is renamed in
// between.
std::string select_first(std::size_t tag, const std::string& table) {
  return "(SELECT " + std::to_string(tag) +
         ", event_time, user_host, thread_id, server_id, command_type, LEFT(argument, " +
         std::to_string(kFingerprintedText) + "), LENGTH(argument), " + kUtcTime + mysql_table(table) +
         " LIMIT 1)";
}

// Each field with its length in front, so that no two rows give the same bytes. A character can have several
// bytes: the text is cut here, where both MySQL's bytes and MariaDB's characters are bytes.
std::string fingerprint_of(mysql::Row row) {
  std::string bytes;
  for (std::size_t i = 1; i <= 7; ++i) {
    const std::string_view field = row[i].value_or("").substr(0, kFingerprintedText);
    bytes += std::to_string(field.size()) + ":" + std::string(field) + ",";
  }
  return generation_fingerprint(bytes);
}

}  // namespace

std::vector<std::string> TableLogSource::tables() {
  const auto found = server_.rows(
      "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'mysql' AND TABLE_NAME IN "
      "('general_log_old', 'general_log_backup', 'general_log')");
  std::vector<std::string> out;
  for (const char* table : kTables) {
    // The current one is asked for in any case: without the right to see it, the server's answer says so.
    const bool exists =
        std::any_of(found.begin(), found.end(), [&](const auto& row) { return row.at(0) == table; });
    if (exists || table == kCurrentTable) out.emplace_back(table);
  }
  return out;
}

std::vector<Generation> TableLogSource::first_rows(const std::vector<std::string>& tables) {
  std::string sql;
  for (std::size_t i = 0; i < tables.size(); ++i) {
    if (i != 0) sql += " UNION ALL ";
    sql += select_first(i, tables[i]);
  }
  std::vector<Generation> out;
  table_by_fingerprint_.clear();
  server_.stream(sql, [&](mysql::Row row) {
    const std::string& table = tables.at(number(row[0]));
    const Generation generation{fingerprint_of(row), time(row[kTimeColumn]), table == kCurrentTable};
    table_by_fingerprint_[generation.fingerprint] = table;
    out.push_back(generation);
    return true;
  });
  return out;
}

// Our own statement stands in the current table before it runs, so an empty one is either not logged to or
// was read in the middle of a rotation.
std::vector<Generation> TableLogSource::generations() {
  std::vector<Generation> found;
  for (int lookup = 0; lookup < kMostLookups; ++lookup) {
    if (lookup != 0) std::this_thread::sleep_for(kLookupPause);
    try {
      found = first_rows(tables());
      if (!found.empty() && found.back().current) return found;
    } catch (const mysql::SqlError& error) {
      if (error.code() != mysql::kNoSuchTable || lookup + 1 == kMostLookups) throw;
    }
  }
  return found;
}

std::string TableLogSource::table_of(const Generation& generation) const {
  const auto found = table_by_fingerprint_.find(generation.fingerprint);
  return found == table_by_fingerprint_.end() ? std::string() : found->second;
}

// Reading begins one row early: a row must stand there, or the place is behind the log's end.
ReadEnd TableLogSource::read(const Generation& generation, std::uint64_t index, std::uint64_t limit,
                             const RowVisitor& visitor) {
  const std::string table = table_of(generation);
  if (table.empty()) return ReadEnd::moved;
  const std::uint64_t before = index == 0 ? 0 : 1;
  bool proven = false;
  bool stopped = false;
  std::uint64_t rows = 0;
  Micros time_before = 0;
  const bool mariadb = server_.is_mariadb();
  std::string bytes;  // of a text that does not stand in the table as it was
  const std::string sql =
      select_first(0, table) +
      " UNION ALL (SELECT 1, NULL, user_host, thread_id, server_id, command_type, argument, 0, " + kUtcTime +
      mysql_table(table) + " LIMIT " + std::to_string(limit + before) + " OFFSET " +
      std::to_string(index - before) + ")";
  try {
    server_.stream(sql, [&](mysql::Row row) {
      if (!proven) return proven = row[0] == "0" && fingerprint_of(row) == generation.fingerprint;
      if (++rows <= before) {
        time_before = time(row[kTimeColumn]);
        return true;
      }
      const std::uint64_t place = index + rows - before - 1;
      std::string_view text = row[6].value_or("");
      const bool truncated = text.size() >= kFullColumn;
      if (mariadb && text.find("\\x") != std::string_view::npos) {
        text = bytes = row[5] == "Execute" ? original_bytes_of_execute(text) : original_bytes(text);
      }
      const Micros written = time(row[kTimeColumn]);
      stopped = !visitor({place, place + 1, written, row[2].value_or(""), number(row[3]), row[5].value_or(""),
                          text, truncated, time_before});
      time_before = written;
      return !stopped;
    });
  } catch (const mysql::SqlError& error) {
    if (error.code() != mysql::kNoSuchTable) throw;
  }
  if (!proven) return ReadEnd::moved;
  if (stopped) return ReadEnd::stopped;
  if (rows < before) return ReadEnd::past_end;
  return rows == limit + before ? ReadEnd::limit : ReadEnd::log_end;
}

std::optional<GenerationSize> TableLogSource::measure(const Generation& generation) {
  const std::string table = table_of(generation);
  if (table.empty()) return std::nullopt;
  bool proven = false;
  std::optional<GenerationSize> size;
  const std::string sql = select_first(0, table) +
                          " UNION ALL (SELECT 1, NULL, '', COUNT(*), 0, '', '', "
                          "COALESCE(SUM(LENGTH(argument)), 0), MAX(" +
                          kUtcTime + ")" + mysql_table(table) + ")";
  try {
    server_.stream(sql, [&](mysql::Row row) {
      if (!proven) return proven = row[0] == "0" && fingerprint_of(row) == generation.fingerprint;
      size = GenerationSize{number(row[3]), number(row[3]), number(row[7]), time(row[kTimeColumn])};
      return false;
    });
  } catch (const mysql::SqlError& error) {
    if (error.code() != mysql::kNoSuchTable) throw;
  }
  return size;
}

}  // namespace dw::extract
