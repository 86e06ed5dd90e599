// What begins and ends transactions: each sequence gave these rows on MariaDB 10.11 and MySQL 9.7, and
// tests/integration/implicit_commit_test.cpp asks the servers again.

#include "loader/plan/transaction_rules.h"

#include "tests/support/catch.h"
#include "tests/unit/plan_log.h"

using namespace dw;
using namespace dw::load;
using namespace dw::test;

namespace {

// Which of the changes "a=N" of one session take place, in their order.
std::string kept(const std::vector<std::string>& statements) {
  Log log;
  log.connect(1);
  for (const std::string& one : statements) log.query(1, one);
  log.quit(1);
  std::string out;
  for (const Unit& unit : log.plan().units) {
    const auto at = unit.statement.text.find("a=");
    if (unit.is_statement && at != std::string_view::npos && unit.treatment == Treatment::run)
      out += unit.statement.text.substr(at + 2);
  }
  return out;
}

const std::string k1 = "update t set a=1";
const std::string k2 = "update t set a=2";
const std::string k3 = "update t set a=3";

}  // namespace

TEST_CASE("READ ONLY refuses every change, until DDL or its end") {
  CHECK(kept({"START TRANSACTION READ ONLY", k1, "COMMIT", k2}) == "2");
  CHECK(kept({"START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY", k1, "COMMIT AND CHAIN", k2, "COMMIT"})
            .empty());
  CHECK(kept({"START TRANSACTION READ ONLY", "CREATE TABLE x (i int)", k1}) == "1");
  CHECK(kept({"START TRANSACTION READ WRITE", k1, "COMMIT"}) == "1");
}

TEST_CASE("UNLOCK TABLES commits behind LOCK TABLES alone") {
  CHECK(kept({"SET autocommit=0", "LOCK TABLES t WRITE", k1, "UNLOCK TABLES", "ROLLBACK"}) == "1");
  CHECK(kept({"SET autocommit=0", k1, "UNLOCK TABLES", "ROLLBACK"}).empty());
  CHECK(kept({"LOCK TABLES t WRITE", "BEGIN", k1, "UNLOCK TABLES", "ROLLBACK"}).empty());
  CHECK(kept({"SET autocommit=0", "LOCK TABLES t WRITE", k1, "ROLLBACK", k2, "UNLOCK TABLES", "ROLLBACK"}) ==
        "2");
}

TEST_CASE("autocommit in every spelling") {
  CHECK(kept({"BEGIN", k1, "SET autocommit=1", "ROLLBACK"}).empty());
  CHECK(kept({"BEGIN", k1, "SET autocommit=0", "SET @@autocommit=1", "ROLLBACK"}) == "1");
  CHECK(kept({"SET @@SESSION.autocommit = OFF", k1, "SET LOCAL autocommit=0", "ROLLBACK"}).empty());
  CHECK(kept({"SET autocommit=0, @x=1, autocommit=1", k1, "ROLLBACK"}) == "1");
  CHECK(kept({"SET autocommit=0", k1, "SET autocommit=1, autocommit=0", "ROLLBACK", k2, "ROLLBACK"}) == "1");
  CHECK(kept({"SET autocommit=0", k1, "SET autocommit=DEFAULT", "ROLLBACK", k2}) == "12");
  CHECK(kept({"SET @old=@@autocommit, autocommit=0", k1, "SET autocommit=@old", "ROLLBACK"}) == "1");
  CHECK(kept({"SET GLOBAL autocommit=0", k1, "ROLLBACK"}) == "1");
}

TEST_CASE("savepoints: names used again, released, not known, and set before anything") {
  CHECK(kept({"SET autocommit=0", "SAVEPOINT s", k1, "ROLLBACK TO s", "COMMIT"}).empty());
  CHECK(kept({"BEGIN", "SAVEPOINT a", k1, "SAVEPOINT b", k2, "SAVEPOINT a", k3, "ROLLBACK TO b",
              "ROLLBACK TO a", "COMMIT"}) == "1");
  CHECK(kept({"BEGIN", "SAVEPOINT a", k1, "SAVEPOINT b", k2, "RELEASE SAVEPOINT a", "ROLLBACK TO b",
              "COMMIT"}) == "12");
  CHECK(kept({"BEGIN", "SAVEPOINT a", k1, "ROLLBACK TO a", k2, "ROLLBACK TO A", "COMMIT"}).empty());
  CHECK(kept({"BEGIN", k1, "ROLLBACK TO nosuch", "COMMIT"}) == "1");
}

