// The policy in-place on real servers: what production removed stays in the live tables where it still fits,
// statements do what they did in production, and what gives way is in the archive.

#include "common/mysql/connection.h"
#include "tests/support/catch.h"
#include "tests/support/kept_in_place.h"
#include "tests/support/mirror_pair.h"

using namespace dw::test;

namespace {

PairOptions in_place(PairOptions options) {
  options.retention = "in-place";
  options.databases = R"(["app","app2"])";
  options.source_server.emplace_back("--log-bin-trust-function-creators=1");
  options.mirror_server.emplace_back("--log-bin-trust-function-creators=1");
  return options;
}

std::string live(MirrorPair& pair, const std::string& table, const std::string& columns = "*") {
  return pair.mirror().sql("SELECT " + columns + " FROM app." + table + " ORDER BY 1");
}

// With production's rows only; the next sync puts the others back.
void check_equal_to_production(MirrorPair& pair, std::initializer_list<const char*> tables) {
  pair.mirror().write_option_file(pair.file("root.cnf"));
  auto mirror = dw::mysql::Connection::open({.defaults_file = pair.file("root.cnf")});
  leave_productions_rows(mirror);
  for (const std::string table : tables) {
    INFO(table);
    CHECK(rows_of(pair.mirror(), "app." + table, "*, 1") == rows_of(pair.source(), "app." + table, "*, 1"));
  }
}

struct Stage {
  explicit Stage(const PairOptions& options) : pair(in_place(options)) {}
  // On production, in app; then on the mirror.
  void run(const std::string& sql) {
    pair.source().sql(sql, "app");
    pair.sync();
    CHECK(pair.mirror().sql("SELECT statement, message FROM dw_meta.failures") == "");
  }
  MirrorPair pair;
};

}  // namespace

TEST_CASE("rows and tables that production removes stay where they are") {
  for (const PairOptions& options : all_pairs()) {
    INFO(name_of(options));
    if (!require_server(options.source) || !require_server(options.mirror)) continue;
    Stage stage(options);
    MirrorPair& pair = stage.pair;
    pair.source().sql("CREATE DATABASE app; CREATE DATABASE app2");
    stage.run(
        "CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, a VARCHAR(20), g VARCHAR(30) AS (CONCAT(a, '!')) "
        "STORED); "
        "INSERT INTO t (a) VALUES ('one'),('two'),('three'); DELETE FROM t WHERE id=2; "
        "CREATE TABLE e (id INT AUTO_INCREMENT PRIMARY KEY, a VARCHAR(20)); INSERT INTO e (a) VALUES "
        "('x'),('y'); TRUNCATE e; "
        "CREATE TABLE d (id INT AUTO_INCREMENT PRIMARY KEY, a VARCHAR(20), KEY (a)); INSERT INTO d (a) "
        "VALUES "
        "('p'),('q'); DELETE FROM d WHERE id=1; DROP TABLE d; "
        "CREATE TABLE n (a INT); INSERT INTO n VALUES (1),(1),(2); DELETE FROM n WHERE a=1; "
        "CREATE TABLE app2.s (id INT PRIMARY KEY); INSERT INTO app2.s VALUES (5); DROP DATABASE app2");
    CHECK(live(pair, "t") == "1\tone\tone!\n2\ttwo\ttwo!\n3\tthree\tthree!\n");
    CHECK(live(pair, "e") == "1\tx\n2\ty\n");
    CHECK(live(pair, "d") == "1\tp\n2\tq\n");
    CHECK(live(pair, "n") == "2\n");  // without a key: in the archive only
    CHECK(pair.mirror().sql("SELECT id FROM app2.s") == "5\n");
    CHECK(pair.mirror().sql("SELECT id, dw_reason FROM app_all.t ORDER BY id") ==
          "1\tNULL\n2\tdelete\n3\tNULL\n");
    CHECK(pair.mirror().sql("SELECT id, dw_reason FROM app_all.d ORDER BY id") ==
          "1\tdelete\n2\tdrop table\n");
    CHECK(pair.mirror().sql("SELECT reason, rows_kept FROM dw_meta.ledger ORDER BY id") ==
          "delete\t1\ntruncate\t2\ndelete\t1\ndrop table\t1\ndelete\t2\ndrop database\t1\n");

    // Nothing of them is in the way, nor seen.
    stage.run(
        "INSERT INTO e (a) VALUES ('new'); UPDATE t SET a='changed'; CREATE TABLE d (id INT PRIMARY KEY, z "
        "INT); INSERT INTO d SELECT id, id FROM t; CREATE DATABASE app2; CREATE TABLE app2.s (k INT PRIMARY "
        "KEY)");
    CHECK(live(pair, "t") == "1\tchanged\tchanged!\n2\ttwo\ttwo!\n3\tchanged\tchanged!\n");
    CHECK(live(pair, "e") == "1\tnew\n2\ty\n");
    CHECK(live(pair, "d") == "1\t1\n3\t3\n");
    CHECK(pair.mirror().sql("SELECT id, a, dw_reason FROM app_all.e ORDER BY id, dw_reason") ==
          "1\tnew\tNULL\n1\tx\ttruncate\n2\ty\ttruncate\n");
    CHECK(pair.mirror().sql("SELECT COUNT(*) FROM app2.s") == "0\n");
    stage.run("INSERT INTO e (a) VALUES ('newer'); INSERT INTO t (a) VALUES ('four')");
    check_equal_to_production(pair, {"t", "e", "d", "n"});
  }
}

