// Rows that never stand still: 20 counters that 8 sessions increment without a pause, half of them in
// transactions, with suspects and repairs forced on them all the while. Each sync must come to its end, and
// none may undo an increment: counters that were made wrong on the mirror by hand are right behind the last
// sync, and `verify` finds nothing more to mend. Exit 1 when it is not so. Usage: hot_rows_bench [SYNCS
// [PAIR]]; without PAIR ("mariadb to mariadb") on every pair of servers.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>

#include "tests/bench/measure.h"

using namespace dw::test;
using Clock = std::chrono::steady_clock;

namespace {

constexpr double kWithoutPause = 1e9;
constexpr int kCounters = 20;

std::string statement(int session, std::uint64_t turn) {
  const std::uint64_t step = session % 2 == 0 ? 1 : turn % 4;
  const std::uint64_t counter =
      (turn / (session % 2 == 0 ? 1 : 4) + static_cast<std::uint64_t>(session)) % kCounters;
  switch (step) {
    case 0:
      return "BEGIN";
    case 1:
      return "UPDATE n SET n=n+1 WHERE id=" + std::to_string(counter);
    case 2:
      return "INSERT INTO l (who) VALUES (" + std::to_string(session) + ")";
    default:
      return "COMMIT";
  }
}

// A sync that falls behind production pulls for ten minutes (loader/puller.cpp), and then compares.
ProcessResult sync(MirrorPair& pair) {
  return run({DW_LOAD_PROGRAM, "sync", "--config", pair.file("load.json")},
             {.timeout = std::chrono::hours(2)});
}

bool ends(const PairOptions& options, int syncs) {
  MirrorPair pair(options);
  std::string setup =
      "CREATE DATABASE app; USE app; CREATE TABLE n (id INT PRIMARY KEY, n INT); CREATE TABLE l (id INT "
      "PRIMARY "
      "KEY AUTO_INCREMENT, who INT);";
  for (int i = 0; i < kCounters; ++i) setup += "INSERT INTO n VALUES (" + std::to_string(i) + ",0);";
  pair.source().sql(setup);
  bool good = sync(pair).exit_code == 0;
  {
    SteadyLoad load(pair.source(), 8, kWithoutPause, statement);
    for (int round = 0; round < syncs && good; ++round) {
      pair.mirror().sql("UPDATE app.n SET n=n-7 WHERE id % 4=" + std::to_string(round % 4) +
                        "; UPDATE dw_meta.chunks SET checked_at=NULL");
      const auto started = Clock::now();
      const std::uint64_t before = load.sent();
      const ProcessResult result = sync(pair);
      good = !result.timed_out && result.exit_code == 0;
      std::printf("  sync %d: %.1f s, exit %d, %llu statements meanwhile%s%s", round + 1,
                  std::chrono::duration<double>(Clock::now() - started).count(), result.exit_code,
                  static_cast<unsigned long long>(load.sent() - before), good ? "\n" : ": ",
                  good ? "" : (result.out + result.err).c_str());
      std::fflush(stdout);
    }
  }
  const ProcessResult last = sync(pair);
  const ProcessResult verdict = pair.load({"verify"});
  const std::uint64_t differ = differing_rows(pair, "n", "id,n") + differing_rows(pair, "l", "id,who");
  std::printf("  behind the load: sync %d, verify %d; %llu rows differ\n", last.exit_code, verdict.exit_code,
              static_cast<unsigned long long>(differ));
  return good && last.exit_code == 0 && verdict.exit_code == 0 && differ == 0;
}

}  // namespace

int main(int argc, char** argv) {
  const int syncs = argc > 1 ? std::atoi(argv[1]) : 6;
  return on_each_pair(argc > 2 ? argv[2] : "",
                      [syncs](const PairOptions& options) { return ends(as_shipped(options), syncs); });
}
