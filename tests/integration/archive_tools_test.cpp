// The archive and in-place policies under what changes tables in production besides clients:
// pt-online-schema-change as it is, and scheduled events. And values that not every server stores alike.

#include <chrono>
#include <thread>

#include "tests/support/catch.h"
#include "tests/support/client.h"
#include "tests/support/mirror_pair.h"
#include "tests/support/process.h"

using namespace dw::test;

namespace {

constexpr const char* kOnlineChange = "/usr/bin/pt-online-schema-change";

PairOptions with(PairOptions options, const char* retention) {
  options.retention = retention;
  options.source_server.emplace_back("--log-bin-trust-function-creators=1");
  options.mirror_server.emplace_back("--log-bin-trust-function-creators=1");
  return options;
}

void change_online(DatabaseServer& server, const std::string& alter) {
  run_or_throw({kOnlineChange, "--alter", alter, "--execute", "--no-version-check",
                "--no-check-replication-filters", "--recursion-method=none",
                "h=127.0.0.1,P=" + std::to_string(server.port()) + ",u=root,D=app,t=t"});
}

}  // namespace

TEST_CASE("pt-online-schema-change: the table's history goes on") {
  if (!std::filesystem::exists(kOnlineChange)) return;
  for (const char* retention : {"archive", "in-place"}) {
    INFO(retention);
    MirrorPair pair(with({}, retention));
    pair.source().sql(
        "CREATE DATABASE app; USE app; CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(20)); "
        "INSERT "
        "INTO t (v) VALUES ('a'),('b'),('c'),('d'); DELETE FROM t WHERE id=1");
    pair.sync();
    change_online(pair.source(), "ADD COLUMN w INT DEFAULT 7");
    pair.source().sql("DELETE FROM app.t WHERE id=2");
    pair.sync();
    const bool stays = retention == std::string("in-place");
    CHECK(pair.mirror().sql("SELECT id, v, w FROM app.t ORDER BY id") ==
          (stays ? "1\ta\tNULL\n2\tb\t7\n3\tc\t7\n4\td\t7\n" : "3\tc\t7\n4\td\t7\n"));
    CHECK(pair.mirror().sql("SELECT id, v, dw_reason FROM app_all.t WHERE dw_reason='delete' ORDER BY id") ==
          "1\ta\tdelete\n2\tb\tdelete\n");
    CHECK(pair.mirror().sql("SELECT statement, message FROM dw_meta.failures") == "");
    pair.source().sql("INSERT INTO app.t (v) VALUES ('e')");
    pair.sync();
    CHECK(pair.mirror().sql("SELECT id FROM app.t WHERE v='e'") == "5\n");
  }
}

TEST_CASE("what scheduled events delete is kept") {
  for (const PairOptions& options : all_pairs()) {
    INFO(name_of(options));
    if (!require_server(options.source) || !require_server(options.mirror)) continue;
    MirrorPair pair(with(options, "in-place"));
    pair.source().sql(
        "CREATE DATABASE app; USE app; CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES (1),(2); "
        "SET "
        "GLOBAL event_scheduler=ON; CREATE EVENT e ON SCHEDULE AT CURRENT_TIMESTAMP DO DELETE FROM t WHERE "
        "id=1");
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (pair.source().sql("SELECT COUNT(*) FROM app.t") == "2\n" &&
           std::chrono::steady_clock::now() < deadline)
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    pair.sync();
    CHECK(pair.mirror().sql("SELECT id, dw_reason FROM app_all.t ORDER BY id") == "1\tdelete\n2\tNULL\n");
    CHECK(pair.mirror().sql("SELECT id FROM app.t ORDER BY id") == "1\n2\n");
  }
}