TEST_CASE("statements that meet a kept row do what they did in production") {
  for (const PairOptions& options : all_pairs()) {
    INFO(name_of(options));
    if (!require_server(options.source) || !require_server(options.mirror)) continue;
    Stage stage(options);
    MirrorPair& pair = stage.pair;
    pair.source().sql("CREATE DATABASE app");
    stage.run(
        "CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, u INT UNIQUE, n INT NULL, v VARCHAR(20)); INSERT "
        "INTO t (u,n,v) VALUES (1,1,'a'),(2,2,'b'),(3,3,'c'),(4,NULL,'d'),(5,5,'same'),(6,6,'same'); DELETE "
        "FROM t WHERE id <> 6");
    CHECK(live(pair, "t", "id, u") == "1\t1\n2\t2\n3\t3\n4\t4\n5\t5\n6\t6\n");
    stage.run(
        "INSERT INTO t VALUES (1,11,11,'by key'); INSERT INTO t (u,v) VALUES (2,'by unique key'); "
        "INSERT INTO t VALUES (3,33,33,'not updated') ON DUPLICATE KEY UPDATE v='updated'; "
        "REPLACE INTO t VALUES (4,44,44,'replaces'); UPDATE t SET u=5 WHERE id=6");
    CHECK(live(pair, "t") ==
          "1\t11\t11\tby key\n3\t33\t33\tnot updated\n4\t44\t44\treplaces\n6\t5\t6\tsame\n7\t2\tNULL\tby "
          "unique "
          "key\n");
    CHECK(
        pair.mirror().sql("SELECT id, u, dw_reason FROM app_all.t WHERE dw_reason IS NOT NULL ORDER BY id") ==
        "1\t1\tdelete\n2\t2\tdelete\n3\t3\tdelete\n4\t4\tdelete\n5\t5\tdelete\n");

    // ALTERs that kept rows would have made fail; what does not fit any more gives way.
    stage.run("DELETE FROM t WHERE id IN (3,7); INSERT INTO t VALUES (20,20,20,'not updated')");
    stage.run("ALTER TABLE t MODIFY n INT NOT NULL; ALTER TABLE t ADD UNIQUE (v)");
    CHECK(live(pair, "t", "id, v") == "1\tby key\n4\treplaces\n6\tsame\n7\tby unique key\n20\tnot updated\n");
    stage.run("ALTER TABLE t ADD w INT DEFAULT 7, DROP COLUMN u; DELETE FROM t WHERE id=4");
    CHECK(live(pair, "t", "id, v, w") ==
          "1\tby key\t7\n4\treplaces\t7\n6\tsame\t7\n7\tby unique key\tNULL\n20\tnot updated\t7\n");
    stage.run("INSERT INTO t (n,v) VALUES (8,'last')");
    check_equal_to_production(pair, {"t"});
  }
}

