// The archive policy on real servers: live tables are as production's, and what left them is in the archive.

#include "tests/support/catch.h"
#include "tests/support/mirror_pair.h"

using namespace dw::test;

namespace {

PairOptions archiving(PairOptions options) {
  options.retention = "archive";
  return options;
}

std::string kept(MirrorPair& pair, const std::string& table, const std::string& columns) {
  return pair.mirror().sql("SELECT " + columns + ", dw_reason FROM app_archive." + table +
                           " ORDER BY 1, 2, dw_reason");
}

void check_equal(MirrorPair& pair, std::initializer_list<const char*> tables) {
  for (const std::string table : tables) {
    INFO(table);
    CHECK(rows_of(pair.mirror(), "app." + table) == rows_of(pair.source(), "app." + table));
  }
}

}  // namespace

TEST_CASE("what leaves a live table is in the archive") {
  for (const PairOptions& options : all_pairs()) {
    INFO(name_of(options));
    if (!require_server(options.source) || !require_server(options.mirror)) continue;
    MirrorPair pair(archiving(options));
    DatabaseServer& production = pair.source();
    production.sql(
        "CREATE DATABASE app; USE app; CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(20), u INT, UNIQUE "
        "(u)); "
        "INSERT INTO t VALUES (1,'one',1),(2,'two',2),(3,'three',3),(4,'four',4),(5,'five',5),(6,'six',6)");
    pair.sync();
    CHECK(pair.mirror().sql("SELECT COUNT(*) FROM app_archive.t") == "0\n");
    CHECK(pair.mirror().sql("SELECT COUNT(*) FROM app_all.t WHERE dw_deleted_at IS NULL") == "6\n");

    production.sql(
        "USE app; DELETE FROM t WHERE id=1; REPLACE INTO t VALUES (9,'nine',2); "
        "DELETE FROM t ORDER BY id LIMIT 1; BEGIN; DELETE FROM t WHERE id=4; ROLLBACK; DELETE FROM t WHERE "
        "id=99");
    pair.sync();
    check_equal(pair, {"t"});
    CHECK(kept(pair, "t", "id, a, u") == "1\tone\t1\tdelete\n2\ttwo\t2\treplace\n3\tthree\t3\tdelete\n");
    CHECK(pair.mirror().sql(
              "SELECT reason, rows_kept, database_name, statement FROM dw_meta.ledger ORDER BY id") ==
          "delete\t1\tapp\tDELETE FROM t WHERE id=1\nreplace\t1\tapp\tREPLACE INTO t VALUES (9,'nine',2)\n"
          "delete\t1\tapp\tDELETE FROM t ORDER BY id LIMIT 1\n");
    CHECK(pair.mirror().sql(
              "SELECT COUNT(*) FROM app_archive.t a JOIN dw_meta.ledger l ON l.log_cursor=a.dw_event "
              "AND l.event_at=a.dw_deleted_at") == "3\n");
    CHECK(pair.mirror().sql(
              "SELECT SUM(received)=SUM(applied+retained+withheld+rolled_back+`inner`+ignored+failed), "
              "SUM(retained) FROM dw_meta.batches") == "1\t3\n");

    production.sql(
        "USE app; TRUNCATE t; INSERT INTO t VALUES (20,'twenty',20); ALTER TABLE t ADD COLUMN b INT; "
        "INSERT INTO t VALUES (21,'twenty-one',21,5); ALTER TABLE t DROP COLUMN a; DELETE FROM t WHERE "
        "id=20; "
        "DROP TABLE t");
    pair.sync();
    CHECK(pair.mirror().sql("SELECT dw_reason, COUNT(*) FROM app_all.t GROUP BY 1 ORDER BY 1") ==
          "delete\t3\ndrop column\t2\ndrop table\t1\nreplace\t1\ntruncate\t4\n");
    CHECK(
        pair.mirror().sql("SELECT id, a, b, dw_reason FROM app_all.t WHERE id > 19 ORDER BY 1, dw_reason") ==
        "20\tNULL\tNULL\tdelete\n20\ttwenty\tNULL\tdrop column\n21\ttwenty-one\t5\tdrop "
        "column\n21\tNULL\t5\tdrop table\n");
    CHECK(pair.mirror().sql("SELECT COUNT(*) FROM dw_meta.failures") == "0\n");
  }
}

