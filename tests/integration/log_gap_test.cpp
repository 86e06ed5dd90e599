// A log that lost something: a cursor of nobody's log, a gap after two rotations, a general log that was
// switched off.

#include "tests/support/catch.h"
#include "tests/support/refusal_bench.h"

using namespace dw::test;

namespace {

constexpr const char* kRotate =
    "DROP TABLE IF EXISTS mysql.general_log_backup; CREATE TABLE mysql.general_log2 LIKE mysql.general_log; "
    "RENAME TABLE "
    "mysql.general_log TO mysql.general_log_backup, mysql.general_log2 TO mysql.general_log";
constexpr const char* kStrangersPlace = "ffffffffffffffffffffffffffffffff-7-";

RefusalBench& synced(RefusalBench& bench) {
  bench.pair().source().sql("CREATE DATABASE app; CREATE TABLE app.t (a INT); INSERT INTO app.t VALUES (1)");
  bench.pair().sync();
  return bench;
}

std::string now_in_micros(DatabaseServer& server) {
  std::string text = server.sql("SET sql_log_off=1; SELECT CAST(UNIX_TIMESTAMP(NOW(6))*1000000 AS UNSIGNED)");
  text.pop_back();
  return text;
}

}  // namespace

TEST_CASE("a cursor of nobody's log is no gap but a question: nothing is applied") {
  RefusalBench bench;
  synced(bench);
  MirrorPair& pair = bench.pair();
  // A minute later than all that the log has: no rotation can have taken it away.
  const std::string cursor =
      kStrangersPlace + std::to_string(std::stoull(now_in_micros(pair.source())) + 60'000'000);
  const std::string good = pair.mirror().sql("SELECT log_cursor FROM dw_meta.checkpoint");
  pair.mirror().sql("UPDATE dw_meta.checkpoint SET log_cursor='" + cursor + "'");
  pair.source().sql("INSERT INTO app.t VALUES (2)");
  bench.refuses(3, {"unknown cursor: it belongs to no log of this server", "another server answers",
                    "dw-load sync --accept-source"});
  check_refusal(
      pair.extract({"batch", "--after", cursor}), "dw-extract", 4,
      {"unknown cursor: it belongs to no log of this server", "dw-extract status shows where its log ends"});
  pair.mirror().sql("UPDATE dw_meta.checkpoint SET log_cursor='" + good.substr(0, good.size() - 1) + "'");
  pair.sync();
  CHECK(rows_of(pair.mirror(), "app.t", "a, a") == "1\t1\n2\t2\n");
}

TEST_CASE(
    "two rotations by another hand leave a gap: it is said, what is left is applied, and without a "
    "comparison "
    "each run says so until one was made") {
  for (const PairOptions& options : all_pairs()) {
    if (!require_server(options.source) || !require_server(options.mirror)) continue;
    DYNAMIC_SECTION(name_of(options)) {
      RefusalBench bench(options);
      synced(bench);
      MirrorPair& pair = bench.pair();
      pair.source().sql(kRotate);
      pair.source().sql("INSERT INTO app.t VALUES (2)");
      pair.source().sql(kRotate);
      pair.source().sql("INSERT INTO app.t VALUES (3)");
      pair.source().sql(kRotate);  // the log with 1 and that with 2 are gone
      pair.source().sql("INSERT INTO app.t VALUES (4)");
      const ProcessResult run = pair.load({"sync"});
      INFO(run.err);
      CHECK(run.exit_code == 4);
      CHECK(std::count(run.err.begin(), run.err.end(), '\n') == 1);
      CHECK_THAT(run.err, Catch::Contains("dw-load: gap in the log"));
      CHECK_THAT(run.err, Catch::Contains("every table is suspect"));
      CHECK_THAT(run.err, Catch::Contains("pull more often"));
      CHECK(pair.mirror().sql("SELECT a FROM app.t ORDER BY 1") == "1\n3\n4\n");
      CHECK(pair.mirror().sql(
                "SELECT COUNT(*) FROM dw_meta.suspects WHERE reason LIKE 'gap%' AND cleared_at IS NULL") ==
            "1\n");
      // verify.in_sync is off.
      for (int i = 0; i < 2; ++i) {
        const ProcessResult next = pair.load({"sync"});
        CHECK(next.exit_code == 3);
        CHECK(next.err ==
              "dw-load: behind a gap in the log, or another source, not everything has been found or made "
              "equal yet: run dw-load verify --repair\n");
      }
      CHECK(pair.mirror().sql("SELECT COUNT(*) FROM dw_meta.suspects") == "1\n");
      CHECK(pair.load({"verify"}).exit_code == 3);
      CHECK(pair.load({"sync"}).exit_code == 3);
      CHECK(pair.load({"verify", "--repair"}).exit_code == 0);
      CHECK(pair.mirror().sql("SELECT a FROM app.t ORDER BY 1") == "1\n2\n3\n4\n");
      const ProcessResult proven = pair.load({"sync"});
      CHECK(proven.exit_code == 0);
      CHECK(proven.err.empty());
    }
  }
}

TEST_CASE("one rotation by another hand loses nothing") {
  RefusalBench bench;
  synced(bench);
  MirrorPair& pair = bench.pair();
  pair.source().sql("INSERT INTO app.t VALUES (2)");
  pair.source().sql(kRotate);
  pair.source().sql("INSERT INTO app.t VALUES (3)");
  pair.sync();
  CHECK(pair.mirror().sql("SELECT a FROM app.t ORDER BY 1") == "1\n2\n3\n");
}

TEST_CASE("a general log that is off, or goes to files only, is said at every run") {
  for (const char* off : {"SET GLOBAL general_log=OFF", "SET GLOBAL log_output='FILE'"}) {
    DYNAMIC_SECTION(off) {
      RefusalBench bench;
      synced(bench);
      MirrorPair& pair = bench.pair();
      pair.source().sql("INSERT INTO app.t VALUES (2)");
      pair.source().sql(off);
      const std::string says =
          "the source's general log is off, or does not go where dw-extract reads it: dw-extract check tells "
          "what to set there";
      const ProcessResult first = pair.load({"sync"});
      CHECK(first.exit_code == 4);
      CHECK(first.err == "dw-load: " + says + "\n");
      CHECK(pair.mirror().sql("SELECT a FROM app.t ORDER BY 1") == "1\n2\n");  // what it wrote before
      const std::string before = content_of(pair.mirror());
      const ProcessResult second = pair.load({"sync"});
      CHECK(second.exit_code == 4);
      CHECK(second.err == "dw-load: " + says + "\n");
      CHECK((content_of(pair.mirror()) == before));
      const ProcessResult extract = pair.extract({"batch"});
      CHECK(extract.exit_code == 4);
      CHECK_THAT(extract.err, Catch::Contains("dw-extract: warning: the "));
      pair.source().sql("SET GLOBAL log_output='TABLE'; SET GLOBAL general_log=ON");
      pair.source().sql("INSERT INTO app.t VALUES (3)");
      pair.sync();
      CHECK(pair.mirror().sql("SELECT a FROM app.t ORDER BY 1") == "1\n2\n3\n");
    }
  }
}