TEST_CASE("procedures, triggers, cascades and swaps remove rows that stay") {
  for (PairOptions options : all_pairs()) {
    INFO(name_of(options));
    if (!require_server(options.source) || !require_server(options.mirror)) continue;
    Stage stage(options);
    MirrorPair& pair = stage.pair;
    pair.source().sql("CREATE DATABASE app");
    stage.run(
        "CREATE TABLE p (id INT PRIMARY KEY); CREATE TABLE c (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) "
        "REFERENCES p(id) ON DELETE CASCADE); CREATE TABLE l (id INT PRIMARY KEY); "
        "CREATE TRIGGER gone AFTER INSERT ON l FOR EACH ROW DELETE FROM c WHERE id=NEW.id; "
        "CREATE PROCEDURE take(IN k INT) DELETE FROM p WHERE id=k; "
        "INSERT INTO p VALUES (1),(2),(3); INSERT INTO c VALUES (11,1),(12,1),(21,2),(31,3); "
        "CALL take(1); INSERT INTO l VALUES (21)");
    if (options.source == options.mirror) CHECK(live(pair, "c") == "11\t1\n12\t1\n21\t2\n31\t3\n");
    CHECK(live(pair, "p") == "1\n2\n3\n");
    stage.run("INSERT INTO p VALUES (1); INSERT INTO c VALUES (12,1); DELETE FROM p WHERE id=2; SELECT 1");
    CHECK(live(pair, "c", "id") == "11\n12\n21\n31\n");
    CHECK(live(pair, "p") == "1\n2\n3\n");
    stage.run(
        "CREATE TABLE _p_gho (id INT PRIMARY KEY, more INT); INSERT INTO _p_gho (id) SELECT id FROM p; SET "
        "foreign_key_checks=0; RENAME TABLE p TO _p_del, _p_gho TO p; DROP TABLE _p_del; DELETE FROM p WHERE "
        "id=3");
    CHECK(live(pair, "p") == "1\tNULL\n2\tNULL\n3\tNULL\n");
    CHECK(live(pair, "_p_del") == "1\n3\n");
    check_equal_to_production(pair, {"p", "c", "l"});
  }
}

TEST_CASE("from in-place to archive: what had stayed is in the archive only") {
  Stage stage({});
  MirrorPair& pair = stage.pair;
  pair.source().sql("CREATE DATABASE app");
  stage.run(
      "CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES (1),(2); DELETE FROM t WHERE id=1; CREATE "
      "TABLE d (id INT); DROP TABLE d");
  CHECK(live(pair, "t") == "1\n2\n");
  std::string config = read_file(pair.file("load.json"));
  config.replace(config.find("in-place"), 8, "archive");
  write_file(pair.file("load.json"), config, 0600);
  stage.run("INSERT INTO t VALUES (3)");
  CHECK(live(pair, "t") == "2\n3\n");
  CHECK(pair.mirror().sql("SHOW TABLES FROM app") == "t\n");
  CHECK(pair.mirror().sql("SELECT id, dw_reason FROM app_all.t ORDER BY 1") ==
        "1\tdelete\n2\tNULL\n3\tNULL\n");
}

TEST_CASE("what stays is no drift, and gives way to a row of production's that was missing") {
  for (PairOptions options : all_pairs()) {
    INFO(name_of(options));
    if (!require_server(options.source) || !require_server(options.mirror)) continue;
    options.verify = true;
    Stage stage(options);
    MirrorPair& pair = stage.pair;
    pair.source().sql("CREATE DATABASE app");
    stage.run(
        "CREATE TABLE t (id INT PRIMARY KEY, v INT); CREATE TABLE d (id INT PRIMARY KEY); INSERT INTO t "
        "VALUES "
        "(1,1),(2,2),(3,3); DELETE FROM t WHERE id < 3; DROP TABLE d");
    CHECK(live(pair, "t") == "1\t1\n2\t2\n3\t3\n");
    pair.source().sql("SET sql_log_off=1; INSERT INTO app.t VALUES (1,10)");
    pair.mirror().sql("UPDATE dw_meta.chunks SET checked_at='2000-01-01'");
    pair.sync();
    CHECK(live(pair, "t") == "1\t10\n2\t2\n3\t3\n");
    CHECK(pair.mirror().sql("SHOW TABLES FROM app") == "d\nt\n");
    stage.run("UPDATE t SET v=v+1");
    CHECK(live(pair, "t") == "1\t11\n2\t2\n3\t4\n");
    check_equal_to_production(pair, {"t"});
  }
}