TEST_CASE("a savepoint from an earlier batch is known, and another name is not") {
  const SessionTable sessions = Log().connect(1).query(1, "BEGIN").query(1, "SAVEPOINT a").sessions();
  Log known;
  known.query(1, k1).query(1, "ROLLBACK TO a").query(1, "COMMIT");
  CHECK(treatments(known.plan(sessions), "a=1") == Treatments{Treatment::run_and_undo});
  Log other;
  other.query(1, k1).query(1, "ROLLBACK TO b").query(1, "COMMIT");
  CHECK(treatments(other.plan(sessions), "a=1") == Treatments{Treatment::run});
}

TEST_CASE("CHAIN opens the next one, RELEASE ends the session without a Quit row") {
  CHECK(kept({"BEGIN", k1, "COMMIT AND CHAIN", k2, "ROLLBACK AND CHAIN", k3, "ROLLBACK"}) == "1");
  CHECK(kept({"COMMIT AND CHAIN", k2, "ROLLBACK"}).empty());
  CHECK(kept({"BEGIN", k1, "COMMIT AND NO CHAIN NO RELEASE", k2}) == "12");
  SessionTable sessions = Log().connect(1).query(1, "BEGIN").query(1, "COMMIT RELEASE").sessions();
  CHECK(sessions.find(1) == nullptr);
}

TEST_CASE("between XA START and XA END nothing else ends the transaction, and behind it nothing is done") {
  CHECK(kept({"XA START 'x'", k1, "COMMIT", "ROLLBACK", "BEGIN", "SET autocommit=0", "SET autocommit=1",
              "TRUNCATE t", "XA ROLLBACK 'x'", "XA END 'y'", "XA END 'x'", k2, "XA COMMIT 'x'",
              "XA COMMIT 'x' ONE PHASE", k3, "COMMIT"}) == "13");
  const Planned plan =
      Log().connect(1).query(1, "XA START 'x'").query(1, "CREATE TABLE u (a int)").quit(1).plan();
  CHECK(treatments(plan, "CREATE") == Treatments{Treatment::skip_rolled_back});
}

TEST_CASE("XA START inside a transaction is refused, RESUME goes on, JOIN and SUSPEND are refused") {
  CHECK(kept({"BEGIN", k1, "XA START 'x'", "ROLLBACK"}).empty());
  CHECK(kept({"XA START 'x'", k1, "XA END 'x' SUSPEND", "XA END 'x'", "XA START 'x' RESUME", k2, "XA END 'x'",
              "XA COMMIT 'x' ONE PHASE"}) == "12");
  CHECK(kept({"XA START 'x' JOIN", k1, "ROLLBACK"}) == "1");
}

TEST_CASE("an XA id is the same in every spelling, and its case counts") {
  CHECK(kept({"XA START X'6162','cd',7", k1, "XA END 'ab',0x6364,7", "XA PREPARE 'ab','cd',0x7",
              "XA COMMIT 0x6162,X'6364',7"}) == "1");
  CHECK(kept({"XA START 'A'", k1, "XA END 'A'", "XA PREPARE 'A'", "XA ROLLBACK 'a'", "XA COMMIT 'A'"}) ==
        "1");
}

TEST_CASE("a BEGIN inside a transaction runs what was before it, and doubts it") {
  Log log;
  log.connect(1).query(1, "BEGIN").query(1, k1).query(1, "BEGIN").query(1, k2).query(1, "COMMIT");
  const Planned plan = log.plan();
  CHECK(treatments(plan, "update") == Treatments{Treatment::run, Treatment::run});
  CHECK(plan.units[2].suspicion.find("deadlock") != std::string_view::npos);
  CHECK(plan.units[4].suspicion.empty());
}

TEST_CASE("a text that is not understood neither commits nor not: what was before it is doubted if undone") {
  Log log;
  log.connect(1).query(1, "BEGIN").query(1, k1).query(1, "FROBNICATE").query(1, k2).query(1, "ROLLBACK");
  const Planned plan = log.plan();
  CHECK(treatments(plan, "update") == Treatments{Treatment::run_and_undo, Treatment::run_and_undo});
  CHECK_FALSE(plan.units[2].suspicion.empty());
  CHECK(plan.units[4].suspicion.empty());
}
