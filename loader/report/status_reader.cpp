#include "loader/report/status_reader.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "common/sql/keywords.h"
#include "common/util/clock.h"
#include "common/util/statistics.h"
#include "loader/mirror_access.h"

namespace dw::load {
namespace {

using Text = std::optional<std::string>;

constexpr int kDaysShown = 365;
constexpr int kFailuresShown = 20;

std::uint64_t number(const Text& value) {
  return value ? std::stoull(*value) : 0;
}

std::optional<std::uint64_t> known_number(const Text& value) {
  return value ? std::optional(std::stoull(*value)) : std::nullopt;
}

std::optional<Micros> time(const Text& value) {
  return value ? parse_time(*value) : std::nullopt;
}

// A statement's first word; of what is no SQL nothing is shown.
std::string verb_of(std::string_view statement) {
  const std::size_t start = statement.find_first_not_of(" \t\r\n(");
  if (start == std::string_view::npos) return "statement";
  std::string word = action_of(statement.substr(start));
  return sql::find_keyword(word) == sql::Keyword::k_none ? "statement" : word;
}

std::string outcome_columns() {
  // Sums of integers are decimals, and slow; as floating point they are exact up to 2^53.
  const auto sum = [](const std::string& column) { return "CAST(SUM(" + column + " + 0e0) AS UNSIGNED)"; };
  std::string out = sum("received");
  for (const char* name : kOutcomeNames) out += ", " + sum(std::string("`") + name + "`");
  return out;
}

Counts counts_from(const std::vector<Text>& row, std::size_t first) {
  Counts out;
  out.received = number(row[first]);
  for (std::size_t i = 0; i < kOutcomes; ++i) out.by_outcome[i] = number(row[first + 1 + i]);
  return out;
}

std::set<std::string> tables_there(mysql::Connection& mirror) {
  std::set<std::string> out;
  for (const auto& row :
       mirror.rows("SELECT LOWER(TABLE_NAME) FROM information_schema.TABLES WHERE TABLE_SCHEMA='dw_meta'"))
    out.insert(row[0].value_or(""));
  return out;
}

class FactsReader {
 public:
  FactsReader(mysql::Connection& mirror, StatusFacts& facts)
      : mirror_(mirror), facts_(facts), there_(tables_there(mirror)) {}

  void read() {
    // MySQL answers from statistics up to a day old otherwise (manual, information_schema_stats_expiry).
    if (!mirror_.is_mariadb()) mirror_.execute("SET information_schema_stats_expiry=0");
    facts_.working = mirror_.value(std::string("SELECT IS_USED_LOCK('") + kRunLock + "')").has_value();
    if (there_.contains("baseline")) read_first_copy();
    if (!there_.contains("checkpoint")) return;
    read_checkpoint();
    read_sums();
    read_suspects();
    if (there_.contains("table_sizes")) read_sizes();
    if (there_.contains("archives")) read_archives();
    if (there_.contains("chunks")) read_chunks();
    for (auto& [name, table] : tables_) facts_.tables.push_back(std::move(table));
  }

 private:
  TableStatus& table(const Text& schema, const Text& name) {
    TableStatus& out = tables_[{schema.value_or(""), name.value_or("")}];
    out.schema = schema.value_or("");
    out.table = name.value_or("");
    return out;
  }

  void read_checkpoint() {
    const auto rows = mirror_.rows("SELECT source_id, log_cursor, updated_at FROM dw_meta.checkpoint");
    if (rows.empty()) return;
    facts_.followed = true;
    facts_.source = rows[0][0].value_or("");
    facts_.cursor = rows[0][1].value_or("");
    facts_.checkpoint_at = time(rows[0][2]);
  }

  void read_first_copy() {
    const auto row =
        mirror_.rows("SELECT COUNT(*), SUM(step='done') FROM dw_meta.baseline WHERE table_name<>''")[0];
    facts_.tables_to_copy = number(row[0]);
    facts_.copied_tables = number(row[1]);
  }

  void read_sums() {
    // One scan for all that the batches tell.
    for (const auto& row : mirror_.rows("SELECT DATE(applied_at), COUNT(*), MAX(last_event_at), "
                                        "MAX(TIMESTAMPDIFF(SECOND, last_event_at, "
                                        "applied_at)), " +
                                        outcome_columns() + " FROM dw_meta.batches GROUP BY 1 ORDER BY 1")) {
      DayFacts day;
      day.date = row[0].value_or("");
      day.batches = number(row[1]);
      day.most_lag = row[3] ? std::max<std::int64_t>(0, std::stoll(*row[3])) : 0;
      day.statements = counts_from(row, 4);
      facts_.statements += day.statements;
      if (const auto last = time(row[2])) facts_.last_event = std::max(facts_.last_event.value_or(0), *last);
      facts_.days.push_back(std::move(day));
    }
    facts_.ledger = number(mirror_.value("SELECT COUNT(*) FROM dw_meta.ledger"));
    facts_.failures = number(mirror_.value("SELECT COUNT(*) FROM dw_meta.failures"));
    if (!there_.contains("held")) return;
    const auto held =
        mirror_.rows("SELECT COUNT(DISTINCT transaction_key), MIN(event_at) FROM dw_meta.held")[0];
    facts_.held = number(held[0]);
    facts_.held_since = time(held[1]);
  }

