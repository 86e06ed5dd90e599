// A source at its limit: sysbench with 8 threads on 4 tables, oltp_insert and then oltp_read_write, while
// `sync --follow 2` runs; on every pair of servers, or on PAIR. 5 s behind the load one sync; then says how
// many rows differ, and which rows that the source's binary log in row format shows are not in app_all. Exit
// 1 when there are any of either. Usage: saturated_bench [SECONDS of each load [PAIR]]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <sstream>
#include <thread>
#include <unordered_map>
#include <unordered_set>

#include "tests/bench/measure.h"
#include "tests/support/binlog_witness.h"

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

// id, k, c and pad as mysql's client prints them: none of them has a character that needs quoting.
std::string line_of(const RowImage& image) {
  std::string out;
  for (const WitnessColumn& column : image.columns) {
    std::string value = column.value;
    if (value.size() > 1 && value.front() == '\'') value = value.substr(1, value.size() - 2);
    out += (out.empty() ? "" : "\t") + value;
  }
  return out;
}

// What the binary log shows of each row that left, when it left, and of those that are there.
std::map<std::string, std::unordered_set<std::string>> rows_seen(const WitnessLog& log) {
  std::map<std::string, std::unordered_set<std::string>> out;
  std::map<std::string, std::unordered_map<std::string, std::string>> present;
  for (const RowEvent& event : log.events) {
    const RowImage& image = event.kind == RowEvent::Kind::remove ? event.before : event.after;
    if (image.columns.empty() || !image.table.starts_with("sbtest")) continue;
    std::string line = line_of(image);
    if (event.kind == RowEvent::Kind::remove) {
      present[image.table].erase(image.columns.front().value);
      out[image.table].insert(std::move(line));
    } else {
      present[image.table][image.columns.front().value] = std::move(line);
    }
  }
  for (auto& [table, rows] : present) {
    for (auto& [id, line] : rows) out[table].insert(std::move(line));
  }
  return out;
}

bool all_kept(MirrorPair& pair) {
  std::size_t seen = 0;
  std::vector<std::string> lost;
  for (auto& [table, rows] : rows_seen(read_witness(pair.source()))) {
    seen += rows.size();
    std::istringstream kept(pair.mirror().sql("SELECT id, k, c, pad FROM app_all." + table));
    for (std::string line; std::getline(kept, line);) rows.erase(line);
    for (const std::string& line : rows) lost.push_back(table + ": " + line);
  }
  std::printf(
      "  %zu rows that the binary log shows when they left, or at the end; in app_all: %.4f %% (not: %zu)\n",
      seen, seen == 0 ? 0 : 100.0 * static_cast<double>(seen - lost.size()) / static_cast<double>(seen),
      lost.size());
  for (std::size_t i = 0; i < std::min<std::size_t>(lost.size(), 5); ++i)
    std::printf("    %s\n", lost[i].c_str());
  return seen > 0 && lost.empty();
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
  const auto began = std::chrono::steady_clock::now();
  const ProcessResult last = pair.load({"sync"}, std::chrono::minutes(20));
  std::printf("%s%s  the last sync took %.0f s\n", last.out.c_str(), last.err.c_str(),
              std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
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
