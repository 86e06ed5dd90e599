// Sessions and transactions: what came to an end, and how.

#include <chrono>
#include <stdexcept>
#include <thread>

#include "tests/log_cases/scene.h"

namespace dw::test {
namespace {

constexpr const char* kTable = "CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(60))";

}  // namespace

std::vector<LogCase> transaction_cases() {
  return {
      {"USE and COM_INIT_DB of a schema that was not there: the session stays where it was",
       Outcome::equal,
       {},
       [](Scene& s) {
         s.run("a", "CREATE TABLE t (id INT PRIMARY KEY)");
         s.run("a", "DROP DATABASE other");
         s.sync();
         s.fail("a", "USE other");
         s.run("a", "INSERT INTO t VALUES (1)");
         s.sync();
         s.run("a", "INSERT INTO t VALUES (2)");
         s.fail("a", "USE other; INSERT INTO t VALUES (3)");
         s.run("a", "INSERT INTO t VALUES (4)");
         s.run("b", "CREATE DATABASE other");
         s.run("a", "USE other");
         s.run("a", "CREATE TABLE u (id INT PRIMARY KEY); INSERT INTO u VALUES (5)");
       }},
      {"COMMIT and ROLLBACK, with the ids that the rolled-back rows took",
       Outcome::exact,
       {},
       [](Scene& s) {
         s.run("a", kTable);
         s.run("a", "BEGIN; INSERT INTO t (v) VALUES ('kept'); COMMIT");
         s.run("a",
               "START TRANSACTION; INSERT INTO t (v) VALUES ('undone'), ('too'); UPDATE t SET v = 'x'; "
               "ROLLBACK");
         s.run("a", "INSERT INTO t (v) VALUES ('behind')");
       }},
      {"AND CHAIN, RELEASE",
       Outcome::exact,
       {},
       [](Scene& s) {
         s.run("a", kTable);
         s.run("a",
               "BEGIN; INSERT INTO t (v) VALUES ('1'); COMMIT AND CHAIN; INSERT INTO t (v) VALUES ('2'); "
               "ROLLBACK AND "
               "CHAIN; INSERT INTO t (v) VALUES ('3'); COMMIT");
         s.run("b", "BEGIN; INSERT INTO t (v) VALUES ('4'); COMMIT RELEASE");
       }},
      {"autocommit=0",
       Outcome::exact,
       {},
       [](Scene& s) {
         s.run("a", kTable);
         s.run("a",
               "SET autocommit = 0; INSERT INTO t (v) VALUES ('1'); ROLLBACK; INSERT INTO t (v) VALUES "
               "('2'); COMMIT");
         s.run("a", "INSERT INTO t (v) VALUES ('3'); SET autocommit = 1");
         s.run("b", "SET @@session.autocommit = OFF; INSERT INTO t (v) VALUES ('4')");
         s.quit("b");
       }},
      {"savepoints",
       Outcome::exact,
       {},
       [](Scene& s) {
         s.run("a", kTable);
         s.run("a",
               "BEGIN; INSERT INTO t (v) VALUES ('1'); SAVEPOINT one; INSERT INTO t (v) VALUES ('2'); "
               "SAVEPOINT `two`; "
               "INSERT INTO t (v) VALUES ('3'); ROLLBACK TO SAVEPOINT Two; INSERT INTO t (v) VALUES ('4'); "
               "RELEASE SAVEPOINT "
               "one; INSERT INTO t (v) VALUES ('5'); COMMIT");
         s.run("a", "BEGIN; INSERT INTO t (v) VALUES ('6'); SAVEPOINT s; INSERT INTO t (v) VALUES ('7')");
         s.fail("a", "ROLLBACK TO nosuch");
         s.run("a", "ROLLBACK TO s; COMMIT");
       }},
      {"DDL inside a transaction commits it",
       Outcome::exact,
       {},
       [](Scene& s) {
         s.run("a", kTable);
         s.run("a",
               "BEGIN; INSERT INTO t (v) VALUES ('1'); CREATE TABLE u (id INT); INSERT INTO t (v) VALUES "
               "('2'); ROLLBACK");
       }},
      {"CREATE TEMPORARY TABLE does not commit",
       Outcome::exact,
       {},
       [](Scene& s) {
         s.run("a", kTable);
         s.run("a",
               "BEGIN; INSERT INTO t (v) VALUES ('1'); CREATE TEMPORARY TABLE u (id INT); DROP TEMPORARY "
               "TABLE u; ROLLBACK");
       }},
      {"LOCK TABLES commits",
       Outcome::exact,
       {},
       [](Scene& s) {
         s.run("a", kTable);
         s.run("a",
               "BEGIN; INSERT INTO t (v) VALUES ('1'); LOCK TABLES t WRITE; INSERT INTO t (v) VALUES ('2'); "
               "UNLOCK TABLES; "
               "BEGIN; INSERT INTO t (v) VALUES ('3'); UNLOCK TABLES; ROLLBACK");
       }},
      {"under LOCK TABLES only what is locked can be changed",
       Outcome::equal,
       {},
       [](Scene& s) {
         s.run("a", kTable);
         s.run("a", "CREATE TABLE u LIKE t; CREATE TABLE w LIKE t; INSERT INTO u (v) VALUES ('1')");
         s.run("a", "CREATE TEMPORARY TABLE tmp (v INT); LOCK TABLES t WRITE, w READ");
         s.fail("a", "UPDATE u SET v='2'");
         s.fail("a", "INSERT INTO w (v) VALUES ('2')");
         s.run("a", "INSERT INTO tmp VALUES (7)");
         s.run("a", "INSERT INTO t (v) SELECT v FROM tmp");
         s.run("a", "UNLOCK TABLES; UPDATE u SET v='3'; INSERT INTO w (v) VALUES ('3')");
         s.fail("b", "LOCK TABLES no_such_table WRITE");
         s.run("b", "UPDATE u SET v='4'");
       }},
      {"XA",
       Outcome::exact,
       {},
       [](Scene& s) {
         s.run("a", kTable);
         s.run("a",
               "XA START 'one'; INSERT INTO t (v) VALUES ('1'); XA END 'one'; XA PREPARE 'one'; XA COMMIT "
               "'one'");
         s.run("a", "XA START 'two'; INSERT INTO t (v) VALUES ('2'); XA END 'two'; XA ROLLBACK 'two'");
         s.run("a",
               "XA BEGIN 'three', 'b', 5; INSERT INTO t (v) VALUES ('3'); XA END 'three', 'b', 5; XA COMMIT "
               "'three', 'b', "
               "5 ONE PHASE");
       }},
      {"a procedure that would end its transaction, called in XA, fails and leaves it open",
       Outcome::equal,
       {},
       [](Scene& s) {
         s.run("a", kTable);
         s.run("a", "CREATE PROCEDURE p() BEGIN COMMIT; INSERT INTO t (v) VALUES ('never'); END");
         s.run("a", "XA START 'one'");
         s.fail("a", "CALL p()");
         s.run("a", "INSERT INTO t (v) VALUES ('undone'); XA END 'one'; XA ROLLBACK 'one'");
         s.run("a", "INSERT INTO t (v) VALUES ('kept')");
       }},
      {"a disconnect rolls back",
       Outcome::exact,
       {},
       [](Scene& s) {
         s.run("a", kTable);
         s.run("b", "BEGIN; INSERT INTO t (v) VALUES ('undone')");
         s.quit("b");
         s.run("a", "INSERT INTO t (v) VALUES ('kept')");
       }},
      {"a killed client leaves no Quit row",
       Outcome::exact,
       {},
       [](Scene& s) {
         s.run("a", kTable);
         s.run("b", "BEGIN; INSERT INTO t (v) VALUES ('undone')");
         s.kill("b");
         s.run("a", "INSERT INTO t (v) VALUES ('kept')");
       }},
      {"a client whose machine dies",
       Outcome::exact,
       {},
       [](Scene& s) {
         s.run("a", kTable);
         s.run("b", "BEGIN; INSERT INTO t (v) VALUES ('undone')");
         s.session("b").cut();
         s.run("a", "INSERT INTO t (v) VALUES ('kept')");
       }},
      {"a server's crash rolls back what was open, and threads are numbered anew",
       Outcome::equal,
       {},
       [](Scene& s) {
         s.run("a", kTable);
         s.run("a", "INSERT INTO t (id, v) VALUES (1, 'kept')");
         s.run("b", "BEGIN; INSERT INTO t (id, v) VALUES (2, 'undone')");
         s.sync();
         s.crash_source();
         s.run("c", "INSERT INTO t (id, v) VALUES (3, 'after')");
         s.run("d", "INSERT INTO t (id, v) VALUES (4, 'after')");
       }},
      {"a transaction over several batches",
       Outcome::exact,
       {},
       [](Scene& s) {
         s.run("a", kTable);
         s.run("b", "BEGIN; INSERT INTO t (v) VALUES ('1')");
         s.sync();
         s.run("a", "INSERT INTO t (v) VALUES ('2')");
         s.run("b", "INSERT INTO t (v) VALUES ('3')");
         s.sync();
         s.run("b", "COMMIT");
       }},
      {"a deadlock leaves no trace but a BEGIN inside a transaction",
       Outcome::suspect,
       {"app.t"},
       [](Scene& s) {
         s.run("a", kTable);
         s.run("a", "INSERT INTO t (v) VALUES ('1'), ('2')");
         s.run("a", "BEGIN; UPDATE t SET v = 'by a' WHERE id = 1");
         s.run("b", "BEGIN; UPDATE t SET v = 'by b' WHERE id = 2");
         Client& a = s.session("a");
         Client& b = s.session("b");
         unsigned a_error = 0;
         std::thread waits([&] { a_error = a.query("UPDATE t SET v = 'by a' WHERE id = 2"); });
         while (s.pair().source().sql(
                    "SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'") ==
                "0\n")
           std::this_thread::sleep_for(std::chrono::milliseconds(150));
         const unsigned b_error = b.query("UPDATE t SET v = 'by b' WHERE id = 1");
         waits.join();
         if ((a_error == 0) == (b_error == 0)) throw std::runtime_error("no deadlock came about");
         // The victim goes on as if nothing had happened.
         s.run(a_error == 0 ? "a" : "b", "COMMIT");
         s.run(a_error == 0 ? "b" : "a", "BEGIN; INSERT INTO t (v) VALUES ('again'); COMMIT");
       }},
      // Neither has a row of its own: that no transaction is open is seen from the server's list of them.
      {"a connection that is reset inside a transaction",
       Outcome::suspect,
       {"app.t"},
       [](Scene& s) {
         s.run("a", kTable);
         s.run("b", "BEGIN; INSERT INTO t (id, v) VALUES (10, 'undone')");
         s.session("b").reset_connection();
         s.run("b", "INSERT INTO t (id, v) VALUES (11, 'kept')");
         std::this_thread::sleep_for(std::chrono::milliseconds(1500));
         s.sync();
         s.run("b", "INSERT INTO t (id, v) VALUES (12, 'kept')");
       }},
      {"failed statements inside a transaction",
       Outcome::equal,
       {},
       [](Scene& s) {
         s.run("a", kTable);
         s.run("a", "INSERT INTO t VALUES (5, 'five')");
         s.run("a", "BEGIN; INSERT INTO t (v) VALUES ('six')");
         s.fail("a", "INSERT INTO t VALUES (7, 'seven'), (5, 'again')");
         s.fail("a", "INSERT INTO nosuch VALUES (1)");
         s.run("a", "INSERT INTO t (v) VALUES ('eight?'); COMMIT");
       }},
  };
}

}  // namespace dw::test
