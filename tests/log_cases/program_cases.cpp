// Triggers, functions, procedures and events: what they run is in the log beside what set them off.

#include <chrono>
#include <thread>

#include "tests/log_cases/scene.h"

namespace dw::test {
namespace {

constexpr const char* kTables =
    "CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(60)); CREATE TABLE audit (id INT "
    "AUTO_INCREMENT PRIMARY "
    "KEY, tid INT, v VARCHAR(60)); CREATE TABLE c (n INT NOT NULL); INSERT INTO c VALUES (0)";

void wait_for_rows(Scene& s, const std::string& table) {
  for (int i = 0; i < 200; ++i) {
    if (s.pair().source().sql("SELECT COUNT(*) FROM " + table) != "0\n") return;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

}  // namespace

std::vector<LogCase> program_cases() {
  return {
      {"a procedure that commits, in a transaction that is rolled back",
       Outcome::equal,
       {},
       [](Scene& s) {
         s.run("a", "CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, a INT)");
         s.run("a", "CREATE PROCEDURE p(x INT) BEGIN INSERT INTO t (a) VALUES (x); COMMIT; END");
         s.run("a", "BEGIN; INSERT INTO t (a) VALUES (1); CALL p(2); INSERT INTO t (a) VALUES (3); ROLLBACK");
         s.run("a", "CREATE PROCEDURE r(x INT) BEGIN INSERT INTO t (a) VALUES (x); ROLLBACK; END");
         s.run("a", "BEGIN; INSERT INTO t (a) VALUES (4); CALL r(5); INSERT INTO t (a) VALUES (6); COMMIT");
       }},
      {"a procedure that fails behind its START TRANSACTION leaves that open",
       Outcome::suspect,
       {},
       [](Scene& s) {
         s.run("a", "CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, a INT); CREATE TABLE gone (a INT)");
         s.run("a",
               "CREATE PROCEDURE p(x INT) BEGIN START TRANSACTION; INSERT INTO t (a) VALUES (x); INSERT INTO "
               "gone VALUES (x); COMMIT; END");
         s.run("a", "DROP TABLE gone");
         s.fail("a", "CALL p(1)");
         s.run("a", "INSERT INTO t (a) VALUES (2)");
         s.run("a", "ROLLBACK");
         s.fail("a", "CALL p(3)");
         s.run("a", "INSERT INTO t (a) VALUES (4)");
         s.run("a", "COMMIT");
         s.run("a", "CREATE TABLE u LIKE t; INSERT INTO u SELECT * FROM t");
       }},
      {"a trigger's statement, with NEW left in",
       Outcome::equal,
       {},
       [](Scene& s) {
         s.run("a", kTables);
         s.run("a",
               "CREATE TRIGGER ai AFTER INSERT ON t FOR EACH ROW INSERT INTO audit (tid, v) VALUES (NEW.id, "
               "NEW.v)");
         s.run("a", "INSERT INTO t (v) VALUES ('1'), ('2'); INSERT INTO t (v) SELECT v FROM t");
       }},
      {"a trigger's statement that a client could have sent",
       Outcome::exact,
       {},
       [](Scene& s) {
         s.run("a", kTables);
         s.run("a", "CREATE TRIGGER ai AFTER INSERT ON t FOR EACH ROW update c set n=n+1");
         s.run("a", "INSERT INTO t (v) VALUES ('1'), ('2')");
         s.run("a", "update c set n=n+1");
         s.run("b", "update c set n=n+1");
       }},
      {"triggers of triggers, with control flow",
       Outcome::exact,
       {},
       [](Scene& s) {
         s.run("a", kTables);
         s.run("a",
               "CREATE TRIGGER bu BEFORE UPDATE ON t FOR EACH ROW BEGIN DECLARE x INT DEFAULT 5; IF NEW.id > "
               "1 THEN INSERT "
               "INTO audit (tid, v) VALUES (x + NEW.id, OLD.v); ELSE update c set n=n+10; END IF; END");
         s.run("a", "CREATE TRIGGER aa AFTER INSERT ON audit FOR EACH ROW update c set n=n+1");
         s.run("a",
               "INSERT INTO t (v) VALUES ('1'), ('2'), ('3'); UPDATE t SET v = 'new'; DELETE FROM t WHERE id "
               "= 2");
       }},
      {"REPLACE and ON DUPLICATE KEY fire the triggers of other events too",
       Outcome::exact,
       {},
       [](Scene& s) {
         s.run("a", kTables);
         s.run("a",
               "CREATE TRIGGER bd BEFORE DELETE ON t FOR EACH ROW INSERT INTO audit (tid, v) VALUES (OLD.id, "
               "'deleted')");
         s.run("a",
               "CREATE TRIGGER bu BEFORE UPDATE ON t FOR EACH ROW INSERT INTO audit (tid, v) VALUES (OLD.id, "
               "'updated')");
         s.run("a",
               "INSERT INTO t VALUES (1, 'a'), (2, 'b'); REPLACE INTO t VALUES (1, 'c'); INSERT INTO t "
               "VALUES (2, 'd') ON "
               "DUPLICATE KEY UPDATE v = 'e'");
       }},
      {"functions that write",
       Outcome::exact,
       {},
       [](Scene& s) {
         s.run("a", kTables);
         s.run("a",
               "CREATE FUNCTION f(x INT) RETURNS INT BEGIN DECLARE y VARCHAR(20) DEFAULT 'it''s'; INSERT "
               "INTO audit (tid, "
               "v) VALUES (x, y); update c set n=n+1; RETURN x * 2; END");
         s.run("a",
               "INSERT INTO t (id, v) VALUES (f(5), 'f'); SELECT f(6); SET @r = f(7); DO f(8); UPDATE t SET "
               "v = f(9)");
       }},
      {"CALL is the only row of a procedure",
       Outcome::exact,
       {},
       [](Scene& s) {
         s.run("a", kTables);
         s.run("a",
               "CREATE PROCEDURE p(IN x INT) BEGIN DECLARE i INT DEFAULT 0; WHILE i < x DO INSERT INTO t (v) "
               "VALUES (i); "
               "SET i = i + 1; END WHILE; update c set n=n+1; END");
         s.run("a", "CALL p(3)");
         s.run("a", "SET @n = 2; CALL p(@n)");
       }},
      {"a procedure with its own transactions",
       Outcome::exact,
       {},
       [](Scene& s) {
         s.run("a", kTables);
         s.run("a",
               "CREATE PROCEDURE p() BEGIN START TRANSACTION; INSERT INTO t (v) VALUES ('undone'); ROLLBACK; "
               "START "
               "TRANSACTION; INSERT INTO t (v) VALUES ('kept'); COMMIT; END");
         s.run("a", "CALL p()");
       }},
      {"a procedure with its own transactions, inside one",
       Outcome::exact,
       {},
       [](Scene& s) {
         s.run("a", kTables);
         s.run(
             "a",
             "CREATE PROCEDURE p() BEGIN START TRANSACTION; INSERT INTO t (v) VALUES ('kept'); COMMIT; END");
         s.run("a",
               "BEGIN; INSERT INTO t (v) VALUES ('before'); CALL p(); INSERT INTO t (v) VALUES ('behind'); "
               "ROLLBACK");
         s.run("b", "SET autocommit=0; INSERT INTO t (v) VALUES ('before'); CALL p()");
         s.run("b", "INSERT INTO t (v) VALUES ('undone'); ROLLBACK");
       }},
      {"a procedure that fails in its own transaction leaves it to the session",
       Outcome::equal,
       {},
       [](Scene& s) {
         s.run("a", kTables);
         s.run("a",
               "CREATE PROCEDURE p() BEGIN START TRANSACTION; INSERT INTO t (v) VALUES ('p'); INSERT INTO t "
               "(id) VALUES (1), (1); COMMIT; END");
         s.run("a", "BEGIN; INSERT INTO t (v) VALUES ('before')");
         s.fail("a", "CALL p()");
         s.run("a", "INSERT INTO t (v) VALUES ('undone'); ROLLBACK; INSERT INTO t (v) VALUES ('behind')");
         s.fail("b", "CALL p()");
         s.run("b", "INSERT INTO t (v) VALUES ('kept')");
         s.run("b", "COMMIT");
       }},
      {"a function's statement in doubt, and what it fires",
       Outcome::suspect,
       {"app.t", "app.c"},
       [](Scene& s) {
         s.run("a", kTables);
         s.run("a", "CREATE TRIGGER tr AFTER INSERT ON t FOR EACH ROW UPDATE c SET n=n+1");
         s.run("a",
               "CREATE FUNCTION f(x INT) RETURNS INT MODIFIES SQL DATA BEGIN IF x > 8 THEN INSERT INTO t (v) "
               "VALUES ('f'); END IF; RETURN x; END");
         s.run("a", "DO f(9)");
       }},
      {"MariaDB with log_disabled_statements empty: the inner rows of CALL are in the log",
       Outcome::exact,
       {},
       [](Scene& s) {
         s.run("a", kTables);
         s.run("a",
               "CREATE PROCEDURE p(IN x INT) BEGIN DECLARE y INT DEFAULT 7; INSERT INTO t (v) VALUES (x), "
               "(y); update c set "
               "n=n+1; END");
         if (s.from_mariadb()) {
           s.connect("b", {.database = "app"});
           s.run("b", "SET SESSION log_disabled_statements = ''");
         }
         s.run("b", "CALL p(3); CALL p(4)");
       }},
      {"a scheduled event's statement has no database",
       Outcome::exact,
       {},
       [](Scene& s) {
         s.run("a", kTables);
         s.run("a", "SET GLOBAL event_scheduler = ON");
         s.run("a",
               "CREATE EVENT e ON SCHEDULE AT CURRENT_TIMESTAMP DO INSERT INTO audit (tid, v) VALUES (1, 'by "
               "e')");
         wait_for_rows(s, "app.audit");
         s.run("a", "SET GLOBAL event_scheduler = OFF");
       }},
      {"a scheduled event with a body",
       Outcome::exact,
       {},
       [](Scene& s) {
         s.run("a", kTables);
         s.run("a", "SET GLOBAL event_scheduler = ON");
         s.run("a",
               "CREATE EVENT e ON SCHEDULE AT CURRENT_TIMESTAMP DO BEGIN DECLARE x INT DEFAULT 4; update c "
               "set n=n+x; INSERT "
               "INTO audit (tid, v) VALUES (x, 'by e'); END");
         wait_for_rows(s, "app.audit");
         s.run("a", "SET GLOBAL event_scheduler = OFF");
       }},
  };
}

}  // namespace dw::test
