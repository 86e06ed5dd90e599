// A source at its limit: sysbench with 8 threads on 4 tables, oltp_insert and then oltp_read_write, while
// `sync --follow 2` runs; on every pair of servers. 5 s behind the load one sync, and then `verify` says how
// many rows differ: none may. Exit 1 when some do. Usage: saturated_bench [SECONDS of each load]
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <thread>

#include "tests/bench/measure.h"

using namespace dw::test;

namespace {

bool survives(MirrorPair& pair, int seconds) {
  pair.source().sql("CREATE DATABASE app");
  run_or_throw(sysbench(pair, "oltp_insert", "prepare", seconds), {.timeout = std::chrono::minutes(5)});
  pair.load({"sync"});
  Process follower = pair.start_load({"sync", "--follow", "2"});
  for (const char* test : {"oltp_insert", "oltp_read_write"}) {
    const ProcessResult load =
        run(sysbench(pair, test, "run", seconds), {.timeout = std::chrono::seconds(seconds + 120)});
    const std::size_t at = load.out.find("transactions:");
    std::printf("  %-16s %s\n", test,
                at == std::string::npos ? load.err.c_str() : load.out.substr(at, 50).c_str());
  }
  std::this_thread::sleep_for(std::chrono::seconds(5));
  follower.terminate(std::chrono::minutes(2));
  const ProcessResult last = pair.load({"sync"});
  const ProcessResult verdict = pair.load({"verify"});
  std::printf("%s%s%s%s", last.out.c_str(), last.err.c_str(), verdict.out.c_str(), verdict.err.c_str());
  return verdict.exit_code == 0;
}

}  // namespace

int main(int argc, char** argv) {
  const int seconds = argc > 1 ? std::atoi(argv[1]) : 60;
  bool good = true;
  for (PairOptions options : all_pairs()) {
    if (!server_available(options.source) || !server_available(options.mirror)) continue;
    options.retention = "archive";
    options.verify = true;
    // What is looked at is how exact a sync leaves the mirror, not how far it comes in 20 s on this machine.
    options.load_extra = R"(, "verify": {"seconds": 120})";
    std::printf("%s\n", name_of(options).c_str());
    MirrorPair pair(options);
    const bool equal = survives(pair, seconds);
    std::printf("  %s\n", equal ? "0 rows differ" : "ROWS DIFFER");
    std::fflush(stdout);
    good = good && equal;
  }
  return good ? 0 : 1;
}