TEST_CASE("history, periods and routes") {
  for (PairOptions options : all_pairs()) {
    INFO(name_of(options));
    if (!require_server(options.source) || !require_server(options.mirror)) continue;
    options.load_extra = R"(, "archive": {"split_by": "month", "history": "all", "routes": [{"table": "app.o",
      "expression": "CASE WHEN OLD.customer < 10 THEN 'small' WHEN OLD.customer < 20 THEN 'mid' END",
      "values": ["small", "mid"]}]})";
    MirrorPair pair(archiving(options));
    DatabaseServer& production = pair.source();
    DatabaseServer& mirror = pair.mirror();
    production.sql(
        "CREATE DATABASE app; USE app; CREATE TABLE o (id INT PRIMARY KEY, customer INT, note VARCHAR(20)); "
        "CREATE TABLE i (id INT PRIMARY KEY, o INT, FOREIGN KEY (o) REFERENCES o(id) ON DELETE CASCADE); "
        "INSERT INTO o VALUES (1,1,'a'),(2,15,'b'),(3,99,'c'),(4,NULL,'d'),(5,2,'e'); INSERT INTO i VALUES "
        "(1,1),(2,2)");
    pair.sync();
    const std::string month = mirror.sql("SELECT DATE_FORMAT(UTC_TIMESTAMP(), '%Y_%m')").substr(0, 7);
    production.sql(
        "USE app; UPDATE o SET note='B' WHERE id=2; UPDATE o SET note='c' WHERE id=3; DELETE FROM o WHERE "
        "id < 5; TRUNCATE i; DELETE FROM o");
    pair.sync();
    check_equal(pair, {"o", "i"});
    const auto ids = [&](const std::string& table) {
      return mirror.sql(
          "SELECT GROUP_CONCAT(id, ' ', note, ' ', dw_reason ORDER BY id, dw_reason) FROM app_archive." +
          table + "__" + month);
    };
    CHECK(ids("o__small") == "1 a delete,5 e delete\n");
    CHECK(ids("o__mid") == "2 B delete,2 b update\n");
    CHECK(ids("o") == "3 c delete,4 d delete\n");
    CHECK(mirror.sql("SELECT id, o, dw_reason FROM app_archive.i__" + month + " ORDER BY id") ==
          "1\t1\tcascade\n2\t2\tcascade\n");
    CHECK(mirror.sql("SELECT COUNT(*) FROM app_all.o") == "6\n");
    CHECK(mirror.sql("SELECT route, period FROM dw_meta.archives WHERE table_name='o' ORDER BY 1") ==
          "\t" + month + "\nmid\t" + month + "\nsmall\t" + month + "\n");

    pair.write_load_config(pair.url(), "", R"(, "archive": {"routes": [{"table": "app.o", "expression":
      "OLD.no_such_column", "values": ["x"]}]})");
    production.sql("INSERT INTO app.o VALUES (7,7,'g')");
    const ProcessResult refused = pair.load({"sync"});
    CHECK(refused.exit_code == 2);
    CHECK(refused.err.find("no_such_column") != std::string::npos);
  }
}

TEST_CASE("a route that the servers do not understand is refused, with their words") {
  struct Route {
    const char* expression;
    const char* mariadb;  // said against it; empty: it is understood
    const char* mysql;
  };
  for (const ServerKind kind : {ServerKind::mariadb, ServerKind::mysql}) {
    if (!require_server(kind)) continue;
    PairOptions options = archiving({});
    options.source = options.mirror = kind;
    MirrorPair pair(options);
    pair.source().sql(
        "CREATE DATABASE app; USE app; CREATE TABLE o (id INT PRIMARY KEY, customer INT, note VARCHAR(20)); "
        "INSERT INTO o VALUES (1,1,'a')");
    pair.sync();
    for (const Route& one :
         {Route{"IF(OLD.customer < 10, 'small', LOWER(OLD.note))", "", ""},
          Route{"OLD.no_such_column", "Unknown column 't.no_such_column'",
                "Unknown column 't.no_such_column'"},
          Route{"customer", "Column 'customer' in", "Column 'customer' in"},  // the trigger would not know it
          Route{"NEW.customer", "NEW", "NEW"},
          Route{"no_such_function(OLD.id)", "FUNCTION app.no_such_function does not exist",
                "FUNCTION app.no_such_function does not exist"},
          Route{"COUNT(OLD.id)", "Invalid use of group function", "Invalid use of group function"},
          Route{"ROW_NUMBER() OVER (ORDER BY OLD.id)", "Window function", "window function"},
          Route{"(SELECT note FROM o LIMIT 1)", "a query stands in it", "a query stands in it"},
          Route{"OLD.id +", "You have an error in your SQL syntax", "You have an error in your SQL syntax"},
          Route{"1) OR (1", "a parenthesis is closed that was not opened",
                "a parenthesis is closed that was not opened"},
          Route{"1 /*", "a quote or a comment is open", "a quote or a comment is open"},
          Route{"1 -- ", "a comment stands in it", "a comment stands in it"},
          Route{"1; DROP TABLE o", "it is more than one expression", "it is more than one expression"}}) {
      INFO(one.expression);
      pair.write_load_config(pair.url(), "",
                             std::string(R"(, "archive": {"routes": [{"table": "app.o", "expression": ")") +
                                 one.expression + R"(", "values": ["x"]}]})");
      const std::string said = kind == ServerKind::mariadb ? one.mariadb : one.mysql;
      const ProcessResult check = pair.load({"check"});
      CHECK_THAT(check.out, Catch::Contains("mirror: route of app.o"));
      CHECK(check.exit_code == (said.empty() ? 0 : 2));
      if (!said.empty()) CHECK_THAT(check.out, Catch::Contains(said));
      pair.source().sql("UPDATE app.o SET customer=customer+1");
      const ProcessResult sync = pair.load({"sync"});
      CHECK(sync.exit_code == (said.empty() ? 0 : 2));
      if (!said.empty()) CHECK_THAT(sync.err, Catch::Contains(said));
    }
    CHECK(pair.mirror().sql("SELECT COUNT(*) FROM app_archive.o") == "0\n");
  }
}

