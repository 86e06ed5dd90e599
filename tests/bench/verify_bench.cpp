// How fast production and a copy of it are compared, beside pt-table-checksum on the same tables:
//   (1) dw-load verify, over HTTPS, the mirror against its source;
//   (2) pt-table-checksum, a replica of the source against it, which is done when the replica has replayed
//   the
//       checksums (by statement, as it asks for). On MySQL the source alone: the tool asks in words that
//       MySQL 8.4 took away how far a replica is.
// Prints rows a second, the ratio, the source server's CPU seconds, those of the other server (mirror or
// replica), and those of the programs beside them: dw-load, dw-extract and its web server, or the tool.
// Usage: verify_bench [MEGABYTES [PAIR]]; without PAIR ("mariadb to mariadb") on every pair of servers.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <stdexcept>

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

Figure measure(MirrorPair& pair, pid_t copy, const std::string& name, const std::vector<std::string>& words) {
  const double source = cpu_seconds(pair.source().pid());
  const double other = cpu_seconds(copy);
  const double web = children_cpu_seconds(pair.web().pid());
  const auto started = Clock::now();
  const ProcessResult result = run(words, {.timeout = std::chrono::hours(1)});
  if (result.exit_code != 0) {
    std::cerr << name << " ended with " << result.exit_code << ": " << result.out << result.err;
    std::exit(1);
  }
  return {name, std::chrono::duration<double>(Clock::now() - started).count(),
          cpu_seconds(pair.source().pid()) - source,
          result.cpu_seconds + children_cpu_seconds(pair.web().pid()) - web, cpu_seconds(copy) - other};
}

DatabaseServer replica_of(DatabaseServer& source, const std::vector<std::string>& options) {
  ServerOptions own{.extra = options};
  own.extra.emplace_back("--server-id=2");
  DatabaseServer replica = DatabaseServer::start(source.kind(), own);
  const std::string at = source.sql("SHOW MASTER STATUS");  // file, position, ...
  const std::size_t tab = at.find('\t');
  replica.sql("CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_USER='root', MASTER_PORT=" +
              std::to_string(source.port()) + ", MASTER_LOG_FILE='" + at.substr(0, tab) +
              "', MASTER_LOG_POS=" + at.substr(tab + 1, at.find('\t', tab + 1) - tab - 1) + "; START SLAVE");
  return replica;
}

// Until the replica has what the source has.
void wait_for(DatabaseServer& replica, DatabaseServer& source) {
  const std::string at = source.sql("SHOW MASTER STATUS");
  const std::size_t tab = at.find('\t');
  const std::string reached = replica.sql("SELECT MASTER_POS_WAIT('" + at.substr(0, tab) + "', " +
                                          at.substr(tab + 1, at.find('\t', tab + 1) - tab - 1) + ", 1800)");
  if (reached.starts_with('-') || reached.starts_with("NULL"))
    throw std::runtime_error("the replica did not follow: " + replica.sql("SHOW SLAVE STATUS"));
}

std::vector<std::string> pt_table_checksum(MirrorPair& pair, const DatabaseServer* replica) {
  pair.source().write_option_file(pair.file("source-root.cnf"));
  std::string replicas = "--recursion-method=none";
  if (replica != nullptr) {
    pair.source().sql(
        "SET sql_log_off=1, sql_log_bin=0; CREATE DATABASE percona; CREATE TABLE percona.dsns (id INT "
        "PRIMARY KEY, "
        "parent_id INT, dsn VARCHAR(255)); INSERT INTO percona.dsns VALUES (1, NULL, 'h=127.0.0.1,P=" +
        std::to_string(replica->port()) + "')");
    replicas =
        "--recursion-method=dsn=h=127.0.0.1,P=" + std::to_string(pair.source().port()) + ",D=percona,t=dsns";
  }
  return {"pt-table-checksum",
          "--defaults-file=" + pair.file("source-root.cnf").string(),
          "--host=127.0.0.1",
          "--port=" + std::to_string(pair.source().port()),
          replicas,
          "--no-check-binlog-format",
          "--databases=app",
          "--quiet",
          "--no-version-check",
          "--tables=orders,items"};
}

void compare(PairOptions options, int megabytes) {
  options.retention = "none";
  options.source_server = {"--innodb-buffer-pool-size=512M"};
  options.mirror_server = options.source_server;
  const bool replicates = options.source == ServerKind::mariadb;
  if (replicates)
    options.source_server.insert(options.source_server.end(), {"--log-bin=binlog", "--server-id=1"});
  MirrorPair pair(options);
  std::optional<DatabaseServer> replica;
  if (replicates) replica.emplace(replica_of(pair.source(), options.mirror_server));
  fill(pair.source(), megabytes);
  const pid_t mirror = pair.mirror().pid();
  const auto dw_load = [&](const std::string& name, const std::string& verb) {
    return measure(pair, mirror, name, {DW_LOAD_PROGRAM, verb, "--config", pair.file("load.json")});
  };
  dw_load("baseline", "baseline");
  dw_load("sync", "sync");
  if (replica) wait_for(*replica, pair.source());
  const double rows = std::stod(
      pair.source().sql("SELECT (SELECT COUNT(*) FROM app.orders) + (SELECT COUNT(*) FROM app.items)"));

  std::vector<Figure> figures{dw_load("dw-load verify", "verify"), dw_load("the same again", "verify")};
  if (!find_program("pt-table-checksum").empty()) {
    const std::vector<std::string> words = pt_table_checksum(pair, replica ? &*replica : nullptr);
    const pid_t copy = replica ? replica->pid() : pair.source().pid();
    figures.push_back(measure(pair, copy, replica ? "pt-table-checksum" : "pt-tc, source only", words));
    if (!replica) figures.back().mirror_cpu = 0;
  }
  std::printf("%-20s %9s %12s %7s %12s %12s %12s   (%.0f rows, %d MB)\n", "", "seconds", "rows/s", "ratio",
              "source CPU", "copy CPU", "programs", rows, megabytes);
  for (const Figure& one : figures)
    std::printf("%-20s %9.2f %12.0f %7.2f %12.2f %12.2f %12.2f\n", one.name.c_str(), one.seconds,
                rows / one.seconds, figures.back().seconds / one.seconds, one.source_cpu, one.mirror_cpu,
                one.programs_cpu);
}

}  // namespace

int main(int argc, char** argv) {
  const int megabytes = argc > 1 ? std::atoi(argv[1]) : 100;
  return on_each_pair(argc > 2 ? argv[2] : "", [megabytes](const PairOptions& options) {
    compare(options, megabytes);
    return true;
  });
}
