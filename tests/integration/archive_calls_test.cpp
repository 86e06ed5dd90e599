// Procedures that put statements together as text: what these take away is kept, or refused and said. Only
// the CALL is in the log.

#include "tests/support/catch.h"
#include "tests/support/mirror_pair.h"

using namespace dw::test;

namespace {

PairOptions archiving(PairOptions options) {
  options.retention = "archive";
  options.source_server.emplace_back("--log-bin-trust-function-creators=1");
  options.mirror_server.emplace_back("--log-bin-trust-function-creators=1");
  return options;
}

// Statements with // between them, as root in app.
void run(MirrorPair& pair, const std::string& sql) {
  pair.source().sql("DELIMITER //\n" + sql + " //\n", "app");
}

std::string rows(MirrorPair& pair, const std::string& sql) {
  return pair.mirror().sql(sql);
}

}  // namespace

TEST_CASE("what a procedure takes away by a statement that it puts together is kept") {
  for (const PairOptions& options : all_pairs()) {
    INFO(name_of(options));
    if (!require_server(options.source) || !require_server(options.mirror)) continue;
    MirrorPair pair(archiving(options));
    pair.source().sql("CREATE DATABASE app");
    run(pair,
        "CREATE TABLE a (id INT PRIMARY KEY, n INT) // CREATE TABLE b LIKE a // CREATE TABLE c LIKE a // "
        "CREATE "
        "TABLE d LIKE a // CREATE TABLE e LIKE a // CREATE TABLE f LIKE a // INSERT INTO a VALUES "
        "(1,1),(2,2) // "
        "INSERT INTO b SELECT * FROM a // INSERT INTO c SELECT * FROM a // INSERT INTO d SELECT * FROM a // "
        "INSERT "
        "INTO e SELECT * FROM a // INSERT INTO f SELECT * FROM a // "
        "CREATE PROCEDURE clear(IN t VARCHAR(64)) BEGIN SET @q = CONCAT('TRUNCATE TABLE ', t); PREPARE s "
        "FROM @q; "
        "EXECUTE s; DEALLOCATE PREPARE s; END // "
        "CREATE PROCEDURE gone() BEGIN PREPARE s FROM 'DROP TABLE b'; EXECUTE s; DEALLOCATE PREPARE s; END "
        "// "
        "CREATE PROCEDURE wipe(IN t VARCHAR(64)) BEGIN SET @q = CONCAT('DELETE FROM ', t, ' WHERE id=1'); "
        "PREPARE "
        "s FROM @q; EXECUTE s; END // "
        "CREATE PROCEDURE put_over(IN t VARCHAR(64)) BEGIN SET @q = CONCAT('REPLACE INTO ', t, ' VALUES "
        "(2,9)'); "
        "PREPARE s FROM @q; EXECUTE s; END // "
        "CREATE PROCEDURE rekey(IN t VARCHAR(64), IN k VARCHAR(64)) BEGIN SET @q = CONCAT('UPDATE ', t, ' "
        "SET ', "
        "k, '=', k, '+100'); PREPARE s FROM @q; EXECUTE s; END // "
        "CREATE PROCEDURE outer_one(IN t VARCHAR(64)) BEGIN CALL clear(t); END");
    pair.sync();
    run(pair,
        "CALL clear('a') // INSERT INTO a VALUES (7,7) // CALL gone() // CALL wipe('c') // CALL "
        "put_over('c') // "
        "CALL "
        "rekey('d', 'id') // CALL outer_one('app.e')");
    const ProcessResult result = pair.load({"sync"});
    INFO(result.err);
    CHECK(result.exit_code == 0);
    CHECK(
        rows(pair, "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA='app' ORDER BY 1") ==
        "a\nc\nd\ne\nf\n");
    for (const char* table : {"app.a", "app.c", "app.d", "app.e", "app.f"})
      CHECK(rows_of(pair.mirror(), table) == rows_of(pair.source(), table));
    CHECK(rows(pair, "SELECT id, n, dw_reason FROM app_all.a ORDER BY id") ==
          "1\t1\tdynamic SQL\n2\t2\tdynamic SQL\n7\t7\tNULL\n");
    CHECK(rows(pair, "SELECT id, n, dw_reason FROM app_all.b ORDER BY id") ==
          "1\t1\tdrop table\n2\t2\tdrop table\n");
    CHECK(rows(pair, "SELECT id, n, dw_reason FROM app_archive.c ORDER BY id") ==
          "1\t1\tdelete\n2\t2\tdelete\n");
    CHECK(rows(pair, "SELECT id, n, dw_reason FROM app_archive.d ORDER BY id") ==
          "1\t1\tkey update\n2\t2\tkey update\n");
    CHECK(rows(pair, "SELECT id, n, dw_reason FROM app_all.e ORDER BY id") ==
          "1\t1\tdynamic SQL\n2\t2\tdynamic SQL\n");
    CHECK(rows(pair, "SELECT COUNT(*) FROM app_archive.f") == "0\n");
    CHECK(
        rows(pair,
             "SELECT reason, rows_kept, statement FROM dw_meta.ledger WHERE action='retained' ORDER BY id") ==
        "dynamic SQL\t2\tCALL clear('a')\ndrop table\t2\tCALL gone()\ndelete\t1\tCALL "
        "wipe('c')\ndelete\t1\tCALL "
        "put_over('c')\ndelete\t2\tCALL rekey('d', 'id')\ndynamic SQL\t2\tCALL outer_one('app.e')\n");
    CHECK(rows(pair, "SELECT COUNT(*) FROM dw_meta.failures") == "0\n");
  }
}