  void read_suspects() {
    facts_.suspects = Bookkeeping(mirror_).open_suspects();
    for (const auto& row :
         mirror_.rows("SELECT schema_name, table_name, COUNT(*), MIN(noted_at), "
                      "SUM(reason LIKE 'gap in the log%') FROM dw_meta.suspects WHERE cleared_at IS NULL "
                      "GROUP BY 1, 2")) {
      if (const auto noted = time(row[3]))
        facts_.oldest_suspect = std::min(facts_.oldest_suspect.value_or(*noted), *noted);
      facts_.gap_open = facts_.gap_open || number(row[4]) > 0;
      if (!row[1].value_or("").empty()) table(row[0], row[1]).suspects = number(row[2]);
    }
  }

  // The newest day's; the archive's tables are told of beside the tables whose rows they hold.
  void read_sizes() {
    const std::string own = there_.contains("archives")
                                ? " AND NOT EXISTS (SELECT 1 FROM dw_meta.archives a WHERE "
                                  "a.archive_schema=s.table_schema AND a.archive_table=s.table_name)"
                                : "";
    for (const auto& row : mirror_.rows(
             "SELECT table_schema, table_name, row_count, byte_count, day FROM dw_meta.table_sizes s WHERE "
             "day=(SELECT MAX(day) FROM dw_meta.table_sizes)" +
             own)) {
      TableStatus& one = table(row[0], row[1]);
      one.rows = known_number(row[2]);
      one.bytes = known_number(row[3]);
      facts_.sizes_on = row[4].value_or("");
    }
  }

  void read_archives() {
    for (const auto& row : mirror_.rows(
             "SELECT a.schema_name, a.table_name, COUNT(*), SUM(t.TABLE_ROWS) FROM dw_meta.archives a "
             "JOIN information_schema.TABLES t ON t.TABLE_SCHEMA=a.archive_schema AND "
             "t.TABLE_NAME=a.archive_table GROUP BY 1, 2")) {
      TableStatus& one = table(row[0], row[1]);
      one.archive_tables = number(row[2]);
      one.retained = number(row[3]);
    }
  }

  void read_chunks() {
    const std::string round = time_literal(facts_.now - facts_.rules.verify_round_seconds * 1'000'000);
    for (const auto& row : mirror_.rows(
             "SELECT table_schema, table_name, COUNT(*), SUM(verified_at >= " + round +
             "), IF(SUM(verified_at IS NULL) > 0, NULL, MIN(verified_at)), SUM(differing), SUM(found), "
             "SUM(repaired), SUM(row_count) FROM dw_meta.chunks GROUP BY 1, 2")) {
      Verification& one = table(row[0], row[1]).verification;
      one.chunks = number(row[2]);
      one.verified = number(row[3]);
      one.oldest = time(row[4]);
      one.differing = number(row[5]);
      one.found = number(row[6]);
      one.repaired = number(row[7]);
      one.rows = number(row[8]);
    }
  }

  mysql::Connection& mirror_;
  StatusFacts& facts_;
  std::set<std::string> there_;
  std::map<std::pair<std::string, std::string>, TableStatus> tables_;
};

std::string first_day(Micros now) {
  return "'" + format_time(now - (kDaysShown - 1) * kDay).substr(0, 10) + "'";
}

void read_growth(mysql::Connection& mirror, Micros now, bool with_archives, StatusHistory& history) {
  std::map<std::pair<std::string, std::string>, std::string> live;
  if (with_archives) {
    for (const auto& row :
         mirror.rows("SELECT archive_schema, archive_table, schema_name, table_name FROM dw_meta.archives"))
      live[{row[0].value_or(""), row[1].value_or("")}] = row[2].value_or("") + "." + row[3].value_or("");
  }
  mirror.stream("SELECT day, table_schema, table_name, byte_count FROM dw_meta.table_sizes WHERE day >= " +
                    first_day(now) + " ORDER BY day",
                [&](mysql::Row row) {
                  const auto text = [&](std::size_t i) { return std::string(row[i].value_or("")); };
                  const auto kept = live.find({text(1), text(2)});
                  std::vector<DaySize>& days = kept == live.end() ? history.growth[text(1) + "." + text(2)]
                                                                  : history.archives[kept->second];
                  const std::uint64_t bytes = row[3] ? std::stoull(text(3)) : 0;
                  // A table's archives of all generations are one curve.
                  if (!days.empty() && days.back().date == text(0)) {
                    days.back().bytes += bytes;
                  } else {
                    days.push_back({text(0), bytes});
                  }
                  return true;
                });
}

void read_failures(mysql::Connection& mirror, StatusHistory& history) {
  for (const auto& row :
       mirror.rows("SELECT id, event_at, error, database_name, LEFT(statement, 200) FROM dw_meta.failures "
                   "ORDER BY id DESC LIMIT " +
                   std::to_string(kFailuresShown))) {
    history.failures.push_back({number(row[0]), time(row[1]).value_or(0),
                                static_cast<unsigned>(number(row[2])), row[3].value_or(""),
                                verb_of(row[4].value_or(""))});
  }
}

}  // namespace

void read_mirror_facts(mysql::Connection& mirror, StatusFacts& facts) {
  FactsReader(mirror, facts).read();
}

StatusHistory read_history(mysql::Connection& mirror, Micros now) {
  const std::set<std::string> there = tables_there(mirror);
  StatusHistory history;
  if (!there.contains("checkpoint")) return history;
  if (there.contains("table_sizes")) read_growth(mirror, now, there.contains("archives"), history);
  read_failures(mirror, history);
  return history;
}

}  // namespace dw::load
