// How fast the first copy is, beside what it replaces: the same schema and rows through
//   (1) dw-load baseline, over HTTPS, gzip and all, while the general log is on;
//   (2) mariadb-dump --single-transaction | mariadb, over a socket, on the same machine;
//   (3) mydumper and myloader with 2 threads, where they are installed.
// Prints seconds, ratios to (2) and both servers' CPU seconds. Usage: baseline_bench [MEGABYTES]

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <iostream>

#include "tests/bench/measure.h"

using namespace dw::test;
using Clock = std::chrono::steady_clock;

namespace {

void check(MirrorPair& pair) {
  const std::string count = "SELECT COUNT(*), SUM(id) FROM app.";
  for (const char* table : {"orders", "items", "texts"}) {
    if (pair.mirror().sql(count + table) == pair.source().sql(count + table)) continue;
    std::cerr << "not every row arrived\n";
    std::exit(1);
  }
}

Figure measure(MirrorPair& pair, const std::string& name, const std::function<void()>& work) {
  pair.wipe_mirror();
  const double source_cpu = cpu_seconds(pair.source().pid());
  const double mirror_cpu = cpu_seconds(pair.mirror().pid());
  const auto started = Clock::now();
  work();
  Figure out{name, std::chrono::duration<double>(Clock::now() - started).count(),
             cpu_seconds(pair.source().pid()) - source_cpu, 0, cpu_seconds(pair.mirror().pid()) - mirror_cpu};
  check(pair);
  return out;
}

void shell(const std::string& command) {
  run_or_throw({"sh", "-c", command}, {.timeout = std::chrono::hours(2)});
}

}  // namespace

int main(int argc, char** argv) {
  const int megabytes = argc > 1 ? std::atoi(argv[1]) : 20;
  PairOptions options;
  options.retention = "none";
  options.mirror_server = {"--innodb-buffer-pool-size=512M", "--innodb-log-file-size=96M"};
  MirrorPair pair(options);
  pair.source().write_option_file(pair.file("source-root.cnf"));
  pair.mirror().write_option_file(pair.file("mirror-root.cnf"));
  fill_shop(pair.source(), megabytes);

  std::vector<Figure> figures;
  figures.push_back(measure(pair, "dw-load baseline", [&] {
    shell(std::string(DW_LOAD_PROGRAM) + " baseline --config " + pair.file("load.json").string() + " >&2");
  }));
  figures.push_back(measure(pair, "mariadb-dump | mariadb", [&] {
    shell("mariadb-dump --defaults-file=" + pair.file("source-root.cnf").string() +
          " --single-transaction --databases app | mariadb --defaults-file=" +
          pair.file("mirror-root.cnf").string());
  }));
  if (!find_program("mydumper").empty()) {
    figures.push_back(measure(pair, "mydumper, myloader", [&] {
      const std::string folder = pair.file("dump").string();
      shell("mydumper --defaults-file=" + pair.file("source-root.cnf").string() + " -t 2 -B app -o " +
            folder + " && myloader --defaults-file=" + pair.file("mirror-root.cnf").string() + " -t 2 -d " +
            folder + "; s=$?; rm -rf " + folder + "; exit $s");
    }));
  }
  std::printf("%-26s %9s %7s %14s %14s   (%d MB)\n", "", "seconds", "ratio", "source CPU s", "mirror CPU s",
              megabytes);
  for (const Figure& one : figures)
    std::printf("%-26s %9.2f %7.2f %14.2f %14.2f\n", one.name.c_str(), one.seconds,
                one.seconds / figures[1].seconds, one.source_cpu, one.mirror_cpu);
  return 0;
}