TEST_CASE("rows are found by their key through the view") {
  for (const PairOptions& options : all_pairs()) {
    INFO(name_of(options));
    if (!require_server(options.source) || !require_server(options.mirror)) continue;
    MirrorPair pair(archiving(options));
    pair.source().sql(
        "CREATE DATABASE app; USE app; CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(20)); INSERT INTO t "
        "WITH RECURSIVE n "
        "AS (SELECT 1 AS i UNION ALL SELECT i+1 FROM n WHERE i < 600) SELECT i, 'x' FROM n; DELETE FROM t "
        "WHERE id < 300; "
        "ALTER TABLE t ADD COLUMN b INT; DELETE FROM t WHERE id < 500");
    pair.sync();
    CHECK(pair.mirror().sql("SELECT COUNT(*), COUNT(DISTINCT id) FROM app_all.t") == "600\t600\n");
    CHECK(pair.mirror().sql("ANALYZE TABLE app.t, app_archive.t, app_archive.t__2") != "");
    // Each of the three branches by its index; type ALL is only for what the view itself gives.
    const std::string plan =
        pair.mirror().sql("EXPLAIN FORMAT=JSON SELECT * FROM app_all.t WHERE id IN (450, 550)");
    for (const char* key : {"PRIMARY", "dw_key"}) CHECK(plan.find(key) != std::string::npos);
    CHECK(plan.find("dw_key") != plan.rfind("dw_key"));
    CHECK(pair.mirror().sql("SELECT a, dw_reason FROM app_all.t WHERE id = 450") == "x\tdelete\n");
  }
}

