// Everything that takes rows away, by the judge of production's binary log: nothing is lost, and live tables
// are as production's.

#include <algorithm>
#include <sstream>

#include "common/mysql/connection.h"
#include "tests/support/binlog_witness.h"
#include "tests/support/catch.h"
#include "tests/support/client.h"
#include "tests/support/mirror_pair.h"

using namespace dw::test;

namespace {

struct Case {
  const char* name;
  const char* sql;           // on production, as root in app
  const char* mysql = "";    // behind it, where production is MySQL
  const char* mariadb = "";  // where production is MariaDB
  bool same_kind = false;    // only where the mirror is such a server too
};

const std::vector<Case>& cases() {
  static const std::vector<Case> all{
      {"cascade over chains and diamonds, each row once",
       "CREATE TABLE ca (id INT PRIMARY KEY, v INT); "
       "CREATE TABLE cb (id INT PRIMARY KEY, a INT, FOREIGN KEY (a) REFERENCES ca(id) ON DELETE CASCADE); "
       "CREATE TABLE cc (id INT PRIMARY KEY, b INT, a INT, FOREIGN KEY (b) REFERENCES cb(id) ON DELETE "
       "CASCADE, "
       "FOREIGN KEY (a) REFERENCES ca(id) ON DELETE CASCADE); "
       "CREATE TABLE cd (k1 INT, k2 VARCHAR(9), c INT, PRIMARY KEY (k1, k2), FOREIGN KEY (c) REFERENCES "
       "cc(id) ON "
       "DELETE CASCADE); CREATE TABLE cn (c INT, note VARCHAR(9), FOREIGN KEY (c) REFERENCES cc(id) ON "
       "DELETE CASCADE); "
       "INSERT INTO ca VALUES (1,1),(2,2),(3,3),(4,4); INSERT INTO cb VALUES (11,1),(12,1),(21,2),(31,3); "
       "INSERT INTO cc VALUES "
       "(111,11,1),(112,11,2),(113,NULL,1),(114,21,1),(115,21,2),(116,21,3),(117,31,4); "
       "INSERT INTO cd VALUES (1,'x',111),(2,'y',117),(3,'z',116); INSERT INTO cn VALUES "
       "(111,'n'),(111,'n'),(117,'m'); "
       "DELETE FROM ca WHERE id IN (1,2); SET foreign_key_checks=0; DELETE FROM ca WHERE id=3; SET "
       "foreign_key_checks=1",
       "", "", true},
      {"REPLACE of rows that name their ids and rows that do not: the ids behind it",
       "CREATE TABLE ri (id INT AUTO_INCREMENT PRIMARY KEY, d VARCHAR(9), UNIQUE (d)); REPLACE INTO ri (d) "
       "VALUES "
       "('red'),('blue'); REPLACE INTO ri (id, d) VALUES (NULL,'blue'),(59,'green'),(0,'blue'); REPLACE INTO "
       "ri (id, d) SELECT NULL, 'blue'; INSERT INTO ri (d) VALUES ('next'); BEGIN; INSERT INTO ri (d) VALUES "
       "('a'); REPLACE INTO ri VALUES (NULL,'a'),(99,'b'),(NULL,'a'),(3,'c'); INSERT INTO ri (d) VALUES "
       "('d'); COMMIT; INSERT INTO ri (d) VALUES ('e')"},
      {"cascade in a tree and in a circle",
       "CREATE TABLE ct (id INT PRIMARY KEY, p INT, h VARCHAR(5), FOREIGN KEY (p) REFERENCES ct(id) ON "
       "DELETE CASCADE); "
       "CREATE TABLE cl (id INT PRIMARY KEY, t INT); "
       "INSERT INTO ct VALUES "
       "(1,NULL,'a'),(2,1,'b'),(3,2,'c'),(4,3,'d'),(5,1,'e'),(6,6,'f'),(7,NULL,'g'),(8,7,'h'); "
       "INSERT INTO cl VALUES (1,1),(2,4),(3,8); DELETE FROM ct WHERE id=6; DELETE FROM ct WHERE id IN "
       "(3,1); "
       "CREATE TABLE cx (id INT PRIMARY KEY, y INT); CREATE TABLE cy (id VARCHAR(5) PRIMARY KEY, x INT, "
       "FOREIGN KEY (x) REFERENCES cx(id) ON DELETE CASCADE); ALTER TABLE cx ADD COLUMN o VARCHAR(5), ADD "
       "FOREIGN KEY "
       "(o) REFERENCES cy(id) ON DELETE CASCADE; INSERT INTO cx (id) VALUES (1),(2),(3); INSERT INTO cy "
       "VALUES "
       "('a',1),('b',2),('c',3); UPDATE cx SET o='b' WHERE id=1; UPDATE cx SET o='a' WHERE id=2; DELETE FROM "
       "cx WHERE id=1",
       "", "", true},
      {"REPLACE of a row that others refer to",
       "CREATE TABLE rp (id INT PRIMARY KEY, v INT, u INT UNIQUE); CREATE TABLE rc (id INT PRIMARY KEY, p "
       "INT, FOREIGN KEY (p) "
       "REFERENCES rp(id) ON DELETE CASCADE); INSERT INTO rp VALUES (1,1,1),(2,2,2),(3,3,3); INSERT INTO rc "
       "VALUES (11,1),(12,2),"
       "(13,3); REPLACE INTO rp VALUES (1,10,1); REPLACE INTO rp VALUES (9,20,2); DELETE FROM rp WHERE id=3; "
       "INSERT INTO rp VALUES "
       "(3,3,3); DELETE FROM rp WHERE id=3",
       "", "", true},
      {"a foreign key that sets NULL",
       "CREATE TABLE sp (id INT PRIMARY KEY); CREATE TABLE sc (id INT PRIMARY KEY, sp_id INT, FOREIGN KEY "
       "(sp_id) "
       "REFERENCES sp(id) ON DELETE SET NULL ON UPDATE CASCADE); INSERT INTO sp VALUES (1),(2); INSERT INTO "
       "sc VALUES "
       "(1,1),(2,2); DELETE FROM sp WHERE id=1; UPDATE sp SET id=7 WHERE id=2; DELETE FROM sc"},
      {"REPLACE over several keys, multi-table DELETE, LIMIT",
       "CREATE TABLE r (id INT PRIMARY KEY, u INT UNIQUE, v INT UNIQUE); INSERT INTO r VALUES "
       "(1,1,1),(2,2,2),(3,3,3),(4,4,4); "
       "REPLACE INTO r VALUES (1,2,3); REPLACE INTO r SELECT 9, 4, 9; CREATE TABLE m1 (id INT PRIMARY KEY); "
       "CREATE TABLE m2 "
       "(id INT PRIMARY KEY, m INT); INSERT INTO m1 VALUES (1),(2),(3); INSERT INTO m2 VALUES "
       "(1,1),(2,2),(3,9); DELETE "
       "m1, m2 FROM m1 JOIN m2 ON m2.m = m1.id; INSERT INTO m1 VALUES (5),(6),(7); DELETE FROM m1 ORDER BY "
       "id DESC LIMIT 2"},
      {"deletes in procedures, functions and triggers",
       "CREATE TABLE pt (id INT PRIMARY KEY, n INT) // CREATE TABLE pu (id INT PRIMARY KEY) // INSERT INTO "
       "pt VALUES "
       "(1,1),(2,2),(3,3),(4,4),(5,5),(6,6) // CREATE PROCEDURE take(IN k INT) DELETE FROM pt WHERE id=k // "
       "CALL take(1) // "
       "CREATE TRIGGER gone AFTER INSERT ON pu FOR EACH ROW DELETE FROM pt WHERE id=NEW.id // INSERT INTO pu "
       "VALUES (2),(3) // "
       "CREATE TRIGGER turn BEFORE DELETE ON pt FOR EACH ROW UPDATE pu SET id=id+100 WHERE id=OLD.id-2 // "
       "DELETE FROM pt WHERE "
       "id=4 // CREATE FUNCTION take_one(k INT) RETURNS INT DETERMINISTIC MODIFIES SQL DATA BEGIN DELETE "
       "FROM pt WHERE id=k; "
       "RETURN k; END // CREATE TABLE pv (id INT PRIMARY KEY) // INSERT INTO pv VALUES (take_one(5))"},
      {"procedures that TRUNCATE and DROP",
       "CREATE TABLE pd (id INT PRIMARY KEY, n INT) // CREATE TABLE pe (id INT, n INT) // INSERT INTO pd "
       "VALUES (1,1),(2,2) // "
       "INSERT INTO pe VALUES (1,1),(1,1) // CREATE PROCEDURE clear(IN really INT) BEGIN IF really THEN "
       "TRUNCATE pd; INSERT INTO "
       "pd VALUES (2,3); END IF; END // CALL clear(0) // CALL clear(1) // INSERT INTO pd VALUES (5,5) // "
       "CREATE PROCEDURE clear_all() BEGIN "
       "CALL clear(1); DROP "
       "TABLE pe; CREATE TABLE pf (id INT PRIMARY KEY); INSERT INTO pf VALUES (1),(2); END // CALL "
       "clear_all() // DELETE FROM pf"},
      {"a row as long as a row may be",
       "CREATE TABLE wide (k VARCHAR(300) CHARACTER SET latin1 PRIMARY KEY, a VARCHAR(16000) CHARACTER SET "
       "utf8mb4, b VARBINARY(1100)); "
       "INSERT INTO wide VALUES ('k', REPEAT('x', 15000), x'00FF'); DELETE FROM wide"},
      {"another trigger changes what a cascade takes",
       "CREATE TABLE tp (id INT PRIMARY KEY) // CREATE TABLE tc (id INT PRIMARY KEY, p INT, note VARCHAR(9), "
       "FOREIGN KEY (p) "
       "REFERENCES tp(id) ON DELETE CASCADE) // INSERT INTO tp VALUES (1),(2) // INSERT INTO tc VALUES "
       "(1,1,'a'),(2,1,'b'),(3,2,'c') "
       "// CREATE TRIGGER mark BEFORE DELETE ON tp FOR EACH ROW BEGIN UPDATE tc SET note='gone' WHERE "
       "p=OLD.id AND id=1; DELETE FROM "
       "tc WHERE id=2; END // DELETE FROM tp"},
      {"TRUNCATE and DROP",
       "CREATE TABLE d1 (id INT PRIMARY KEY); CREATE TABLE d2 LIKE d1; CREATE TABLE d3 AS SELECT 5 AS a, 'x' "
       "AS b; INSERT "
       "INTO d1 VALUES (1),(2); INSERT INTO d2 VALUES (3); TRUNCATE d1; INSERT INTO d1 VALUES (1); DROP "
       "TABLE d1, d2; DROP "
       "TABLE IF EXISTS d3, d4; CREATE TABLE d1 (id INT PRIMARY KEY, n INT); INSERT INTO d1 VALUES (1,9); "
       "DELETE FROM d1"},
      {"DROP and TRUNCATE that fail take nothing",
       "CREATE TABLE fp (id INT PRIMARY KEY); CREATE TABLE fc (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) "
       "REFERENCES fp(id)); "
       "INSERT INTO fp VALUES (1),(2); INSERT INTO fc VALUES (1,1)"},
      {"partitions",
       "CREATE TABLE pa (id INT, n INT, PRIMARY KEY (id)) PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS "
       "THAN (10), "
       "PARTITION p1 VALUES LESS THAN (20), PARTITION p2 VALUES LESS THAN (30), PARTITION p3 VALUES LESS "
       "THAN MAXVALUE); "
       "INSERT INTO pa VALUES (1,1),(11,2),(21,3),(31,4),(32,5); ALTER TABLE pa DROP PARTITION p0; ALTER "
       "TABLE pa TRUNCATE "
       "PARTITION p1; CREATE TABLE px (id INT, n INT, PRIMARY KEY (id)); INSERT INTO px VALUES (22,22); "
       "ALTER TABLE pa "
       "EXCHANGE PARTITION p2 WITH TABLE px; DELETE FROM pa WHERE id=31; ALTER TABLE pa TRUNCATE PARTITION "
       "ALL"},
      {"columns dropped and made narrower",
       "CREATE TABLE nc (id INT PRIMARY KEY, a VARCHAR(20), b INT, c DECIMAL(10,4), e ENUM('x','y')); INSERT "
       "INTO nc VALUES "
       "(1,'a long text',70000,1.2345,'x'),(2,'b',5,9.9999,'y'); ALTER TABLE nc DROP COLUMN b; SET "
       "sql_mode=''; ALTER TABLE nc "
       "MODIFY a VARCHAR(3); ALTER TABLE nc CHANGE c d DECIMAL(10,2); UPDATE nc SET a='z' WHERE id=1; ALTER "
       "TABLE nc ADD f INT "
       "DEFAULT 4; DELETE FROM nc WHERE id=2; ALTER TABLE nc MODIFY e ENUM('x','y','z'), MODIFY a "
       "VARCHAR(30)"},
      {"renames and swaps",
       "CREATE TABLE rn (id INT PRIMARY KEY, n INT); INSERT INTO rn VALUES (1,1),(2,2),(3,3); DELETE FROM rn "
       "WHERE id=1; CREATE "
       "TABLE _rn_gho LIKE rn; ALTER TABLE _rn_gho ADD COLUMN m INT; INSERT INTO _rn_gho (id,n) SELECT id, n "
       "FROM rn; DELETE FROM "
       "_rn_gho WHERE id=3; INSERT INTO _rn_gho VALUES (3,3,NULL); RENAME TABLE rn TO _rn_del, _rn_gho TO "
       "rn; DELETE FROM rn "
       "WHERE id=2; DROP TABLE _rn_del; ALTER TABLE rn RENAME TO rm; DELETE FROM rm WHERE id=3; INSERT INTO "
       "rm VALUES (8,8,8); "
       "RENAME TABLE rm TO app2.rm; DELETE FROM app2.rm; RENAME TABLE app2.rm TO rn2; INSERT INTO rn2 VALUES "
       "(9,9,9); DELETE FROM rn2"},
      {"the primary key changes",
       "CREATE TABLE k (id INT PRIMARY KEY, n INT); INSERT INTO k VALUES (1,1),(2,2),(3,3); UPDATE k SET "
       "id=id+10 WHERE n=1; UPDATE "
       "k SET n=22 WHERE id=2; INSERT INTO k VALUES (3,0) ON DUPLICATE KEY UPDATE id=30; CREATE VIEW kv AS "
       "SELECT id AS i, n FROM k; "
       "UPDATE kv SET i=99 WHERE n=22; CREATE TABLE k2 (a INT, b VARCHAR(5), PRIMARY KEY (a, b)); INSERT "
       "INTO k2 VALUES (1,'x'); "
       "CREATE PROCEDURE rekey() UPDATE k2 SET b='y'; CALL rekey(); RENAME TABLE k2 TO k3; UPDATE k3 SET "
       "a=5"},
      {"tables of all kinds",
       "CREATE TABLE o1 (a INT, b VARCHAR(9)); INSERT INTO o1 VALUES (1,'x'),(1,'x'),(2,NULL); DELETE FROM "
       "o1 WHERE a=1; CREATE "
       "TABLE o2 (id INT PRIMARY KEY, g INT AS (id*2) VIRTUAL, s INT AS (id*3) STORED, h INT INVISIBLE "
       "DEFAULT 7); INSERT INTO o2 "
       "(id) VALUES (1),(2); DELETE FROM o2 WHERE id=1; TRUNCATE o2; CREATE TABLE o3 (id INT PRIMARY KEY, j "
       "JSON, b BIT(12), bl "
       "BLOB, d DATE, t TIMESTAMP NULL, dt DATETIME(6), f DOUBLE, fl FLOAT, y YEAR, ti TIME(3), l "
       "VARCHAR(20) CHARACTER SET latin1, "
       "vb VARBINARY(9), st SET('a','b','c'), u BIGINT UNSIGNED, tx MEDIUMTEXT); SET sql_mode=''; INSERT "
       "INTO o3 VALUES "
       "(1,'{\"a\": [1, "
       "2]}',b'101010101010',x'00FF27','0000-00-00','0000-00-00','2026-02-30',1e300,1.5,2026,'-11:12:13.145',"
       "'\xC3\xA9t\xC3\xA9',"
       "x'0001','a,c',18446744073709551615,'\xF0\x9F\x98\x80'),(2,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,"
       "NULL,NULL,NULL,NULL,NULL,NULL,"
       "NULL); DELETE FROM o3; CREATE TABLE `odd name` (`a b` INT PRIMARY KEY, `select` INT); INSERT INTO "
       "`odd name` VALUES "
       "(1,1),(2,2); DELETE FROM `odd name` WHERE `a b`=1; TRUNCATE `odd name`"},
      {"leaves below a tree", "", "",
       "DELETE FROM cl; ALTER TABLE cl ADD FOREIGN KEY (t) REFERENCES ct(id) ON DELETE CASCADE; INSERT INTO "
       "ct VALUES "
       "(1,NULL,'a'),(2,1,'b'); INSERT INTO cl VALUES (51,1),(52,2); DELETE FROM ct WHERE id=1"},
      {"a table that knows no transactions",
       "CREATE TABLE my (id INT PRIMARY KEY, n INT) ENGINE=MyISAM; INSERT INTO my VALUES (1,1),(2,2),(3,3); "
       "BEGIN; DELETE FROM my "
       "WHERE id=1; ROLLBACK; DELETE FROM my WHERE id=2; TRUNCATE my; INSERT INTO my VALUES (1,5); DROP "
       "TABLE my"},
      {"the last of a schema",
       "INSERT INTO app2.w VALUES (1),(2); DELETE FROM app2.w WHERE id=1; DROP DATABASE app2"},
      {"made anew", "", "",
       "CREATE TABLE cr (id INT PRIMARY KEY); INSERT INTO cr VALUES (1); CREATE OR REPLACE TABLE cr (id "
       "INT PRIMARY KEY, n INT); INSERT INTO cr VALUES (1,2); DELETE FROM cr"},
  };
  return all;
}

// Their errors are production's too.
constexpr const char* kRefused[] = {"DROP TABLE app.fp", "TRUNCATE app.fp",
                                    "DROP TABLE app.fc, app.nothing_there"};

dw::mysql::Connection connect(MirrorPair& pair, DatabaseServer& server, const char* file) {
  server.write_option_file(pair.file(file));
  return dw::mysql::Connection::open({.defaults_file = pair.file(file)});
}

std::vector<std::string> tables(DatabaseServer& server) {
  std::vector<std::string> out;
  std::istringstream in(server.sql(
      "SET sql_log_off=1; SELECT CONCAT(TABLE_SCHEMA, '.`', REPLACE(TABLE_NAME, '`', '``'), '`') FROM "
      "information_schema.TABLES WHERE TABLE_TYPE='BASE TABLE' AND TABLE_SCHEMA IN ('app','app2')"));
  for (std::string line; std::getline(in, line);) out.push_back(line);
  std::sort(out.begin(), out.end());
  return out;
}

void check_live(MirrorPair& pair) {
  CHECK(tables(pair.mirror()) == tables(pair.source()));
  for (const std::string& table : tables(pair.source())) {
    INFO(table);
    CHECK(pair.mirror().sql("CHECKSUM TABLE " + table) != "");
    CHECK(rows_of(pair.mirror(), table, "*, 1") == rows_of(pair.source(), table, "*, 1"));
  }
}

PairOptions witnessed(PairOptions options) {
  options.retention = "archive";
  options.databases = R"(["app","app2"])";
  options.web = Web::lighttpd;
  options.source_server = witness_options(options.source);
  options.source_server.emplace_back("--log-bin-trust-function-creators=1");
  options.mirror_server = {"--log-bin-trust-function-creators=1"};
  return options;
}

}  // namespace

