// How fast production and its mirror are compared, beside pt-table-checksum on the same tables:
//   (1) dw-load verify, over HTTPS, both sides read and compared;
//   (2) pt-table-checksum on production alone: what its replica would do comes on top.
// Prints rows a second, the ratio, the source server's CPU seconds, and those of the programs beside the
// servers: dw-load, dw-extract and its web server, or pt-table-checksum. Usage: verify_bench [MEGABYTES
// [PAIR]]; without PAIR ("mariadb to mariadb") on every pair of servers.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>

#include "tests/bench/measure.h"

using namespace dw::test;
using Clock = std::chrono::steady_clock;

namespace {

// About so many megabytes in two tables.
void fill(DatabaseServer& server, int megabytes) {
  server.sql(R"(SET sql_log_off=1; DROP DATABASE IF EXISTS app; CREATE DATABASE app; USE app;
CREATE TABLE seq (n INT PRIMARY KEY); INSERT INTO seq WITH RECURSIVE s(i) AS (SELECT 0 UNION ALL SELECT i+1 FROM s
WHERE i<999) SELECT i FROM s;
CREATE TABLE orders (id INT AUTO_INCREMENT PRIMARY KEY, k INT NOT NULL, c CHAR(128) NOT NULL, pad CHAR(60) NOT NULL,
  KEY k (k)); CREATE TABLE items LIKE orders;)");
  for (int i = 0; i < megabytes * 5 / 2; ++i) {
    server.sql(R"(SET sql_log_off=1; USE app;
INSERT INTO orders (k,c,pad) SELECT FLOOR(RAND()*1e6), SHA2(RAND(),512), LEFT(SHA2(RAND(),256),32) FROM seq;
INSERT INTO items (k,c,pad) SELECT FLOOR(RAND()*1e6), SHA2(RAND(),512), LEFT(SHA2(RAND(),256),32) FROM seq;)");
  }
}

Figure measure(MirrorPair& pair, const std::string& name, const std::vector<std::string>& words) {
  const double cpu = cpu_seconds(pair.source().pid());
  const double web = children_cpu_seconds(pair.web().pid());
  const auto started = Clock::now();
  const ProcessResult result = run(words, {.timeout = std::chrono::hours(1)});
  if (result.exit_code != 0) {
    std::cerr << name << " ended with " << result.exit_code << ": " << result.out << result.err;
    std::exit(1);
  }
  return {name, std::chrono::duration<double>(Clock::now() - started).count(),
          cpu_seconds(pair.source().pid()) - cpu,
          result.cpu_seconds + children_cpu_seconds(pair.web().pid()) - web};
}

void compare(PairOptions options, int megabytes) {
  options.retention = "none";
  options.source_server = {"--innodb-buffer-pool-size=512M"};
  options.mirror_server = options.source_server;
  std::printf("%s\n", name_of(options).c_str());
  MirrorPair pair(options);
  pair.source().write_option_file(pair.file("source-root.cnf"));
  fill(pair.source(), megabytes);
  measure(pair, "baseline", {DW_LOAD_PROGRAM, "baseline", "--config", pair.file("load.json")});
  measure(pair, "sync", {DW_LOAD_PROGRAM, "sync", "--config", pair.file("load.json")});
  const double rows = std::stod(
      pair.source().sql("SELECT (SELECT COUNT(*) FROM app.orders) + (SELECT COUNT(*) FROM app.items)"));

  std::vector<Figure> figures;
  figures.push_back(
      measure(pair, "dw-load verify", {DW_LOAD_PROGRAM, "verify", "--config", pair.file("load.json")}));
  figures.push_back(
      measure(pair, "the same again", {DW_LOAD_PROGRAM, "verify", "--config", pair.file("load.json")}));
  if (!find_program("pt-table-checksum").empty()) {
    figures.push_back(
        measure(pair, "pt-table-checksum",
                {"pt-table-checksum", "--defaults-file=" + pair.file("source-root.cnf").string(),
                 "--host=127.0.0.1", "--port=" + std::to_string(pair.source().port()),
                 "--recursion-method=none", "--no-check-binlog-format", "--databases=app", "--quiet",
                 "--no-version-check", "--tables=orders,items"}));
  }
  std::printf("%-20s %9s %12s %7s %14s %16s   (%.0f rows, %d MB)\n", "", "seconds", "rows/s", "ratio",
              "source CPU s", "programs' CPU s", rows, megabytes);
  for (const Figure& one : figures)
    std::printf("%-20s %9.2f %12.0f %7.2f %14.2f %16.2f\n", one.name.c_str(), one.seconds, rows / one.seconds,
                figures.back().seconds / one.seconds, one.source_cpu, one.programs_cpu);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  const int megabytes = argc > 1 ? std::atoi(argv[1]) : 100;
  const std::string wanted = argc > 2 ? argv[2] : "";
  for (const PairOptions& options : all_pairs()) {
    if (!server_available(options.source) || !server_available(options.mirror)) continue;
    if (wanted.empty() || name_of(options) == wanted) compare(options, megabytes);
  }
  return 0;
}
