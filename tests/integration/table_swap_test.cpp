// Tables that change places by statements that leave every definition as it was, so that a run behind a
// killed one must find out by the rows whether they ran.

#include <chrono>
#include <thread>

#include "tests/support/catch.h"
#include "tests/support/client.h"
#include "tests/support/mirror_pair.h"

using namespace dw::test;

namespace {

PairOptions archiving(PairOptions options) {
  options.retention = "archive";
  return options;
}

// Until the server runs a statement with this in its text, which waits for a lock.
void await_waiting(DatabaseServer& server, const std::string& text) {
  const std::string sql =
      "SET sql_log_off=1; SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE STATE LIKE 'Waiting for "
      "table%' AND INFO LIKE '%" +
      text + "%'";
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (server.sql(sql) == "0\n") {
    if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("nothing waits: " + text);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

// What leaves the definitions as they were, on tables p (partitioned), q and r, which have the same columns.
struct Swap {
  const char* statement;
  const char* rows_of_q;  // behind it
  const char* rows_of_r;
};

constexpr Swap kSwaps[] = {
    {"ALTER TABLE p EXCHANGE PARTITION p0 WITH TABLE q", "1\tp\n", "3\tr\n"},
    {"RENAME TABLE q TO x, r TO q, x TO r", "3\tr\n", "2\tq\n"},
};

// dw-load is killed when the statement has run, before it could note that: the statement waits for a table
// that somebody reads, and behind it the next step for dw_meta.archives.
void kill_behind(MirrorPair& pair, const Swap& swap) {
  Client reader(pair.mirror(), {.database = "app"});
  Client archives(pair.mirror(), {.database = "dw_meta"});
  REQUIRE(reader.query("BEGIN; SELECT * FROM q") == 0);
  pair.source().sql(swap.statement, "app");
  Process run = pair.start_load({"sync"});
  await_waiting(pair.mirror(), std::string(swap.statement).substr(0, 12));
  REQUIRE(archives.query("LOCK TABLES archives WRITE") == 0);
  REQUIRE(reader.query("COMMIT") == 0);
  await_waiting(pair.mirror(), "dw_meta.archives");
  run.kill9();
}

}  // namespace

TEST_CASE("a swap of tables that look alike is done once, though dw-load was killed behind it") {
  for (const PairOptions& options : all_pairs()) {
    INFO(name_of(options));
    if (!require_server(options.source) || !require_server(options.mirror)) continue;
    MirrorPair pair(archiving(options));
    pair.source().sql("CREATE DATABASE app");
    for (const Swap& swap : kSwaps) {
      INFO(swap.statement);
      pair.source().sql(
          "USE app; DROP TABLE IF EXISTS p, q, r; CREATE TABLE q (id INT PRIMARY KEY, v VARCHAR(5)); CREATE "
          "TABLE r LIKE q; CREATE TABLE p (id INT PRIMARY KEY, v VARCHAR(5)) PARTITION BY RANGE (id) "
          "(PARTITION p0 VALUES LESS THAN (10)); INSERT INTO p VALUES (1,'p'); INSERT INTO q VALUES (2,'q'); "
          "INSERT INTO r VALUES (3,'r')");
      pair.sync();
      kill_behind(pair, swap);
      pair.sync();
      CHECK(rows_of(pair.mirror(), "app.q") == swap.rows_of_q);
      CHECK(rows_of(pair.mirror(), "app.r") == swap.rows_of_r);
      CHECK(rows_of(pair.mirror(), "app.p") == rows_of(pair.source(), "app.p"));
    }
    CHECK(pair.mirror().sql("SELECT statement, message FROM dw_meta.failures") == "");
  }
}
