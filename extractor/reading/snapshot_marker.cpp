#include "extractor/reading/snapshot_marker.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include <nlohmann/json.hpp>

#include "extractor/collector.h"
#include "extractor/nonce.h"

namespace dw::extract {
namespace {

constexpr int kMostLooksForMarker = 5;
constexpr std::size_t kIdColumn = 0;
constexpr std::size_t kCommandColumn = 4;
constexpr std::size_t kInfoColumn = 7;

std::uint64_t number(std::string_view digits) {
  std::uint64_t out = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), out);
  return out;
}

// Sessions that sleep have ended their last statement; the server's own threads have none. What a session
// that ended or begins shows (Quit, Connect) may still be a rollback or commit at work.
bool is_busy(mysql::Row row) {
  const std::string_view command = row[kCommandColumn].value_or("");
  return command != "Sleep" && command != "Daemon" && !command.starts_with("Binlog Dump");
}

void read_sessions(Server& server, SnapshotMarker& marker) {
  const std::string mark = list_mark(marker.nonce);
  server.stream_marked(mark, "SHOW PROCESSLIST", [&](mysql::Row row) {
    const bool own = row[kInfoColumn].value_or("").starts_with(mark);
    if (!own && is_busy(row)) marker.busy.push_back(number(row[kIdColumn].value_or("0")));
    return true;
  });
}

// trx_started is by the server's system clock.
void read_transactions(Server& server, SnapshotMarker& marker) {
  marker.in_transaction.emplace();
  server.stream(
      "SELECT trx_mysql_thread_id, TIMESTAMPDIFF(MICROSECOND, trx_started, CONVERT_TZ(UTC_TIMESTAMP(6), "
      "'+00:00', 'SYSTEM')) FROM information_schema.INNODB_TRX",
      [&](mysql::Row row) {
        marker.in_transaction->push_back(number(row[0].value_or("0")));
        marker.oldest_transaction =
            std::max(marker.oldest_transaction, static_cast<Micros>(number(row[1].value_or("0"))));
        return true;
      });
}

}  // namespace

std::string list_mark(const std::string& nonce) {
  return std::string(kMarkOpening) + nonce + " list */ ";
}
std::string inside_mark(const std::string& nonce) {
  return std::string(kMarkOpening) + nonce + " inside */ ";
}

SnapshotMarker open_snapshot(Server& server, const ServerInfo& info) {
  SnapshotMarker marker;
  marker.nonce = random_nonce();
  server.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ");
  if (info.process_privilege) read_transactions(server, marker);
  read_sessions(server, marker);  // right before the opening: what comes between is in doubt
  server.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT");
  server.stream_marked(inside_mark(marker.nonce), "SELECT 1", [](mysql::Row) { return true; });
  server.execute("SAVEPOINT dw");
  return marker;
}

void close_snapshot(Server& server) {
  server.execute("COMMIT");
}

void release_table(Server& server) {
  server.execute("ROLLBACK TO SAVEPOINT dw");
}

Cursor end_of_log(LogSource& source) {
  for (int lookup = 0; lookup < kMostLooksForMarker; ++lookup) {
    const std::vector<Generation> generations = source.generations();
    if (generations.empty()) break;
    const auto size = source.measure(generations.back());
    if (size) return {generations.back().fingerprint, size->end, size->last_time};
  }
  return start_of_empty_log();
}

std::optional<Cursor> find_marker(LogSource& source, const Cursor& before, const std::string& nonce) {
  const std::string mark = list_mark(nonce);
  for (int lookup = 0; lookup < kMostLooksForMarker; ++lookup) {
    std::optional<Cursor> found;
    bool moved = false;
    bool there = before.same_place(start_of_empty_log());
    const std::vector<Generation> generations = source.generations();
    for (const Generation& generation : generations) {
      const bool first = generation.fingerprint == before.fingerprint;
      there = there || first;
      if (!there || found) continue;
      const ReadEnd end = source.read(generation, first ? before.index : 0,
                                      std::numeric_limits<std::uint32_t>::max(), [&](const LogRow& row) {
                                        if (!row.text.starts_with(mark)) return true;
                                        found = Cursor{generation.fingerprint, row.index, row.time};
                                        return false;
                                      });
      moved = moved || end == ReadEnd::moved;
    }
    if (found || !moved) return found;
  }
  return std::nullopt;
}

nlohmann::json to_json(const SnapshotMarker& marker) {
  nlohmann::json out{{"nonce", marker.nonce}, {"busy", marker.busy}};
  if (marker.in_transaction) {
    out["in_transaction"] = *marker.in_transaction;
    out["oldest_transaction_seconds"] = static_cast<double>(marker.oldest_transaction) / 1e6;
  }
  if (marker.cursor) out["cursor"] = marker.cursor->text();
  return out;
}

}  // namespace dw::extract
