// AUTO_INCREMENT values: which rows take them, and which that are not there in the end took them too.

#include "tests/log_cases/scene.h"

namespace dw::test {
namespace {

constexpr const char* kTable =
    "CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, k INT UNIQUE, v VARCHAR(60)); INSERT INTO t (k) "
    "VALUES (1), (2)";

}  // namespace

std::vector<LogCase> id_cases() {
  return {
      {"bulk inserts take ids in powers of two",
       Outcome::equal,
       {},
       [](Scene& s) {
         s.run("a", kTable);
         s.run("a",
               "INSERT INTO t (v) SELECT v FROM t ORDER BY id; INSERT INTO t (v) SELECT v FROM t ORDER BY "
               "id; INSERT INTO t "
               "(v) VALUES ('next')");
       }},
      {"mixed inserts",
       Outcome::exact,
       {},
       [](Scene& s) {
         s.run("a", kTable);
         s.run("a",
               "INSERT INTO t (id, v) VALUES (NULL, 'a'), (50, 'b'), (NULL, 'c'), (0, 'd'); INSERT INTO t "
               "(v) VALUES "
               "('next')");
       }},
      {"a rolled-back INSERT keeps the ids it took",
       Outcome::exact,
       {},
       [](Scene& s) {
         s.run("a", kTable);
         s.run("a",
               "BEGIN; INSERT INTO t (v) VALUES ('x'), ('y'), ('z'); ROLLBACK; INSERT INTO t (v) VALUES "
               "('next')");
       }},
      {"a rolled-back UPDATE or REPLACE that moved the counter",
       Outcome::exact,
       {},
       [](Scene& s) {
         s.run("a", kTable);
         s.run("a",
               "BEGIN; REPLACE INTO t (k, v) VALUES (1, 'x'); UPDATE t SET id = 70 WHERE k = 2; ROLLBACK; "
               "INSERT INTO t (v) "
               "VALUES ('next')");
       }},
      {"a rolled-back statement sees the rows of those before it",
       Outcome::equal,
       {},
       [](Scene& s) {
         s.run("a", kTable);
         s.run("a", "BEGIN; INSERT INTO t (k) VALUES (7); UPDATE t SET id = id + 40 WHERE k = 7; ROLLBACK");
         s.run("a", "INSERT INTO t (v) VALUES ('next')");
         s.run("b", "BEGIN");
         s.run("b", "INSERT INTO t (k) VALUES (8)");
         s.run("a", "INSERT INTO t (k) VALUES (9)");
         s.run("b", "UPDATE t SET id = id + 40 WHERE k = 8");
         s.run("b", "ROLLBACK");
         s.run("a", "INSERT INTO t (v) VALUES ('next')");
       }},
      {"an INSERT without its parent row, in a session that was reset",
       Outcome::equal,
       {},
       [](Scene& s) {
         s.run("a",
               "CREATE TABLE p (id INT PRIMARY KEY); INSERT INTO p VALUES (1); CREATE TABLE t (id INT "
               "AUTO_INCREMENT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES p (id))");
         static_cast<void>(s.session("a").change_user({.database = "app"}));
         s.fail("a", "INSERT INTO t (p) VALUES (7)");
         s.run("a", "INSERT INTO t (p) VALUES (1)");
         s.fail("a", "INSERT INTO t (p) VALUES (1), (7), (1)");
         s.fail("a", "INSERT INTO t (p) VALUES (7), (1)");
         s.run("a", "INSERT INTO t (p) VALUES (1)");
       }},
      {"an INSERT without its parent row and with SET insert_id, in a session that was reset",
       Outcome::equal,
       {},
       [](Scene& s) {
         s.run("a",
               "CREATE TABLE p (id INT PRIMARY KEY); INSERT INTO p VALUES (1); CREATE TABLE t (id INT "
               "AUTO_INCREMENT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES p (id))");
         static_cast<void>(s.session("a").change_user({.database = "app"}));
         s.run("a", "SET insert_id=50");
         s.fail("a", "INSERT INTO t (p) VALUES (7)");
         s.run("a", "INSERT INTO t (p) VALUES (1)");
         s.run("a", "SET insert_id=60");
         s.run("a", "INSERT INTO t (p) VALUES (1)");  // takes it: the next one has none
         s.fail("a", "INSERT INTO t (p) VALUES (7)");
         s.run("a", "INSERT INTO t (p) VALUES (1)");
       }},
      {"INSERT IGNORE without its parent row, in a session that was reset",
       Outcome::equal,
       {},
       [](Scene& s) {
         s.run("a",
               "CREATE TABLE p (id INT PRIMARY KEY); INSERT INTO p VALUES (1); CREATE TABLE t (id INT "
               "AUTO_INCREMENT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES p (id))");
         static_cast<void>(s.session("a").change_user({.database = "app"}));
         s.run("a", "INSERT IGNORE INTO t (p) VALUES (7)");
         s.run("a", "INSERT INTO t (p) VALUES (1)");
       }},
      {"SET foreign_key_checks=DEFAULT, which turns them off on MySQL",
       Outcome::equal,
       {},
       [](Scene& s) {
         s.run(
             "a",
             "CREATE TABLE p (id INT PRIMARY KEY); CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, p INT, "
             "FOREIGN KEY (p) REFERENCES p (id))");
         s.run("a", "SET foreign_key_checks=DEFAULT");
         const char* orphan = "INSERT INTO t (p) VALUES (7)";
         s.from_mariadb() ? s.fail("a", orphan) : s.run("a", orphan);
       }},
      {"a failed INSERT keeps the ids it took",
       Outcome::equal,
       {},
       [](Scene& s) {
         s.run("a", kTable);
         s.fail("a", "INSERT INTO t (k, v) VALUES (3, 'x'), (1, 'again')");
         s.run("a", "INSERT INTO t (v) VALUES ('next')");
       }},
      {"LAST_INSERT_ID() behind an INSERT that failed, and behind one that it kept from running",
       Outcome::equal,
       {},
       [](Scene& s) {
         s.run("a", kTable);
         s.run("a", "INSERT INTO t (v) VALUES ('first')");
         s.fail("a", "INSERT INTO t (k, v) VALUES (1, 'again')");
         s.run("a", "INSERT INTO t (id, v) VALUES (70 + LAST_INSERT_ID(), 'one')");
         s.fail("a", "INSERT INTO t (k, v) VALUES (1, 'again'); INSERT INTO t (v) VALUES ('never')");
         s.run("a", "INSERT INTO t (id, v) VALUES (80 + LAST_INSERT_ID(), 'two')");
       }},
      {"IGNORE",
       Outcome::exact,
       {},
       [](Scene& s) {
         s.run("a", kTable);
         s.run("a",
               "INSERT IGNORE INTO t (k, v) VALUES (1, 'x'), (3, 'y'), (2, 'z'), (4, 'w'); INSERT INTO t (v) "
               "VALUES ('next')");
       }},
      {"ON DUPLICATE KEY UPDATE",
       Outcome::exact,
       {},
       [](Scene& s) {
         s.run("a", kTable);
         s.run("a",
               "INSERT INTO t (k, v) VALUES (1, 'x'), (3, 'y') ON DUPLICATE KEY UPDATE v = 'again'; INSERT "
               "INTO t (v) VALUES "
               "('next')");
       }},
      {"REPLACE",
       Outcome::exact,
       {},
       [](Scene& s) {
         s.run("a", kTable);
         s.run("a", "REPLACE INTO t (k, v) VALUES (1, 'x'), (2, 'y'); INSERT INTO t (v) VALUES ('next')");
       }},
      {"auto_increment_increment of a session",
       Outcome::exact,
       {},
       [](Scene& s) {
         s.run("a", kTable);
         s.run("a",
               "SET auto_increment_increment = 10, auto_increment_offset = 5; INSERT INTO t (v) VALUES "
               "('x'), ('y')");
         s.run("b", "INSERT INTO t (v) VALUES ('next')");
       }},
      {"ALTER TABLE … AUTO_INCREMENT, TRUNCATE, DELETE of the last row",
       Outcome::exact,
       {},
       [](Scene& s) {
         s.run("a", kTable);
         s.run("a",
               "ALTER TABLE t AUTO_INCREMENT = 100; INSERT INTO t (v) VALUES ('x'); DELETE FROM t WHERE id = "
               "100; INSERT "
               "INTO t (v) VALUES ('y'); CREATE TABLE u LIKE t; INSERT INTO u (v) VALUES ('one'); TRUNCATE "
               "u; INSERT INTO u "
               "(v) VALUES ('one again')");
       }},
      {"rolled-back statements of a session with a temporary table see each other's rows",
       Outcome::equal,
       {},
       [](Scene& s) {
         s.run("a", kTable);
         s.run("b",
               "CREATE TEMPORARY TABLE tmp (a INT); BEGIN; INSERT INTO t (k) VALUES (7); UPDATE t SET id = "
               "id + 20 WHERE k = 7; INSERT INTO t (k) VALUES (8); ROLLBACK");
         s.run("a", "INSERT INTO t (k) VALUES (9)");
       }},
      {"a rolled-back INSERT IGNORE that left out all rows took its ids once",
       Outcome::equal,
       {},
       [](Scene& s) {
         s.run("a", kTable);
         s.run("a", "CREATE TABLE u (v INT)");
         s.run("b",
               "BEGIN; INSERT IGNORE INTO t (id, k) VALUES (0, 1), (NULL, 2); INSERT INTO t (k) VALUES (7)");
         s.run("a", "INSERT INTO u VALUES (1)");
         s.run("b", "UPDATE t SET id = id + 20 WHERE k = 7; ROLLBACK");
         s.run("a", "INSERT INTO t (k) VALUES (9)");
       }},
      {"LAST_INSERT_ID() from before a sync and a statement that failed",
       Outcome::equal,
       {},
       [](Scene& s) {
         s.run("a", kTable);
         s.run("b",
               "INSERT INTO t (v) VALUES ('x'), ('y'); CREATE TEMPORARY TABLE tmp (a INT); SET autocommit = "
               "0");
         s.fail("b", "INSERT INTO missing (v) VALUES ('z')");
         s.sync();
         s.run("b", "UPDATE tmp SET a = a + 1");
         s.fail("b", "INSERT INTO t (missing) VALUES (1)");
         s.run("b", "UPDATE t SET k = LAST_INSERT_ID() + 70 WHERE v = 'y'; COMMIT");
       }},
      {"two sessions by turns: the order is the log's",
       Outcome::exact,
       {},
       [](Scene& s) {
         s.run("a", kTable);
         for (int i = 0; i < 5; ++i) {
           s.run("a", "INSERT INTO t (v) VALUES ('a')");
           s.run("b", "INSERT INTO t (v) VALUES ('b')");
         }
       }},
  };
}

}  // namespace dw::test
