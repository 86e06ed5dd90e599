// A large table that goes on changing: rows with DATETIME(6) DEFAULT CURRENT_TIMESTAMP(6), which the log
// alone cannot tell, 100 inserts and 100 updates by key a second, and a sync every few seconds while they go
// on. Each sync must leave the rows that changed exactly as production has them, and read at most 3 rows
// there for each. (InnoDB counts the rows it read; an UPDATE by key reads one itself.) Exit 1 when it does
// not. Usage: hot_table_bench [ROWS [SECONDS [PAIR]]]; PAIR: "mariadb to mariadb", which it is without, or
// another.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <set>

#include "tests/bench/measure.h"

using namespace dw::test;
using Clock = std::chrono::steady_clock;

namespace {

constexpr double kPerSecond = 100;  // of each kind
constexpr double kMostReads = 3;
constexpr auto kBetween = std::chrono::seconds(5);

void fill(DatabaseServer& server, std::uint64_t rows) {
  server.sql(
      "SET sql_log_off=1; CREATE DATABASE app; USE app; CREATE TABLE hot (id INT AUTO_INCREMENT PRIMARY KEY, "
      "v INT NOT NULL, at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6)); "
      "CREATE TABLE ten (n INT PRIMARY KEY); INSERT INTO ten VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9)");
  constexpr std::uint64_t kAtOnce = 100'000;
  for (std::uint64_t made = 0; made < rows; made += kAtOnce)
    server.sql(
        "SET sql_log_off=1; USE app; INSERT INTO hot (v) SELECT a.n FROM ten a, ten b, ten c, ten d, ten e "
        "LIMIT " +
        std::to_string(std::min(kAtOnce, rows - made)));
}

void run_load(MirrorPair& pair, const std::string& verb) {
  const ProcessResult result =
      run({DW_LOAD_PROGRAM, verb, "--config", pair.file("load.json")}, {.timeout = std::chrono::hours(1)});
  if (result.exit_code == 0) return;
  std::cerr << verb << " ended with " << result.exit_code << ": " << result.out << result.err;
  std::exit(1);
}

std::uint64_t updated_id(std::uint64_t turn, std::uint64_t rows) {
  return turn * 7'919'777 % rows + 1;
}

std::string changed_rows(std::uint64_t updates, std::uint64_t rows) {
  std::string out = "id > " + std::to_string(rows) + " OR id IN (0";
  for (std::uint64_t turn = 0; turn < updates; ++turn) out += "," + std::to_string(updated_id(turn, rows));
  return out + ")";
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t rows = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 10'000'000;
  const int seconds = argc > 2 ? std::atoi(argv[2]) : 120;
  const std::string wanted = argc > 3 ? argv[3] : "mariadb to mariadb";
  PairOptions options;
  for (const PairOptions& one : all_pairs()) {
    if (name_of(one) == wanted) options = one;
  }
  options.retention = "archive";
  options.verify = true;
  options.source_server = {"--innodb-buffer-pool-size=1G"};
  options.mirror_server = options.source_server;
  if (options.source == ServerKind::mariadb) options.source_server.emplace_back("--userstat=1");
  MirrorPair pair(options);
  DatabaseServer& source = pair.source();
  const auto began = Clock::now();
  fill(source, rows);
  run_load(pair, "baseline");
  run_load(pair, "sync");
  run_load(pair, "verify");
  std::printf("%s, %llu rows, copied and verified after %.0f s\n", name_of(options).c_str(),
              static_cast<unsigned long long>(rows),
              std::chrono::duration<double>(Clock::now() - began).count());

  std::atomic<std::uint64_t> updates{0};
  SteadyLoad load(source, 2, kPerSecond, [&](int session, std::uint64_t turn) -> std::string {
    if (session == 0) return "INSERT INTO hot (v) VALUES (" + std::to_string(turn) + ")";
    updates = turn + 1;
    return "UPDATE hot SET v=v+1 WHERE id=" + std::to_string(updated_id(turn, rows));
  });
  std::printf("%10s %10s %12s %12s %14s %10s\n", "sync s", "changes", "rows read", "each", "rows differ",
              "exit");
  bool good = true;
  const auto end = Clock::now() + std::chrono::seconds(seconds);
  std::uint64_t reads = rows_read(source, "hot");
  std::uint64_t changes = load.sent();
  std::uint64_t updated = updates;
  while (Clock::now() < end) {
    std::this_thread::sleep_for(kBetween);
    const auto started = Clock::now();
    const int first = pair.load({"sync"}).exit_code;  // while the load goes on
    const double took = std::chrono::duration<double>(Clock::now() - started).count();
    load.pause();
    const int second = pair.load({"sync"}).exit_code;
    const std::uint64_t reads_now = rows_read(source, "hot");
    const std::uint64_t read = reads_now - reads - (updates - updated);
    const std::uint64_t changed = load.sent() - changes;
    const std::uint64_t differ = differing_rows(pair, "hot", "id,v,at", changed_rows(updates, rows));
    changes = load.sent();
    updated = updates;
    reads = rows_read(source, "hot");
    const double each = static_cast<double>(read) / static_cast<double>(changed);
    std::printf("%10.2f %10llu %12llu %12.2f %14llu %6d,%d\n", took, static_cast<unsigned long long>(changed),
                static_cast<unsigned long long>(read), each, static_cast<unsigned long long>(differ), first,
                second);
    std::fflush(stdout);
    good = good && differ == 0 && each <= kMostReads && first == 0 && second == 0;
    load.go_on();
  }
  load.pause();
  run_load(pair, "sync");
  const bool equal = whole_table(source, "hot", "id,v,at") == whole_table(pair.mirror(), "hot", "id,v,at");
  std::printf("the whole table: %s; %llu statements failed\n", equal ? "equal" : "NOT EQUAL",
              static_cast<unsigned long long>(load.failed()));
  return good && equal ? 0 : 1;
}
