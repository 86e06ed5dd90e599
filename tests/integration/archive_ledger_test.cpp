// Whatever takes rows away: its rows in the archive have its reason, its place in the log and its time, and
// it has one row in the ledger that says who ran it and how many rows were kept.

#include "tests/support/catch.h"
#include "tests/support/client.h"
#include "tests/support/mirror_pair.h"

using namespace dw::test;

namespace {

struct Taking {
  const char* name;
  const char* before;     // what is there, with // between statements
  const char* statement;  // that takes rows
  const char* reason;     // in the ledger
  int rows;
  const char* kept;  // "table: reason count, …" of the archive, by table and reason
};

constexpr const char* kTwo = "CREATE TABLE t (id INT PRIMARY KEY, n INT) // INSERT INTO t VALUES (1,1),(2,2)";
constexpr const char* kFamily =
    "CREATE TABLE p (id INT PRIMARY KEY) // CREATE TABLE c (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) "
    "REFERENCES "
    "p(id) ON DELETE CASCADE) // CREATE TABLE g (id INT PRIMARY KEY, c INT, FOREIGN KEY (c) REFERENCES c(id) "
    "ON "
    "DELETE CASCADE) // INSERT INTO p VALUES (1),(2) // INSERT INTO c VALUES (11,1),(12,1),(21,2) // INSERT "
    "INTO g "
    "VALUES (111,11),(211,21)";
constexpr const char* kParts =
    "CREATE TABLE t (id INT PRIMARY KEY) PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (10), "
    "PARTITION p1 "
    "VALUES LESS THAN (20)) // INSERT INTO t VALUES (1),(2),(11) // CREATE TABLE x (id INT PRIMARY KEY) // "
    "INSERT "
    "INTO x VALUES (5)";

const std::vector<Taking>& takings() {
  static const std::vector<Taking> all{
      {"DELETE", kTwo, "DELETE FROM t WHERE id=1", "delete", 1, "t: delete 1"},
      {"DELETE … LIMIT", kTwo, "DELETE FROM t ORDER BY id DESC LIMIT 1", "delete", 1, "t: delete 1"},
      {"multi-table DELETE",
       "CREATE TABLE t (id INT PRIMARY KEY) // CREATE TABLE u (id INT PRIMARY KEY) // INSERT INTO t VALUES "
       "(1),(2) // "
       "INSERT INTO u VALUES (1),(3)",
       "DELETE t, u FROM t JOIN u ON u.id=t.id", "delete", 2, "t: delete 1, u: delete 1"},
      {"REPLACE", kTwo, "REPLACE INTO t VALUES (1,5),(3,3)", "replace", 1, "t: replace 1"},
      {"a cascade over a chain", kFamily, "DELETE FROM p WHERE id=1", "delete", 4,
       "c: cascade 2, g: cascade 1, p: delete 1"},
      {"a cascade in a tree",
       "CREATE TABLE t (id INT PRIMARY KEY, up INT, FOREIGN KEY (up) REFERENCES t(id) ON DELETE CASCADE) // "
       "INSERT "
       "INTO t VALUES (1,NULL) // INSERT INTO t VALUES (2,1) // INSERT INTO t VALUES (3,2)",
       "DELETE FROM t WHERE id=1", "delete", 3, "t: cascade 2, t: delete 1"},
      {"a foreign key that sets NULL",
       "CREATE TABLE p (id INT PRIMARY KEY) // CREATE TABLE c (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) "
       "REFERENCES "
       "p(id) ON DELETE SET NULL) // INSERT INTO p VALUES (1) // INSERT INTO c VALUES (11,1)",
       "DELETE FROM p", "delete", 1, "p: delete 1"},
      {"a key that cascades",
       "CREATE TABLE p (id INT PRIMARY KEY) // CREATE TABLE c (p INT PRIMARY KEY, FOREIGN KEY (p) REFERENCES "
       "p(id) ON "
       "UPDATE CASCADE) // INSERT INTO p VALUES (1) // INSERT INTO c VALUES (1)",
       "UPDATE p SET id=9", "delete", 2, "c: key update 1, p: key update 1"},
      {"TRUNCATE", kTwo, "TRUNCATE TABLE t", "truncate", 2, "t: truncate 2"},
      {"DROP TABLE", kTwo, "DROP TABLE t", "drop table", 2, "t: drop table 2"},
      {"DROP TABLE of two",
       "CREATE TABLE t (id INT) // CREATE TABLE u (id INT) // INSERT INTO t VALUES (1),(1) // INSERT INTO u "
       "VALUES "
       "(3)",
       "DROP TABLE IF EXISTS t, no_such_table, u", "drop table", 3, "t: drop table 2, u: drop table 1"},
      {"DROP DATABASE", kTwo, "DROP DATABASE app", "drop database", 2, "t: drop database 2"},
      {"DROP PARTITION", kParts, "ALTER TABLE t DROP PARTITION p0", "drop partition", 2,
       "t: drop partition 2"},
      {"TRUNCATE PARTITION", kParts, "ALTER TABLE t TRUNCATE PARTITION p1", "truncate partition", 1,
       "t: truncate partition 1"},
      {"EXCHANGE PARTITION", kParts, "ALTER TABLE t EXCHANGE PARTITION p0 WITH TABLE x", "exchange partition",
       3, "t: exchange partition 2, x: exchange partition 1"},
      {"DROP COLUMN", kTwo, "ALTER TABLE t DROP COLUMN n", "drop column", 2, "t: drop column 2"},
      {"MODIFY", kTwo, "ALTER TABLE t MODIFY n SMALLINT", "modify column", 2, "t: modify column 2"},
      {"CHANGE", kTwo, "ALTER TABLE t CHANGE n m TINYINT", "modify column", 2, "t: modify column 2"},
      {"UPDATE of a primary key", kTwo, "UPDATE t SET id=id+10 WHERE id=1", "delete", 1, "t: key update 1"},
      {"ON DUPLICATE KEY UPDATE of a primary key", kTwo,
       "INSERT INTO t VALUES (1,0) ON DUPLICATE KEY UPDATE id=9", "delete", 1, "t: key update 1"},
      {"a procedure that deletes",
       "CREATE TABLE t (id INT PRIMARY KEY) // INSERT INTO t VALUES (1),(2) // CREATE PROCEDURE q() DELETE "
       "FROM t "
       "WHERE id=2",
       "CALL q()", "delete", 1, "t: delete 1"},
      {"a procedure that truncates",
       "CREATE TABLE t (id INT PRIMARY KEY) // INSERT INTO t VALUES (1),(2) // CREATE PROCEDURE q() TRUNCATE "
       "t",
       "CALL q()", "truncate", 2, "t: truncate 2"},
      {"a trigger that deletes",
       "CREATE TABLE t (id INT PRIMARY KEY) // CREATE TABLE u (id INT PRIMARY KEY) // INSERT INTO t VALUES "
       "(1),(2) // "
       "CREATE TRIGGER g AFTER INSERT ON u FOR EACH ROW DELETE FROM t WHERE id=NEW.id",
       "INSERT INTO u VALUES (2)", "delete", 1, "t: delete 1"},
      {"a table that was swapped in",
       "CREATE TABLE t (id INT PRIMARY KEY) // CREATE TABLE n LIKE t // INSERT INTO n VALUES (1),(2) // "
       "RENAME TABLE t "
       "TO o, n TO t",
       "DELETE FROM t WHERE id=2", "delete", 1, "n: delete 1"},  // its archive came with it
      {"a view",
       "CREATE TABLE t (id INT PRIMARY KEY) // INSERT INTO t VALUES (1),(2) // CREATE VIEW v AS SELECT id "
       "FROM t",
       "DELETE FROM v WHERE id=1", "delete", 1, "t: delete 1"},
      {"without a primary key", "CREATE TABLE t (a INT, b INT) // INSERT INTO t VALUES (1,1),(1,1),(2,NULL)",
       "DELETE FROM t WHERE a=1", "delete", 2, "t: delete 2"},
      {"generated and invisible columns",
       "CREATE TABLE t (id INT PRIMARY KEY, g INT AS (id*2) VIRTUAL, s INT AS (id*3) STORED, h INT INVISIBLE "
       "DEFAULT "
       "7) // INSERT INTO t (id) VALUES (1)",
       "DELETE FROM t WHERE g=2 AND s=3 AND h=7", "delete", 1, "t: delete 1"},
  };
  return all;
}

std::string kept(MirrorPair& pair) {
  std::string out;
  std::istringstream tables(pair.mirror().sql(
      "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA='app_archive' ORDER BY 1"));
  for (std::string table; std::getline(tables, table);) {
    std::istringstream rows(pair.mirror().sql("SELECT dw_reason, COUNT(*) FROM app_archive.`" + table +
                                              "` a JOIN dw_meta.ledger l ON l.log_cursor=a.dw_event AND "
                                              "l.event_at=a.dw_deleted_at GROUP BY 1 ORDER BY 1"));
    for (std::string row; std::getline(rows, row);) {
      const std::size_t tab = row.find('\t');
      out += (out.empty() ? "" : ", ") + table + ": " + row.substr(0, tab) + " " + row.substr(tab + 1);
    }
  }
  return out;
}

// In a schema of its own, from which nothing is left behind.
void check_taking(MirrorPair& pair, const Taking& one) {
  INFO(one.name);
  pair.source().sql("CREATE DATABASE IF NOT EXISTS app");
  pair.source().sql("DELIMITER //\n" + std::string(one.before) + " //\n", "app");
  pair.sync();
  Client client(pair.source(), {.database = "app"});
  REQUIRE(client.query(one.statement) == 0);
  pair.sync();
  CHECK(kept(pair) == one.kept);
  CHECK(pair.mirror().sql(
            "SELECT reason, rows_kept, statement, database_name, thread_id, action, user_host LIKE "
            "'root[root] @ %127.0.0.1%' FROM dw_meta.ledger") ==
        std::string(one.reason) + "\t" + std::to_string(one.rows) + "\t" + one.statement + "\tapp\t" +
            std::to_string(client.thread_id()) + "\tretained\t1\n");
  CHECK(pair.mirror().sql("SELECT SUM(retained) FROM dw_meta.batches") == "1\n");
  CHECK(pair.mirror().sql("SELECT COUNT(*) FROM dw_meta.failures") == "0\n");
  if (one.reason != std::string("drop database")) pair.source().sql("DROP DATABASE app");
  pair.sync();
  pair.mirror().sql(
      "DROP DATABASE app_archive; DROP DATABASE app_all; TRUNCATE dw_meta.ledger; TRUNCATE dw_meta.batches; "
      "TRUNCATE "
      "dw_meta.archives; TRUNCATE dw_meta.archive_views");
}

PairOptions archiving(PairOptions options) {
  options.retention = "archive";
  options.source_server.emplace_back("--log-bin-trust-function-creators=1");
  options.mirror_server.emplace_back("--log-bin-trust-function-creators=1");
  return options;
}

}  // namespace

TEST_CASE("whatever takes rows away has its reason, its place in the log and its row in the ledger") {
  for (const PairOptions& options : all_pairs()) {
    if (!require_server(options.source) || !require_server(options.mirror)) continue;
    DYNAMIC_SECTION(name_of(options)) {
      MirrorPair pair(archiving(options));
      for (const Taking& one : takings()) check_taking(pair, one);
      if (options.source == ServerKind::mariadb)
        check_taking(pair, {"CREATE OR REPLACE TABLE", kTwo, "CREATE OR REPLACE TABLE t (id INT)",
                            "drop table", 2, "t: drop table 2"});
    }
  }
}
