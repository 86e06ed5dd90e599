// No false alarm: a mixed load of 500 statements a second while `sync --follow 5` runs, mends and verifies.
//   quiet     never changes in production; a row of it is changed on the mirror by hand every 30 s
//   exact     each session has keys of its own and names every value: a replay of the log is right
//   counters  counted up by all sessions: the same
//   given     ids and times that the server gives: the log does not tell them, so they are mended
// So in `quiet` as many rows must be mended as were changed by hand, in `exact` and `counters` none. At the
// end `verify` names the tables that differ, and a comparison of its own says whether they do. Exit 1 when
// the two are not the same, or a run ended badly. Usage: soak_bench [MINUTES [PAIR]]; without PAIR ("mariadb
// to mariadb") on every pair of servers.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <sstream>

#include "tests/bench/measure.h"

using namespace dw::test;
using Clock = std::chrono::steady_clock;

namespace {

constexpr int kSessions = 5;
constexpr double kPerSecond = 100;  // and session
constexpr auto kBetweenPlants = std::chrono::seconds(30);
constexpr int kQuietRows = 10'000;

struct Compared {
  const char* table;
  const char* columns;
};
constexpr Compared kTables[] = {
    {"quiet", "id,v"}, {"exact", "id,v,t"}, {"counters", "id,n"}, {"given", "id,at,v,u"}};

std::string schema() {
  std::string out =
      "CREATE DATABASE app; USE app; CREATE TABLE quiet (id INT PRIMARY KEY, v INT);"
      "CREATE TABLE exact (id BIGINT PRIMARY KEY, v INT, t VARCHAR(40));"
      "CREATE TABLE counters (id INT PRIMARY KEY, n INT);"
      "CREATE TABLE given (id INT AUTO_INCREMENT PRIMARY KEY, at DATETIME(6) DEFAULT CURRENT_TIMESTAMP(6), v "
      "INT, u "
      "VARCHAR(40));"
      "INSERT INTO quiet WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM s WHERE i<1000) SELECT "
      "i, i "
      "FROM s;";
  for (int rows = 1000; rows < kQuietRows; rows += 1000)
    out += "INSERT INTO quiet SELECT id+" + std::to_string(rows) + ", v FROM quiet WHERE id<=1000;";
  for (int i = 0; i < 20; ++i) out += "INSERT INTO counters VALUES (" + std::to_string(i) + ",0);";
  return out;
}

// A round of statements; keys that end in the session's number are its own.
std::string statement(int session, std::uint64_t turn) {
  const auto key = [&](std::uint64_t back) {
    const std::uint64_t number = turn / 12;
    return std::to_string((number - std::min(number, back)) * kSessions +
                          static_cast<std::uint64_t>(session));
  };
  const std::string value = std::to_string(turn);
  switch (turn % 12) {
    case 0:
      return "REPLACE INTO exact VALUES (" + key(0) + "," + value + ",'it''s " + value + "')";
    case 1:
      return "UPDATE exact SET v=v+1, t='\xC3\xA9' WHERE id=" + key(3);
    case 2:
      return "INSERT INTO exact VALUES (" + key(0) + ",1,'twice') ON DUPLICATE KEY UPDATE v=v*2";
    case 3:
      return "DELETE FROM exact WHERE id=" + key(50);
    case 4:
      return "BEGIN";
    case 5:
      return "UPDATE exact SET v=-1 WHERE id=" + key(7);
    case 6:
      return "UPDATE counters SET n=n+1 WHERE id=" + std::to_string(turn / 12 % 20);
    case 7:
      return turn % 5 == 0 ? "ROLLBACK" : "COMMIT";
    case 8:
      return "INSERT INTO given (v,u) VALUES (" + value + ",UUID())";
    case 9:
      return "INSERT INTO given (v) VALUES (" + value + "),(" + value + ")";
    case 10:
      return "UPDATE given SET v=v+1, at=NOW(6) WHERE id=" + key(20);
    default:
      return "SELECT COUNT(*) FROM quiet";
  }
}

// What was displaced by a repair, or was too much.
std::uint64_t mended(MirrorPair& pair, const std::string& table) {
  const std::string there = pair.mirror().sql(
      "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA='app_archive' AND TABLE_NAME='" +
      table + "'");
  if (std::stoi(there) == 0) return 0;
  return std::stoull(pair.mirror().sql("SELECT COUNT(*) FROM app_archive." + table +
                                       " WHERE dw_reason IN ('repair','absent')"));
}

std::size_t lines_with(const std::string& text, const std::string& words) {
  std::size_t out = 0;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) out += line.find(words) == std::string::npos ? 0U : 1U;
  return out;
}

