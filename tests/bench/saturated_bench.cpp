// A source at its limit: sysbench with 8 threads on 4 tables, oltp_insert and then oltp_read_write, while
// `sync --follow 2` runs; on every pair of servers, or on PAIR. 5 s behind the load one sync; then says how
// many rows differ, and which rows that the source's binary log in row format shows are not in app_all. Exit
// 1 when there are any of either. Usage: saturated_bench [SECONDS of each load [PAIR]]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <thread>

#include "common/mysql/connection.h"
#include "tests/bench/measure.h"
#include "tests/support/binlog_witness.h"

using namespace dw;
using namespace dw::test;

namespace {

// By a comparison of its own, that asks neither dw-load nor what it calls suspect.
std::uint64_t rows_differ(MirrorPair& pair) {
  std::uint64_t differ = 0;
  for (const char* table : {"sbtest1", "sbtest2", "sbtest3", "sbtest4"})
    differ += differing_rows(pair, table, "id,k,c,pad");
  const std::string suspects =
      pair.mirror().sql("SELECT COUNT(*) FROM dw_meta.suspects WHERE cleared_at IS NULL");
  std::printf("  rows that differ behind that sync: %llu; suspects left: %s",
              static_cast<unsigned long long>(differ), suspects.c_str());
  return differ;
}

mysql::Connection root_connection(const DatabaseServer& server, const std::filesystem::path& option_file) {
  server.write_option_file(option_file);
  return mysql::Connection::open({.defaults_file = option_file});
}

// Rows as the binary log shows them when they left, and those that are there, are in app_all.
bool all_kept(MirrorPair& pair) {
  const WitnessLog log = read_witness(pair.source());
  mysql::Connection mirror = root_connection(pair.mirror(), pair.file("mirror_root.cnf"));
  const std::vector<std::string> lost = lost_rows(log, mirror, pair.options().source);
  const auto left = std::count_if(log.events.begin(), log.events.end(),
                                  [](const RowEvent& event) { return event.kind == RowEvent::Kind::remove; });
  std::printf("  %zu row events in the binary log, %td of them deletes; not in app_all: %zu\n",
              log.events.size(), left, lost.size());
  for (std::size_t i = 0; i < std::min<std::size_t>(lost.size(), 5); ++i)
    std::printf("    %s\n", lost[i].c_str());
  return lost.empty();
}

bool survives(const PairOptions& options, int seconds) {
  MirrorPair pair(options);
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
  std::printf("%s%s", last.out.c_str(), last.err.c_str());
  const bool equal = rows_differ(pair) == 0;
  const bool kept = all_kept(pair);
  return equal && kept;
}

}  // namespace

int main(int argc, char** argv) {
  const int seconds = argc > 1 ? std::atoi(argv[1]) : 60;
  return on_each_pair(argc > 2 ? argv[2] : "", [seconds](const PairOptions& options) {
    PairOptions shipped = as_shipped(options);
    shipped.source_server = witness_options(options.source);
    return survives(shipped, seconds);
  });
}