TEST_CASE("nothing that production's binary log shows is lost") {
  for (const PairOptions& options : all_pairs()) {
    if (!require_server(options.source) || !require_server(options.mirror)) continue;
    DYNAMIC_SECTION(name_of(options)) {
      MirrorPair pair(witnessed(options));
      auto source = connect(pair, pair.source(), "source.cnf");
      auto mirror = connect(pair, pair.mirror(), "look.cnf");
      source.execute("SET sql_log_off=1");
      pair.source().sql(
          "CREATE DATABASE app; CREATE DATABASE app2; CREATE TABLE app2.w (id INT PRIMARY KEY)");
      for (const Case& one : cases()) {
        INFO(one.name);
        if (one.same_kind && options.source != options.mirror) continue;
        const bool of_mysql = options.source == ServerKind::mysql;
        const std::string sql = one.sql;
        pair.source().sql(sql.find(" // ") == std::string::npos ? sql : "DELIMITER //\n" + sql + " //\n",
                          "app");
        pair.source().sql(of_mysql ? one.mysql : one.mariadb, "app");
        if (options.source == options.mirror &&
            std::string(one.name).find("that fail") != std::string::npos) {
          for (const char* refused : kRefused) CHECK_THROWS(pair.source().sql(refused));
        }
        const ProcessResult run = pair.load({"sync"});
        INFO(run.err);
        CHECK(run.exit_code == 0);
        check_live(pair);
      }
      for (const std::string& row : lost_rows(read_witness(pair.source()), mirror, options.source)) {
        UNSCOPED_INFO(row);
        CHECK(row == "found in the archive");
      }
      CHECK(pair.mirror().sql("SELECT statement FROM dw_meta.failures ORDER BY id") ==
            (options.source != options.mirror
                 ? ""
                 : "DROP TABLE app.fp\nTRUNCATE app.fp\nDROP TABLE app.fc, app.nothing_there\n"));
      CHECK(pair.mirror().sql("SELECT COUNT(*) FROM app_all.fp") == "2\n");
      if (options.source == options.mirror)
        CHECK(pair.mirror().sql("SELECT COUNT(*) FROM app_all.rc") == "3\n");
    }
  }
}