bool report(MirrorPair& pair, std::uint64_t planted, std::size_t alarms) {
  const ProcessResult verdict = pair.load({"verify"});
  const std::string said = verdict.out + verdict.err;
  bool good = (verdict.exit_code == 0 || verdict.exit_code == 3) && alarms == 0;
  std::printf("  %-10s %10s %10s %14s %14s\n", "", "mended", "expected", "said to differ", "rows differ");
  for (const Compared& one : kTables) {
    const std::string name = one.table;
    const std::uint64_t rows = mended(pair, name);
    const bool expects = name != "given";
    const std::uint64_t expected = name == "quiet" ? planted : 0;
    const bool reported = lines_with(said, "app." + name + " differs") > 0;
    const std::uint64_t differ = differing_rows(pair, name, one.columns);
    good = good && (!expects || rows == expected) && reported == (differ > 0) && differ == 0;
    std::printf("  %-10s %10llu %10s %14s %14llu\n", one.table, static_cast<unsigned long long>(rows),
                expects ? std::to_string(expected).c_str() : "any", reported ? "yes" : "no",
                static_cast<unsigned long long>(differ));
  }
  std::printf("  runs that said a table differs: %zu; verify ended with %d: %s\n", alarms, verdict.exit_code,
              good ? "no false alarm" : said.c_str());
  return good;
}

bool soak(const PairOptions& options, double minutes) {
  MirrorPair pair(options);
  pair.source().sql(schema());
  pair.load({"sync"});
  std::uint64_t planted = 0;
  std::uint64_t sent = 0;
  std::uint64_t failed = 0;
  {
    Process follower = pair.start_load({"sync", "--follow", "5"});
    {
      SteadyLoad load(pair.source(), kSessions, kPerSecond, statement);
      const auto end = Clock::now() + std::chrono::duration<double>(minutes * 60);
      auto plant = Clock::now() + kBetweenPlants / 3;
      while (Clock::now() < end && follower.running()) {
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
        if (Clock::now() < plant) continue;
        plant += kBetweenPlants;
        const std::string id = std::to_string(planted * 37 % kQuietRows + 1);
        pair.mirror().sql("UPDATE app.quiet SET v=-v WHERE id=" + id +
                          "; UPDATE dw_meta.chunks SET checked_at=NULL WHERE table_name='quiet'");
        ++planted;
      }
      load.pause();  // between two statements: what is open is rolled back with its session
      sent = load.sent();
      failed = load.failed();
    }
    std::this_thread::sleep_for(std::chrono::seconds(6));
    follower.terminate(std::chrono::minutes(2));
  }
  const ProcessResult last = pair.load({"sync"});
  const std::string said =
      run_or_throw({"cat", pair.file("load.out"), pair.file("load.err")}) + last.out + last.err;
  std::printf("  %llu statements, %llu failed; %zu runs\n", static_cast<unsigned long long>(sent),
              static_cast<unsigned long long>(failed), lines_with(said, "statements:"));
  return report(pair, planted, lines_with(said, "differs from production")) && last.exit_code == 0;
}

}  // namespace

int main(int argc, char** argv) {
  const double minutes = argc > 1 ? std::atof(argv[1]) : 60;
  return on_each_pair(argc > 2 ? argv[2] : "",
                      [minutes](const PairOptions& options) { return soak(as_shipped(options), minutes); });
}