TEST_CASE("LOAD DATA … REPLACE, whose file is not in the log: what it replaced is kept") {
  // It is not run: production's rows are read back, and what gives way to them was production's.
  for (PairOptions options : all_pairs()) {
    INFO(name_of(options));
    if (!require_server(options.source) || !require_server(options.mirror)) continue;
    options.verify = true;
    options.source_server.emplace_back("--local-infile=1");
    MirrorPair pair(with(options, "archive"));
    pair.source().sql(
        "CREATE DATABASE app; USE app; CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(9)); INSERT INTO t "
        "VALUES (1,'a'),(2,'b'),(3,'c')");
    pair.sync();
    Client client(pair.source(), {.database = "app"});
    REQUIRE(client.query_with_file("LOAD DATA LOCAL INFILE 't.tsv' REPLACE INTO TABLE t", "2\tnew\n4\td\n") ==
            0);
    const ProcessResult result = pair.load({"sync"});
    INFO(result.exit_code << result.err);
    CHECK(rows_of(pair.mirror(), "app.t") == rows_of(pair.source(), "app.t"));
    CHECK(pair.mirror().sql("SELECT id, v, dw_reason FROM app_archive.t") == "2\tb\treplace\n");
    CHECK(pair.mirror().sql("SELECT id, v, dw_reason FROM app_all.t ORDER BY id, dw_reason") ==
          "1\ta\tNULL\n2\tnew\tNULL\n2\tb\treplace\n3\tc\tNULL\n4\td\tNULL\n");
    CHECK(
        pair.mirror().sql(
            "SELECT l.action, l.reason, l.rows_kept, l.database_name, l.user_host LIKE 'root%', "
            "l.statement LIKE 'LOAD DATA LOCAL INFILE%', l.event_at = a.dw_deleted_at, l.thread_id > 0 FROM "
            "dw_meta.ledger l JOIN app_archive.t a ON a.dw_event = l.log_cursor") ==
        "retained\treplace\t1\tapp\t1\t1\t1\t1\n");
    // What is found otherwise later is a repair again.
    pair.mirror().sql("UPDATE app.t SET v='x' WHERE id=1");
    CHECK(pair.load({"verify", "--repair"}).exit_code == 0);
    CHECK(pair.mirror().sql("SELECT id, v, dw_reason FROM app_archive.t ORDER BY id") ==
          "1\tx\trepair\n2\tb\treplace\n");
    CHECK(pair.mirror().sql("SELECT COUNT(*) FROM app_all.t WHERE v='x'") == "0\n");
  }
}

TEST_CASE("REPLACE that fails on the mirror: what it replaced in production is kept") {
  for (PairOptions options : all_pairs()) {
    INFO(name_of(options));
    if (!require_server(options.source) || !require_server(options.mirror)) continue;
    options.verify = true;
    MirrorPair pair(with(options, "archive"));
    pair.source().sql(
        "CREATE DATABASE app; USE app; CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(9)); INSERT INTO t "
        "VALUES (1,'a'),(2,'b'),(3,'c')");
    pair.sync();
    pair.mirror().sql(
        "CREATE TRIGGER app.refuses BEFORE INSERT ON app.t FOR EACH ROW SIGNAL SQLSTATE '45000' SET "
        "MESSAGE_TEXT='no'");
    pair.source().sql(
        "USE app; REPLACE INTO t VALUES (2,'new'); DELETE FROM t WHERE id=3; INSERT INTO t VALUES (3,'n')");
    const ProcessResult result = pair.load({"sync"});
    INFO(result.exit_code << result.err);
    CHECK(rows_of(pair.mirror(), "app.t") == rows_of(pair.source(), "app.t"));
    CHECK(
        pair.mirror().sql("SELECT id, v, dw_reason FROM app_all.t WHERE dw_reason IS NOT NULL ORDER BY id") ==
        "2\tb\treplace\n3\tc\tdelete\n");
  }
}

TEST_CASE("spatial columns are kept") {
  for (const PairOptions& options : all_pairs()) {
    INFO(name_of(options));
    if (!require_server(options.source) || !require_server(options.mirror)) continue;
    MirrorPair pair(with(options, "in-place"));
    pair.source().sql(
        "CREATE DATABASE app; USE app; CREATE TABLE s (id INT PRIMARY KEY, p POINT NOT NULL, g GEOMETRY, "
        "SPATIAL "
        "KEY (p)); INSERT INTO s VALUES (1, ST_GeomFromText('POINT(1 2)'), NULL), (2, "
        "ST_GeomFromText('POINT(3 4)'), ST_GeomFromText('LINESTRING(0 0,1 1)')); DELETE FROM s WHERE id=2; "
        "TRUNCATE s");
    pair.sync();
    for (const char* table : {"app.s", "app_all.s"})
      CHECK(pair.mirror().sql(std::string("SELECT id, ST_AsText(p), ST_AsText(g) FROM ") + table +
                              " ORDER BY id") == "1\tPOINT(1 2)\tNULL\n2\tPOINT(3 4)\tLINESTRING(0 0,1 1)\n");
  }
}

TEST_CASE("names that the archive has for itself are refused") {
  struct Clash {
    const char* databases;
    const char* sql;
    const char* said;
  };
  for (const Clash& one :
       {Clash{R"(["app"])", "CREATE TABLE app.t (id INT PRIMARY KEY, DW_Reason INT)",
              "app.t has a column DW_Reason"},
        Clash{R"(["app","app_archive"])", "CREATE DATABASE app_archive; CREATE TABLE app_archive.t (id INT)",
              "the schemas app and app_archive"}}) {
    PairOptions options = with({}, "archive");
    options.databases = one.databases;
    MirrorPair pair(options);
    pair.source().sql("CREATE DATABASE app");
    pair.source().sql(one.sql);
    pair.load({"sync"});
    pair.source().sql("CREATE TABLE app.u (id INT)");
    const ProcessResult result = pair.load({"sync"});
    CHECK(result.exit_code == 2);
    CHECK_THAT(result.err, Catch::Contains(one.said));
  }
}
