// A first copy of production while it is written to: 8 sessions insert, update and delete, alone and in
// transactions, from before the baseline until it has caught up; dw-load is killed with SIGKILL three times
// on the way. Says how long the slowest statement on production took (a lock held on it would show there),
// with and without the baseline, and whether the tables are equal in the end. Exit 1 when they are not, or a
// statement waited for more than a second. Usage: baseline_under_fire_bench [MEGABYTES [PAIR]]; without PAIR
// ("mariadb to mariadb") on every pair of servers.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <thread>

#include "tests/bench/measure.h"

using namespace dw::test;
using Clock = std::chrono::steady_clock;

namespace {

constexpr int kSessions = 8;
constexpr double kPerSecond = 25;  // and session
constexpr double kLongestWait = 1;
constexpr int kKills = 3;
constexpr auto kCalm = std::chrono::seconds(10);
constexpr int kMostSyncs = 20;

struct Compared {
  const char* table;
  const char* columns;
};
constexpr Compared kTables[] = {
    {"orders", "id,k,c,pad"}, {"items", "id,k,c,pad"}, {"texts", "id,at,price,weight,COALESCE(body,'NULL')"}};

std::string statement(int session, std::uint64_t turn, std::uint64_t rows) {
  const auto id = [&](std::uint64_t salt) {
    return std::to_string(
        ((turn * kSessions + static_cast<std::uint64_t>(session)) * 7'919'777 + salt) % rows + 1);
  };
  switch (turn % 6) {
    case 0:
      return "INSERT INTO orders (k,c,pad) VALUES (" + std::to_string(turn) + ",'new','row')";
    case 1:
      return "UPDATE items SET k=k+1, c='changed' WHERE id=" + id(1);
    case 2:
      return "UPDATE texts SET price=price+1, at=NOW(6) WHERE id=" + id(2);
    case 3:
      return "DELETE FROM orders WHERE id=" + id(3);
    case 4:
      return "BEGIN; UPDATE orders SET k=-1 WHERE id=" + id(4) +
             "; INSERT INTO texts (at,price,weight,body) VALUES (NOW(6),1,RAND(),'caf\xC3\xA9'); " +
             (turn % 5 == 0 ? "ROLLBACK" : "COMMIT");
    default:
      return "INSERT INTO items (k,c,pad) SELECT k,c,pad FROM orders WHERE id BETWEEN " + id(5) + " AND 3+" +
             id(5);
  }
}

// Rows by their ids, which is near enough.
double share_copied(MirrorPair& pair, double all) {
  double rows = 0;
  for (const Compared& one : kTables) {
    const std::string name = one.table;
    if (pair.mirror().sql(
            "SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA='app' AND TABLE_NAME='" + name +
            "'") != "")
      rows += std::stod("0" + pair.mirror().sql("SELECT COALESCE(MAX(id),0) FROM app." + name));
  }
  return rows / all;
}

// Killed when a quarter of the rows more has arrived.
void copy_in_spite_of_kills(MirrorPair& pair, double all) {
  for (int kill = 1; kill <= kKills; ++kill) {
    Process baseline = pair.start_load({"baseline"});
    while (baseline.running() && share_copied(pair, all) < kill / (kKills + 1.0))
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    if (!baseline.running()) std::printf("  NOT KILLED: the baseline ended before\n");
    baseline.kill9();
  }
  const ProcessResult rest = run({DW_LOAD_PROGRAM, "baseline", "--config", pair.file("load.json")},
                                 {.timeout = std::chrono::hours(2)});
  std::printf("  the fourth run ended with %d: %s%s", rest.exit_code, rest.out.c_str(), rest.err.c_str());
}

// How many syncs it took until one found nothing open.
int catch_up(MirrorPair& pair) {
  for (int syncs = 1; syncs <= kMostSyncs; ++syncs) {
    const ProcessResult result = run({DW_LOAD_PROGRAM, "sync", "--config", pair.file("load.json")},
                                     {.timeout = std::chrono::hours(1)});
    if (result.exit_code != 0)
      std::printf("  sync: %d: %s%s", result.exit_code, result.out.c_str(), result.err.c_str());
    if (pair.mirror().sql("SELECT COUNT(*) FROM dw_meta.suspects WHERE cleared_at IS NULL") == "0\n")
      return syncs;
  }
  return kMostSyncs;
}

// A pool for most of the tables, and a log that a bulk load does not fill at once.
std::vector<std::string> roomy(ServerKind kind) {
  return {"--innodb-buffer-pool-size=1G",
          kind == ServerKind::mariadb ? "--innodb-log-file-size=192M" : "--innodb-redo-log-capacity=192M"};
}

bool survives(PairOptions options, int megabytes) {
  options.source_server = roomy(options.source);
  options.mirror_server = roomy(options.mirror);
  MirrorPair pair(options);
  fill_shop(pair.source(), megabytes);
  const auto rows =
      static_cast<std::uint64_t>(std::stod(pair.source().sql("SELECT MAX(id) FROM app.orders")));
  double longest = 0;
  std::uint64_t failed = 0;
  {
    SteadyLoad calm(pair.source(), kSessions, kPerSecond,
                    [rows](int session, std::uint64_t turn) { return statement(session, turn, rows); });
    std::this_thread::sleep_for(kCalm);
    calm.pause();
    std::printf("  slowest statement before the baseline: %.2f s\n", calm.longest());
  }
  const auto started = Clock::now();
  {
    SteadyLoad load(pair.source(), kSessions, kPerSecond, [rows](int session, std::uint64_t turn) {
      return statement(session, turn + 1'000'000, rows);
    });
    copy_in_spite_of_kills(pair, 3.0 * static_cast<double>(rows));
    const double copied = std::chrono::duration<double>(Clock::now() - started).count();
    const int first = pair.load({"sync"}).exit_code;
    load.pause();
    longest = load.longest();
    failed = load.failed();
    std::printf(
        "  copied in %.0f s; first sync ended with %d; %llu statements meanwhile, %llu failed; slowest %.2f "
        "s\n",
        copied, first, static_cast<unsigned long long>(load.sent()), static_cast<unsigned long long>(failed),
        longest);
  }
  const int syncs = catch_up(pair);
  bool equal = true;
  for (const Compared& one : kTables) {
    if (whole_table(pair.source(), one.table, one.columns) ==
        whole_table(pair.mirror(), one.table, one.columns))
      continue;
    equal = false;
    std::printf("  app.%s DIFFERS\n", one.table);
  }
  std::printf("  caught up in %d syncs: %s\n", syncs, equal ? "equal" : "NOT EQUAL");
  return equal && longest <= kLongestWait;
}

}  // namespace

int main(int argc, char** argv) {
  const int megabytes = argc > 1 ? std::atoi(argv[1]) : 2000;
  return on_each_pair(argc > 2 ? argv[2] : "", [megabytes](const PairOptions& options) {
    return survives(as_shipped(options), megabytes);
  });
}