TEST_CASE("what a REPLACE takes along behind COM_CHANGE_USER goes here, too, and is kept") {
  for (const PairOptions& options : all_pairs()) {
    if (!require_server(options.source) || !require_server(options.mirror)) continue;
    DYNAMIC_SECTION(name_of(options)) {
      MirrorPair pair(witnessed(options));
      auto source = connect(pair, pair.source(), "source.cnf");
      auto mirror = connect(pair, pair.mirror(), "look.cnf");
      source.execute("SET sql_log_off=1");
      pair.source().sql(
          "CREATE DATABASE app; CREATE DATABASE app2; USE app; CREATE TABLE p (id INT PRIMARY KEY, v INT); "
          "CREATE TABLE c (id INT AUTO_INCREMENT PRIMARY KEY, p INT, n INT, FOREIGN KEY (p) REFERENCES p(id) "
          "ON DELETE CASCADE); CREATE TRIGGER p_bd BEFORE DELETE ON p FOR EACH ROW INSERT INTO c (p, n) "
          "VALUES (OLD.id, -1); INSERT INTO p VALUES (1,1),(2,2),(3,3); INSERT INTO c (p) VALUES "
          "(1),(2),(3)");
      Client pooled(pair.source(), {.database = "app"});
      REQUIRE(pooled.change_user({.database = "app"}) == 0);
      REQUIRE(pooled.query("SET @v=7") == 0);
      REQUIRE(pooled.query("BEGIN; INSERT INTO c (p) VALUES (2); REPLACE INTO p VALUES (1, @v); "
                           "INSERT INTO c (p, n) VALUES (1, LAST_INSERT_ID()); COMMIT") == 0);
      // A REPLACE of its own, one that is rolled back, and another session's.
      REQUIRE(pooled.query("REPLACE INTO p VALUES (2, @v + 1)") == 0);
      REQUIRE(pooled.query("BEGIN; REPLACE INTO p VALUES (3, 9); ROLLBACK") == 0);
      pair.source().sql("REPLACE INTO p VALUES (3, 33); INSERT INTO c (p) VALUES (3)", "app");
      const ProcessResult run = pair.load({"sync"});
      INFO(run.out << run.err);
      CHECK(run.exit_code == 0);
      CHECK(rows_of(pair.mirror(), "app.p") == rows_of(pair.source(), "app.p"));
      const bool alike = options.source == options.mirror;  // the last session is none of a pool
      const std::string which = alike ? "app.c" : "app.c WHERE p<>3";
      CHECK(pair.mirror().sql("SELECT * FROM " + which + " ORDER BY id") ==
            pair.source().sql("SELECT * FROM " + which + " ORDER BY id"));
      // The last session may have been reset, of which MySQL's log has nothing.
      if (alike)
        CHECK(pair.mirror().sql("SELECT COUNT(*) FROM dw_meta.suspects WHERE reason LIKE '%REPLACE%'") ==
              (options.source == ServerKind::mysql ? "1\n" : "0\n"));
      for (const std::string& row : lost_rows(read_witness(pair.source()), mirror, options.source)) {
        UNSCOPED_INFO(row);
        CHECK(row == "found in the archive");
      }
      CHECK(pair.mirror().sql("SELECT COUNT(*) FROM dw_meta.failures") == "0\n");
    }
  }
}
