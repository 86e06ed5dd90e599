// Statements that do more than their text says: what the mirror makes of them.

#include "tests/support/catch.h"
#include "tests/support/mirror_pair.h"

using namespace dw::test;

namespace {

constexpr const char* kSchema =
    "CREATE DATABASE app; CREATE TABLE app.t (id INT AUTO_INCREMENT PRIMARY KEY, a VARCHAR(20))";

// The command line client ends a statement at END// here, not at each semicolon.
void run_script(MirrorPair& pair, const std::string& script) {
  pair.source().sql("DELIMITER //\n" + script, "app");
}

}  // namespace

TEST_CASE("a procedure that ends the transaction by itself leaves the batch before it on the mirror") {
  for (const PairOptions& options : all_pairs()) {
    if (!require_server(options.source) || !require_server(options.mirror)) continue;
    DYNAMIC_SECTION(name_of(options)) {
      MirrorPair pair(options);
      pair.source().sql(kSchema);
      run_script(pair,
                 "CREATE PROCEDURE rb() SQL SECURITY INVOKER BEGIN INSERT INTO t (a) VALUES ('undone'); "
                 "ROLLBACK; END//\n"
                 "CREATE PROCEDURE cm() SQL SECURITY INVOKER BEGIN START TRANSACTION; INSERT INTO t (a) "
                 "VALUES ('by cm'); COMMIT; END//\n"
                 "CREATE PROCEDURE plain() SQL SECURITY INVOKER INSERT INTO t (a) VALUES ('by plain')//\n"
                 "INSERT INTO t (a) VALUES ('before')// UPDATE t SET a='changed' WHERE a='before'// BEGIN// "
                 "CALL rb()// COMMIT//\n"
                 "INSERT INTO t (a) VALUES ('between')// CALL cm()// CALL plain()// INSERT INTO t (a) VALUES "
                 "('after')//\n");
      pair.sync();
      CHECK(rows_of(pair.mirror(), "app.t") == rows_of(pair.source(), "app.t"));
      CHECK(pair.mirror().sql("SELECT COUNT(*) FROM dw_meta.failures") == "0\n");
      CHECK(pair.mirror().sql("SELECT intent IS NULL FROM dw_meta.checkpoint") == "1\n");
    }
  }
}

TEST_CASE("a temporary table of one session hides no permanent table from another") {
  for (const PairOptions& options : all_pairs()) {
    if (!require_server(options.source) || !require_server(options.mirror)) continue;
    DYNAMIC_SECTION(name_of(options)) {
      MirrorPair pair(options);
      pair.source().sql(kSchema);
      pair.source().sql(
          "CREATE TEMPORARY TABLE t (id INT, a VARCHAR(20)); INSERT INTO t VALUES (1, 'temporary'); "
          "CREATE TEMPORARY TABLE own (a INT); INSERT INTO own VALUES (5); DROP TABLE own; "
          "CREATE TEMPORARY TABLE own (b INT); INSERT INTO own VALUES (6)",
          "app");
      pair.source().sql("INSERT INTO t (a) VALUES ('permanent')", "app");
      pair.sync();
      CHECK(rows_of(pair.mirror(), "app.t") == rows_of(pair.source(), "app.t"));
      CHECK(pair.mirror().sql("SELECT COUNT(*) FROM dw_meta.failures") == "0\n");
      CHECK(pair.mirror().sql("SELECT COUNT(*) FROM dw_meta.ledger") == "0\n");
    }
  }
}

TEST_CASE("rows of a table without transactions come once, also when a batch has to be run again") {
  PairOptions options;
  MirrorPair pair(options);
  pair.source().sql(kSchema);
  pair.source().sql("CREATE TABLE m (a VARCHAR(20)) ENGINE=MyISAM", "app");
  pair.source().sql("INSERT INTO m VALUES ('once'); INSERT INTO t (id) VALUES (100)", "app");
  CHECK_THROWS(pair.source().sql("INSERT INTO t (id) VALUES (100)", "app"));  // a duplicate, there and here
  pair.sync();
  CHECK(pair.mirror().sql("SELECT a FROM app.m") == "once\n");
  CHECK(rows_of(pair.mirror(), "app.t") == rows_of(pair.source(), "app.t"));
}

