// Values that a statement's text does not hold: they come from the session.

#include "tests/log_cases/scene.h"

namespace dw::test {
namespace {

constexpr const char* kTable = "CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(60))";

}  // namespace

std::vector<LogCase> value_cases() {
  return {
      {"a user variable of bytes that are no text, from one run to the next",
       Outcome::equal,
       {},
       [](Scene& s) {
         s.run("a", "CREATE TABLE t (id INT PRIMARY KEY, b VARBINARY(20))");
         s.run("a", "SET @p = '\xE4\xF6'");
         s.sync();
         s.run("a", "INSERT INTO t VALUES (1, @p)");
       }},
      {"temporary tables inside an XA transaction, which MySQL refuses",
       Outcome::equal,
       {},
       [](Scene& s) {
         s.run("a", "CREATE TABLE t (id INT PRIMARY KEY); CREATE TEMPORARY TABLE own (id INT)");
         s.run("a", "XA START 'x'");
         static_cast<void>(s.session("a").query("INSERT INTO own VALUES (1)"));
         s.run("a", "INSERT INTO t VALUES (5)");
         s.run("a", "XA END 'x'");
         s.run("a", "XA COMMIT 'x' ONE PHASE");
         s.run("a", "INSERT INTO t SELECT id FROM own");
       }},
      {"NOW(6) and CURRENT_TIMESTAMP(6) are not in the log",
       Outcome::suspect,
       {"app.t", "app.u"},
       [](Scene& s) {
         s.run("a",
               "CREATE TABLE t (id INT PRIMARY KEY, at DATETIME(6)); CREATE TABLE u (id INT PRIMARY KEY, at "
               "DATETIME(6) "
               "DEFAULT CURRENT_TIMESTAMP(6))");
         s.run("a", "INSERT INTO t VALUES (1, NOW(6)); INSERT INTO u (id) VALUES (1)");
       }},
      {"SET timestamp by the client, with microseconds",
       Outcome::exact,
       {},
       [](Scene& s) {
         s.run("a", "CREATE TABLE t (id INT PRIMARY KEY, at DATETIME)");
         s.run("a",
               "SET timestamp = 1700000000.123456; INSERT INTO t VALUES (1, NOW()); SET @@timestamp = "
               "1600000000; INSERT "
               "INTO t VALUES (2, NOW())");
       }},
      // It was taken for one that turned with the server's second.
      {"SET timestamp by the client, just behind the turn of a second",
       Outcome::exact,
       {},
       [](Scene& s) {
         s.run("a", "CREATE TABLE t (id INT PRIMARY KEY, at DATETIME)");
         s.run("a", "SET timestamp = 1700000000");
         for (int id = 1; id <= 3; ++id)
           s.run("a", "DO SLEEP(1.0002 - MICROSECOND(SYSDATE(6)) / 1000000); INSERT INTO t VALUES (" +
                          std::to_string(id) + ", NOW())");
       }},
      {"session time zones",
       Outcome::exact,
       {},
       [](Scene& s) {
         s.run("a", "CREATE TABLE t (id INT PRIMARY KEY, at TIMESTAMP NULL, d DATETIME)");
         s.run("a",
               "SET time_zone = '+05:00'; INSERT INTO t VALUES (1, '2024-01-01 00:00:00', '2024-01-01 "
               "00:00:00')");
         s.run("b",
               "SET time_zone = '-03:00'; INSERT INTO t VALUES (2, '2024-01-01 00:00:00', '2024-01-01 "
               "00:00:00')");
         s.run("a", "INSERT INTO t VALUES (3, FROM_UNIXTIME(1700000000), FROM_UNIXTIME(1700000000))");
         s.run("c", "INSERT INTO t VALUES (4, '2024-01-01 00:00:00', '2024-01-01 00:00:00')");
       }},
      {"user variables of two sessions",
       Outcome::exact,
       {},
       [](Scene& s) {
         s.run("a", kTable);
         s.run("a", "SET @x = 'of a', @n = 5");
         s.run("b", "SET @x = 'of b'; SELECT 7 INTO @n");
         s.run("a", "INSERT INTO t VALUES (@n, @x)");
         s.run("b", "INSERT INTO t VALUES (@n, @x)");
         s.sync();
         s.run("a", "INSERT INTO t VALUES (@n + 10, @x)");
         s.run("b", "INSERT INTO t VALUES (@n + 10, @x); INSERT INTO t VALUES (30, @nosuch)");
       }},
      {"SET insert_id, left over by statements that take no id",
       Outcome::equal,
       {},
       [](Scene& s) {
         s.run("a", "CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, v INT NOT NULL)");
         s.run("b", "INSERT INTO t (v) VALUES (1)");
         s.run("a", "SET insert_id = 50");
         s.run("a", "INSERT INTO t (id, v) VALUES (3, 1)");
         s.fail("a", "INSERT INTO t (v) VALUES (1, 2)");
         s.run("b", "INSERT INTO t (v) VALUES (2)");
         s.sync();
         s.run("b", "INSERT INTO t (v) VALUES (3)");
         s.run("a", "CREATE TABLE other (id INT AUTO_INCREMENT PRIMARY KEY)");
         s.run("a", "INSERT INTO t (v) VALUES (4)");
         s.run("a", "INSERT INTO t (v) VALUES (5)");
         s.run("a", "SET insert_id = 80");
         s.fail("a", "INSERT INTO t (v) VALUES (1, 2)");
         s.run("a", "SET insert_id = 90");
         s.run("b", "INSERT INTO t (v) VALUES (6)");
         s.run("a", "INSERT INTO t (v) VALUES (7)");
         s.run("a", "SET insert_id = 60");
         s.run("a", "DELETE FROM t WHERE v = 1");
         s.quit("a");
         s.run("b", "INSERT INTO t (v) VALUES (8)");
       }},
      {"SET insert_id taken by a trigger of an UPDATE",
       Outcome::equal,
       {},
       [](Scene& s) {
         s.run("a", kTable);
         s.run("a", "CREATE TABLE audit (id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(60))");
         s.run("a", "CREATE TRIGGER g AFTER UPDATE ON t FOR EACH ROW INSERT INTO audit (v) VALUES (NEW.v)");
         s.run("a", "INSERT INTO t (v) VALUES ('x')");
         s.run("a", "SET insert_id = 40");
         s.run("a", "UPDATE t SET v = 'y'");
         s.run("a", "INSERT INTO t (v) VALUES ('z')");
       }},
      {"LAST_INSERT_ID() of two sessions",
       Outcome::exact,
       {},
       [](Scene& s) {
         s.run("a", kTable);
         s.run("a", "CREATE TABLE child (parent INT, who VARCHAR(20))");
         s.run("a", "INSERT INTO t (v) VALUES ('a')");
         s.run("b", "INSERT INTO t (v) VALUES ('b'), ('b')");
         s.run("a", "INSERT INTO child VALUES (LAST_INSERT_ID(), 'a')");
         s.run("b", "INSERT INTO child VALUES (LAST_INSERT_ID(), 'b')");
         s.sync();
         s.run("a", "INSERT INTO child VALUES (LAST_INSERT_ID(), 'a again')");
         s.run("b", "INSERT INTO child VALUES (LAST_INSERT_ID(), 'b again')");
       }},
      {"temporary tables that are made or renamed right behind a statement that failed",
       Outcome::suspect,
       {"app.t"},
       [](Scene& s) {
         s.run("a", "CREATE TABLE t (id INT PRIMARY KEY)");
         s.run("a",
               "CREATE TABLE u (id INT PRIMARY KEY); INSERT INTO t VALUES (1); INSERT INTO u VALUES (1)");
         s.fail("a", "INSERT INTO t VALUES (1)");
         s.run("a", "CREATE TEMPORARY TABLE u (id INT PRIMARY KEY)");
         s.run("a", "INSERT INTO u VALUES (2)");
         s.run("b", "INSERT INTO u VALUES (3)");
         s.fail("a", "INSERT INTO t VALUES (1)");
         s.run("a", "ALTER TABLE u RENAME TO w");
         s.sync();
         s.run("a", "INSERT INTO u VALUES (4); INSERT INTO u SELECT id + 10 FROM w");
         s.run("b", "INSERT INTO u VALUES (5)");
       }},
      {"temporary tables, also from one run to the next",
       Outcome::equal,
       {},
       [](Scene& s) {
         s.run("a", kTable);
         s.run("a", "INSERT INTO t (v) VALUES ('permanent')");
         s.run("b",
               "CREATE TEMPORARY TABLE t (id INT, v VARCHAR(60)); INSERT INTO t VALUES (9, 'temporary')");
         s.run("a", "INSERT INTO t (v) VALUES ('permanent too')");
         s.run("b", "INSERT INTO t VALUES (10, 'temporary too'); CREATE TABLE u SELECT * FROM t");
         s.sync();
         s.run("a", "INSERT INTO t (v) VALUES ('permanent yet')");
         s.run("b",
               "INSERT INTO u SELECT id + 20, v FROM t; DROP TABLE t; INSERT INTO t (v) VALUES ('b, "
               "permanent')");
       }},
      {"temporary tables: one made behind a statement that failed hides the permanent one",
       Outcome::equal,
       {},
       [](Scene& s) {
         s.run("a",
               "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(60)); INSERT INTO t VALUES (1, 'permanent')");
         s.fail("b", "INSERT INTO t VALUES (1, 'twice')");
         s.run("b", "CREATE TEMPORARY TABLE t (v VARCHAR(60))");
         s.run("b", "INSERT INTO t VALUES ('temporary')");
         s.run("b", "DELETE FROM t");
       }},
      {"sql_mode: quotes, backslashes, strictness, zero ids",
       Outcome::exact,
       {},
       [](Scene& s) {
         s.run("a", kTable);
         s.run("a",
               "SET sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT'; INSERT INTO \"t\" (\"v\") VALUES ('a' || 'b')");
         s.run("a", "SET sql_mode = 'NO_BACKSLASH_ESCAPES'; INSERT INTO t (v) VALUES ('a\\'), ('\\n')");
         s.run("a", "SET sql_mode = ''; INSERT INTO t (v) VALUES (REPEAT('x', 100))");
         s.run("a", "SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO'; INSERT INTO t (id, v) VALUES (0, 'zero')");
         s.run("a",
               "SET @old = @@sql_mode, sql_mode = CONCAT(@@sql_mode, ',ANSI_QUOTES'); INSERT INTO t (v) "
               "VALUES ('\"');"
               "INSERT INTO \"t\" (v) VALUES ('ansi'); SET sql_mode = @old; INSERT INTO t (v) VALUES "
               "(\"plain\")");
       }},
      {"foreign_key_checks and unique_checks",
       Outcome::equal,
       {},
       [](Scene& s) {
         s.run("a",
               "CREATE TABLE p (id INT PRIMARY KEY); CREATE TABLE c (id INT PRIMARY KEY, p INT, FOREIGN KEY "
               "(p) REFERENCES p "
               "(id))");
         s.run("a", "SET foreign_key_checks = 0; INSERT INTO c VALUES (1, 5); SET foreign_key_checks = 1");
         s.fail("a", "INSERT INTO c VALUES (2, 6)");
         s.run("a", "INSERT INTO p VALUES (6); INSERT INTO c VALUES (2, 6)");
       }},
      {"UUID(), RAND(), CONNECTION_ID()",
       Outcome::suspect,
       {"app.t", "app.u", "app.w"},
       [](Scene& s) {
         s.run("a",
               "CREATE TABLE t (v VARCHAR(60)); CREATE TABLE u (v DOUBLE); CREATE TABLE w (v INT); CREATE "
               "TABLE x (v INT)");
         s.run("a",
               "INSERT INTO t VALUES (UUID()); INSERT INTO u VALUES (RAND()); INSERT INTO w VALUES "
               "(CONNECTION_ID()); "
               "INSERT INTO x VALUES (1)");
       }},
      {"RAND with a seed",
       Outcome::exact,
       {},
       [](Scene& s) { s.run("a", "CREATE TABLE u (v DOUBLE); INSERT INTO u VALUES (RAND(5))"); }},
      {"SET insert_id",
       Outcome::exact,
       {},
       [](Scene& s) {
         s.run("a", kTable);
         s.run("a",
               "SET insert_id = 50; INSERT INTO t (v) VALUES ('fifty'); INSERT INTO t (v) VALUES ('next')");
       }},
      {"collations and JSON of MySQL",
       Outcome::equal,
       {},
       [](Scene& s) {
         const std::string collation = s.from_mariadb() ? "utf8mb4_general_ci" : "utf8mb4_0900_ai_ci";
         s.run("a", "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(60) COLLATE " + collation +
                        ", j LONGTEXT, UNIQUE (v)) DEFAULT CHARSET=utf8mb4 COLLATE=" + collation);
         s.run("a", "INSERT INTO t VALUES (1, 'a', '{\"k\": [1, 2]}')");
         s.fail("a", "INSERT INTO t VALUES (2, 'A', NULL)");
         s.run("a", "UPDATE t SET v = 'b' WHERE v = 'A'");
       }},
      {"MySQL's row alias in ON DUPLICATE KEY UPDATE, and ->>",
       Outcome::equal,
       {},
       [](Scene& s) {
         s.run("a", "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(60), j JSON)");
         s.run("a", "INSERT INTO t VALUES (1, 'a', '{\"k\": \"x\"}')");
         if (s.from_mariadb()) return;
         s.run("a", "INSERT INTO t VALUES (1, 'new', NULL) AS fresh ON DUPLICATE KEY UPDATE v = fresh.v");
         s.run("a", "UPDATE t SET v = CONCAT(v, j->>'$.k') WHERE j->'$.k' = 'x'");
         s.run("a", "UPDATE t SET j = NULL");
       }},
      {"a statement that the mirror cannot understand",
       Outcome::suspect,
       {},
       [](Scene& s) {
         s.run("a", "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(60)); CREATE TABLE u (id INT)");
         if (!s.from_mariadb())
           s.run("a",
                 "INSERT INTO t SELECT 1, BIN_TO_UUID(UUID_TO_BIN('6ccd780c-baba-1026-9564-5b8c656024db'))");
         s.run("a", "INSERT INTO u VALUES (1)");
       }},
  };
}

}  // namespace dw::test
