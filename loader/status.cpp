#include "loader/status.h"

#include <iostream>

#include <nlohmann/json.hpp>

#include "common/mysql/connection.h"
#include "loader/apply/bookkeeping.h"

namespace dw::load {
namespace {

using nlohmann::json;

std::uint64_t number(const std::optional<std::string>& value) {
  return value ? std::stoull(*value) : 0;
}

json read_counts(mysql::Connection& mirror) {
  std::string columns = "SUM(received)";
  for (const char* name : kOutcomeNames) columns += std::string(", SUM(`") + name + "`)";
  const auto rows = mirror.rows("SELECT " + columns + " FROM dw_meta.batches");
  json out{{"received", number(rows[0][0])}};
  for (std::size_t i = 0; i < kOutcomes; ++i) out[kOutcomeNames[i]] = number(rows[0][i + 1]);
  return out;
}

// A mirror of an earlier version has no such table before its next sync.
json read_held(mysql::Connection& mirror) {
  const bool there = mirror
                         .value(
                             "SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA='dw_meta' AND "
                             "TABLE_NAME='held'")
                         .has_value();
  if (!there) return {{"transactions", 0}, {"since", nullptr}};
  const auto row = mirror.rows("SELECT COUNT(DISTINCT transaction_key), MIN(event_at) FROM dw_meta.held")[0];
  return {{"transactions", number(row[0])}, {"since", row[1] ? json(*row[1]) : json(nullptr)}};
}

json read_suspects(mysql::Connection& mirror) {
  const SuspectCounts counts = Bookkeeping(mirror).open_suspects();
  json out{{"open", 0}};
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < kSuspectScopes.size(); ++i) {
    out[kSuspectScopes[i]] = counts[i];
    sum += counts[i];
  }
  out["open"] = sum;
  return out;
}

// About how many rows each table's archive has, by the servers' own estimates.
json read_archive(mysql::Connection& mirror) {
  json out = json::array();
  if (!mirror.value(
          "SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA='dw_meta' AND TABLE_NAME='archives'"))
    return out;
  for (const auto& row : mirror.rows(
           "SELECT a.schema_name, a.table_name, COUNT(*), SUM(t.TABLE_ROWS) FROM dw_meta.archives a JOIN "
           "information_schema.TABLES t ON t.TABLE_SCHEMA=a.archive_schema AND t.TABLE_NAME=a.archive_table "
           "GROUP BY 1, 2 "
           "ORDER BY 1, 2")) {
    out.push_back({{"table", row[0].value_or("") + "." + row[1].value_or("")},
                   {"archive_tables", number(row[2])},
                   {"rows_about", number(row[3])}});
  }
  return out;
}

json read_status(mysql::Connection& mirror) {
  const auto text = [&](const char* sql) {
    const auto value = mirror.value(sql);
    return value ? json(*value) : json(nullptr);
  };
  return {{"source", text("SELECT source_id FROM dw_meta.checkpoint")},
          {"cursor", text("SELECT log_cursor FROM dw_meta.checkpoint")},
          {"last_run", text("SELECT updated_at FROM dw_meta.checkpoint")},
          {"last_event", text("SELECT MAX(last_event_at) FROM dw_meta.batches")},
          {"statements", read_counts(mirror)},
          {"held", read_held(mirror)},
          {"ledger", number(mirror.value("SELECT COUNT(*) FROM dw_meta.ledger"))},
          {"failures", number(mirror.value("SELECT COUNT(*) FROM dw_meta.failures"))},
          {"archive", read_archive(mirror)},
          {"suspects", read_suspects(mirror)}};
}

void print(const json& status) {
  const auto line = [](const char* name, const json& value) {
    std::cout << name
              << (value.is_string() ? value.get<std::string>()
                  : value.is_null() ? "-"
                                    : value.dump())
              << '\n';
  };
  line("source        ", status["source"]);
  line("checkpoint    ", status["cursor"]);
  line("last run      ", status["last_run"]);
  line("last event    ", status["last_event"]);
  line("received      ", status["statements"]["received"]);
  for (const char* name : kOutcomeNames) {
    std::string label = std::string("  ") + name;
    label.resize(14, ' ');
    line(label.c_str(), status["statements"][name]);
  }
  line("held          ", status["held"]["transactions"]);
  line("  since       ", status["held"]["since"]);
  line("ledger        ", status["ledger"]);
  line("failures      ", status["failures"]);
  line("suspects      ", status["suspects"]["open"]);
  for (const char* name : kSuspectScopes) {
    std::string label = std::string("  ") + name;
    label.resize(14, ' ');
    line(label.c_str(), status["suspects"][name]);
  }
}

}  // namespace

ExitCode run_status(const Config& config, bool as_json, const Statistics* statistics) {
  json status;
  try {
    mysql::Connection mirror = mysql::Connection::open(config.mirror);
    if (mirror.value("SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA='dw_meta'") == "0") {
      throw Error(ExitCode::failed, "this mirror was never synced: it has no schema dw_meta",
                  "run dw-load sync first");
    }
    status = read_status(mirror);
  } catch (const mysql::SqlError& error) {
    throw Error(ExitCode::mirror_unreachable, std::string("the mirror cannot be read: ") + error.what(),
                "check " + config.mirror.defaults_file.string());
  }
  if (as_json && statistics != nullptr) status["statistics"] = statistics_json(*statistics);
  if (as_json) {
    std::cout << status.dump(2) << '\n';
  } else {
    print(status);
  }
  return ExitCode::done;
}

}  // namespace dw::load