TEST_CASE("the archive cannot be changed with dw-load's account") {
  for (const ServerKind kind : {ServerKind::mariadb, ServerKind::mysql}) {
    if (!require_server(kind)) continue;
    PairOptions options = archiving({});
    options.source = options.mirror = kind;
    MirrorPair pair(options);
    DatabaseServer& mirror = pair.mirror();
    pair.source().sql(
        "CREATE DATABASE app; USE app; CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES "
        "(1),(2),(3); "
        "DELETE FROM t WHERE id=1");
    pair.sync();
    const std::string password = "pa55-Word.long";
    std::vector<std::string> attempts{
        "DELETE FROM app_archive.t",
        "UPDATE app_archive.t SET id=9",
        "DROP TABLE app_archive.t",
        "TRUNCATE app_archive.t",
        "ALTER TABLE app_archive.t ADD x INT",
        "ALTER TABLE app_archive.t DROP COLUMN id",
        "ALTER TABLE app_archive.t RENAME TO app_archive.u",
        "DROP DATABASE app_archive",
        "RENAME TABLE app_archive.t TO app.gone",
        "CREATE INDEX i ON app_archive.t (id)",
        "REPLACE INTO app_archive.t (id) VALUES (1)",
        "INSERT INTO app_archive.t (id) VALUES (1) ON DUPLICATE KEY UPDATE id=9",
        "DELETE app_archive.t FROM app_archive.t JOIN app.t ON TRUE",
        "CREATE TRIGGER app_archive.x BEFORE INSERT ON app_archive.t FOR EACH ROW SET NEW.id=0"};
    if (kind == ServerKind::mariadb) attempts.emplace_back("CREATE OR REPLACE TABLE app_archive.t (id INT)");
    for (const std::string& sql : attempts) {
      INFO(sql);
      CHECK_THROWS_WITH(mirror.sql_as("dw_load", password, sql), Catch::Contains("denied"));
    }
    CHECK(mirror.sql("SELECT id FROM app_archive.t") == "1\n");

    // And with these rights it keeps more, makes a new generation, and gives rows back.
    pair.source().sql(
        "USE app; DELETE FROM t WHERE id=2; ALTER TABLE t ADD COLUMN n INT; DELETE FROM t WHERE id=3; "
        "TRUNCATE t");
    pair.sync();
    CHECK(mirror.sql("SELECT archive_table FROM dw_meta.archives ORDER BY 1") == "t\nt__2\n");
    CHECK(mirror.sql("SELECT id, dw_reason FROM app_all.t ORDER BY id") ==
          "1\tdelete\n2\tdelete\n3\tdelete\n");
    const ProcessResult restored = pair.load({"restore", "--table", "app.t", "--where", "id < 3"});
    INFO(restored.err);
    CHECK(restored.exit_code == 0);
    for (const char* value : {"SELECT 1 FROM DUAL", "SELECT 2 FROM DUAL"})
      CHECK_THAT(restored.out, Catch::Contains(value));
  }
}

TEST_CASE("an existing mirror is adopted, and stale triggers are mended") {
  for (const ServerKind kind : {ServerKind::mariadb, ServerKind::mysql}) {
    if (!require_server(kind)) continue;
    PairOptions options = archiving({});
    options.source = options.mirror = kind;
    options.retention = "none";
    MirrorPair pair(options);
    pair.source().sql(
        "CREATE DATABASE app; USE app; CREATE TABLE t (id INT PRIMARY KEY); CREATE TABLE u (id INT PRIMARY "
        "KEY); INSERT INTO t VALUES (1),(2),(3)");
    pair.sync();
    write_file(
        pair.file("load.json"),
        [&] {
          std::string text = read_file(pair.file("load.json"));
          return text.replace(text.find("\"none\""), 6, "\"archive\"");
        }(),
        0600);
    pair.source().sql("DELETE FROM app.t WHERE id=1");
    pair.sync();
    pair.mirror().sql(
        "DROP TRIGGER app.dw_archive_t; CREATE TRIGGER app.dw_archive_t BEFORE DELETE ON app.t FOR EACH ROW "
        "SET @nothing=1; DROP VIEW app_all.t; DROP TRIGGER app.dw_archive_u");
    pair.source().sql("USE app; DELETE FROM t WHERE id=2; INSERT INTO u VALUES (5); DELETE FROM u");
    pair.sync();
    pair.mirror().sql("DELETE FROM app.t WHERE id=3");  // by hand
    CHECK(pair.mirror().sql("SELECT id, dw_reason, dw_event IS NULL FROM app_all.t ORDER BY id") ==
          "1\tdelete\t0\n2\tdelete\t0\n3\tdelete\t1\n");
    CHECK(pair.mirror().sql("SELECT id FROM app_all.u") == "5\n");
  }
}

TEST_CASE("REPLACE from MySQL to MariaDB: rows that refer to the one replaced are suspect") {
  PairOptions options = archiving({});
  options.source = ServerKind::mysql;
  if (!require_server(options.source) || !require_server(options.mirror)) return;
  MirrorPair pair(options);
  pair.source().sql(
      "CREATE DATABASE app; USE app; CREATE TABLE p (id INT PRIMARY KEY, v INT); CREATE TABLE c (id INT "
      "PRIMARY "
      "KEY, p INT, FOREIGN KEY (p) REFERENCES p(id) ON DELETE CASCADE); CREATE TABLE g (id INT PRIMARY KEY, "
      "c "
      "INT, FOREIGN KEY (c) REFERENCES c(id) ON DELETE SET NULL); INSERT INTO p VALUES (1,1); INSERT INTO c "
      "VALUES (11,1); INSERT INTO g VALUES (21,11); REPLACE INTO p VALUES (1,2)");
  pair.sync();
  CHECK(
      pair.mirror().sql("SELECT table_name, reason LIKE 'MySQL and MariaDB differ: %' FROM dw_meta.suspects "
                        "ORDER BY 1") == "c\t1\ng\t1\n");
}