TEST_CASE("an anonymous block is not run: it may delete, and it may commit") {
  PairOptions options;
  MirrorPair pair(options);
  pair.source().sql(kSchema);
  pair.source().sql("INSERT INTO t (a) VALUES ('kept')", "app");
  run_script(pair, "BEGIN NOT ATOMIC DELETE FROM t; END//\n");
  CHECK(pair.load({"sync"}).exit_code == 3);
  CHECK(pair.mirror().sql("SELECT a FROM app.t") == "kept\n");
}

TEST_CASE("what the text cannot repeat makes its table suspect") {
  PairOptions options;
  MirrorPair pair(options);
  pair.source().sql(kSchema);
  pair.source().sql("INSERT INTO t (a) VALUES (LEFT(UUID(), 20)); INSERT INTO t (a) VALUES ('exact')", "app");
  pair.sync();
  CHECK(pair.mirror().sql("SELECT schema_name, table_name FROM dw_meta.suspects") == "app\tt\n");
}

TEST_CASE("a batch asked for by time does not carry the mirror over what it lacks") {
  PairOptions options;
  MirrorPair pair(options);
  pair.source().sql(kSchema);
  pair.sync();
  pair.source().sql("INSERT INTO t (a) VALUES ('first')", "app");
  const std::string since = pair.source().sql("SELECT DATE_FORMAT(UTC_TIMESTAMP(6), '%Y-%m-%dT%H:%i:%s.%f')");
  pair.source().sql("INSERT INTO t (a) VALUES ('second')", "app");
  const ProcessResult batch = pair.extract({"batch", "--since", since.substr(0, since.size() - 1)});
  write_file(pair.file("since.json"), batch.out);
  CHECK(pair.load({"apply", pair.file("since.json")}).exit_code == 4);
  pair.sync();
  CHECK(rows_of(pair.mirror(), "app.t") == rows_of(pair.source(), "app.t"));
}

TEST_CASE("retention none: what leaves production leaves the mirror") {
  for (PairOptions options : all_pairs()) {
    if (!require_server(options.source) || !require_server(options.mirror)) continue;
    DYNAMIC_SECTION(name_of(options)) {
      options.retention = "none";
      MirrorPair pair(options);
      pair.source().sql(kSchema);
      pair.source().sql(
          "CREATE TABLE gone (a INT); CREATE TABLE emptied (a INT); INSERT INTO emptied VALUES (1); "
          "INSERT INTO t (a) VALUES ('one'),('two'),('three'); DELETE FROM t WHERE a='two'; "
          "ALTER TABLE t ADD b INT DEFAULT 7; TRUNCATE emptied; DROP TABLE gone",
          "app");
      pair.sync();
      CHECK(rows_of(pair.mirror(), "app.t") == rows_of(pair.source(), "app.t"));
      CHECK(pair.mirror().sql("SELECT COUNT(*) FROM app.emptied") == "0\n");
      CHECK(pair.mirror().sql("SHOW TABLES FROM app") == "emptied\nt\n");
      CHECK(pair.mirror().sql("SELECT COUNT(*) FROM dw_meta.ledger") == "0\n");
    }
  }
}

// MariaDB logs a text that it does not understand, and passwords in clear.
TEST_CASE("a password in a statement that is refused is not written down") {
  MirrorPair pair(PairOptions{});
  pair.source().sql(kSchema);
  CHECK_THROWS(pair.source().sql("CREATE USR a IDENTIFIED BY 'pw-of-a'"));
  run_script(pair, "BEGIN NOT ATOMIC CREATE USER b@localhost IDENTIFIED BY 'pw-of-b'; END//\n");
  CHECK(pair.load({"sync"}).exit_code == 3);
  const std::string kept = pair.mirror().sql("SELECT statement FROM dw_meta.failures") +
                           pair.mirror().sql("SELECT statement FROM dw_meta.ledger");
  INFO(kept);
  CHECK(kept.find("CREATE USR a IDENTIFIED") != std::string::npos);
  CHECK(kept.find("pw-of-") == std::string::npos);
}