TEST_CASE("a procedure that takes a table which could not be known is refused, and nothing is lost") {
  for (PairOptions options : all_pairs()) {
    INFO(name_of(options));
    if (!require_server(options.source) || !require_server(options.mirror)) continue;
    options.verify = true;
    MirrorPair pair(archiving(options));
    pair.source().sql("CREATE DATABASE app");
    run(pair,
        "CREATE TABLE a (id INT PRIMARY KEY, n INT) // CREATE TABLE b LIKE a // INSERT INTO a VALUES "
        "(1,1),(2,2),(3,3) // INSERT INTO b SELECT * FROM a // CREATE TABLE jobs (id INT PRIMARY KEY, job "
        "VARCHAR(200)) // INSERT INTO jobs VALUES (1, 'DELETE FROM a WHERE id=1'), (2, 'TRUNCATE TABLE a'), "
        "(3, "
        "'TRUNCATE TABLE b') // CREATE PROCEDURE run_job(IN k INT) BEGIN SELECT job INTO @q FROM jobs WHERE "
        "id=k; "
        "PREPARE s FROM @q; EXECUTE s; END // CREATE PROCEDURE run_quietly(IN k INT) BEGIN DECLARE CONTINUE "
        "HANDLER FOR SQLEXCEPTION BEGIN END; CALL run_job(k); END");
    pair.sync();
    run(pair, "CALL run_job(1)");
    pair.sync();
    CHECK(rows(pair, "SELECT id, dw_reason FROM app_archive.a") == "1\tdelete\n");

    run(pair, "CALL run_job(2)");
    const ProcessResult refused = pair.load({"sync"});
    INFO(refused.err);
    CHECK(refused.exit_code == 3);
    CHECK(rows(pair,
               "SELECT statement, error, message LIKE '%a statement that it puts together%' FROM "
               "dw_meta.failures") == "CALL run_job(2)\t0\t1\n");
    pair.load({"verify", "--repair"});
    CHECK(rows_of(pair.mirror(), "app.a") == rows_of(pair.source(), "app.a"));
    CHECK(rows(pair, "SELECT id, n, dw_reason FROM app_all.a ORDER BY id") ==
          "1\t1\tdelete\n2\t2\tabsent\n3\t3\tabsent\n");

    // Filled again with the same keys, and by a REPLACE: where a statement is not known its table is copied,
    // and the copy is void only where nothing left.
    run(pair,
        "INSERT INTO b VALUES (9,9) // CREATE PROCEDURE refill(IN t VARCHAR(64), IN really INT) BEGIN IF "
        "really THEN "
        "SET @q = CONCAT('TRUNCATE ', t); PREPARE s FROM @q; EXECUTE s; INSERT INTO b VALUES "
        "(1,10),(2,20),(3,30),"
        "(9,90); ELSE REPLACE INTO b VALUES (9,91); END IF; END // CALL refill('b', 0)");
    pair.sync();
    CHECK(rows(pair, "SELECT id, n, dw_reason FROM app_all.b WHERE id=9 AND dw_reason='delete'") ==
          "9\t9\tdelete\n");
    run(pair, "CALL refill('b', 1)");
    pair.sync();
    CHECK(rows_of(pair.mirror(), "app.b") == rows_of(pair.source(), "app.b"));
    for (const char* n : {"1", "2", "3", "91"})
      CHECK(rows(pair, std::string("SELECT COUNT(*) > 0 FROM app_all.b WHERE n=") + n) == "1\n");

    // Its handler hides that it was refused.
    run(pair, "CALL run_quietly(3)");
    pair.load({"sync"});
    CHECK(rows(pair,
               "SELECT COUNT(*) FROM dw_meta.suspects WHERE reason LIKE 'its procedure ran a TRUNCATE%'") ==
          "1\n");
    pair.load({"verify", "--repair"});
    CHECK(rows_of(pair.mirror(), "app.b") == rows_of(pair.source(), "app.b"));
    CHECK(rows(pair, "SELECT id, n FROM app_all.b WHERE dw_reason='absent' ORDER BY id") ==
          "1\t10\n2\t20\n3\t30\n9\t90\n");
    CHECK(rows(pair, "SELECT COUNT(*) FROM dw_meta.suspects WHERE cleared_at IS NULL") == "0\n");
  }
}
