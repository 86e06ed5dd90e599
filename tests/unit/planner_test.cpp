#include "loader/plan/planner.h"

#include <memory>

#include <nlohmann/json.hpp>

#include "tests/support/catch.h"
#include "tests/unit/plan_log.h"

using namespace dw;
using namespace dw::load;
using namespace dw::test;

TEST_CASE("autocommitted changes run, reads do not") {
  const Planned plan =
      Log().connect(1).query(1, "insert into t values (1)").query(1, "select * from t").plan();
  CHECK(treatments(plan, "insert") == Treatments{Treatment::run});
  CHECK(treatments(plan, "select") == Treatments{Treatment::ignore});
  CHECK(plan.watermark == 3);
}

TEST_CASE(
    "what a session changes behind a CALL that may have ended its transaction is suspect until it ends") {
  load::SessionTable sessions;
  sessions.at(1).database = "app";
  sessions.at(1).autocommit = false;
  sessions.at(1).unsure = true;
  const Planned plan = Log()
                           .query(1, "insert into t values (1)")
                           .query(1, "insert into t values (2)")
                           .query(1, "COMMIT")
                           .query(1, "insert into t values (3)")
                           .query(1, "COMMIT")
                           .live({1})
                           .plan(sessions);
  std::vector<bool> suspected;
  for (const Unit& unit : plan.units) {
    if (unit.is_statement && unit.statement.text.starts_with("insert"))
      suspected.push_back(!unit.suspicion.empty());
  }
  CHECK(suspected == std::vector{true, true, false});
}

TEST_CASE("a rolled-back transaction is skipped, but its inserts take their ids") {
  const Planned plan = Log()
                           .connect(1)
                           .query(1, "BEGIN")
                           .query(1, "insert into t values (1)")
                           .query(1, "update t set a=2")
                           .query(1, "ROLLBACK")
                           .plan();
  CHECK(treatments(plan, "insert") == Treatments{Treatment::run_and_undo});
  CHECK(treatments(plan, "update") == Treatments{Treatment::run_and_undo});
}

TEST_CASE("a committed transaction runs where its statements stand in the log") {
  const Planned plan = Log()
                           .connect(1)
                           .connect(2)
                           .query(1, "START TRANSACTION")
                           .query(1, "insert into t values (1)")
                           .query(2, "insert into t values (2)")
                           .query(1, "COMMIT")
                           .plan();
  CHECK(treatments(plan, "insert") == Treatments{Treatment::run, Treatment::run});
}

TEST_CASE("the plan ends where an open transaction begins to change rows") {
  const Planned plan = Log()
                           .connect(1)
                           .connect(2)
                           .query(1, "BEGIN")
                           .query(2, "insert into t values (1)")
                           .query(1, "insert into t values (2)")
                           .query(2, "insert into t values (3)")
                           .live({1, 2})
                           .plan();
  CHECK(plan.watermark == 4);
  CHECK(plan.open_transactions == 1);
  CHECK(treatments(plan, "insert").size() == 1);
}

TEST_CASE("an open transaction that only reads holds nothing back") {
  const Planned plan = Log()
                           .connect(1)
                           .query(1, "BEGIN")
                           .query(1, "select 1")
                           .query(2, "insert into app.t values (1)")
                           .live({1, 2})
                           .plan();
  CHECK(plan.watermark == 4);
}

TEST_CASE("a client that was killed inside a transaction left no Quit row, and is rolled back") {
  const Planned plan = Log()
                           .connect(1)
                           .query(1, "BEGIN")
                           .query(1, "insert into t values (1)")
                           .query(2, "insert into app.t values (2)")
                           .live({2})
                           .plan();
  CHECK(treatments(plan, "insert") == Treatments{Treatment::run_and_undo, Treatment::run});
  CHECK(plan.ended == std::vector<std::uint64_t>{1});
}

TEST_CASE("a connection that was reset has no transaction any more, and no row tells of it") {
  const auto plan = [](std::vector<std::uint64_t> in_transaction, Micros made) {
    Log log;
    log.connect(1)
        .query(1, "BEGIN")
        .query(1, "insert into t values (1)")
        .query(1, "insert into t values (2)");
    log.query(2, "insert into app.t values (3)").live({1, 2});
    log.batch().header.live->in_transaction = std::move(in_transaction);
    log.batch().header.made = made;
    return log.plan();
  };
  const Planned over = plan({}, 3'000'000);
  CHECK(over.watermark == 5);
  CHECK(treatments(over, "insert") == Treatments{Treatment::run, Treatment::run, Treatment::run});
  CHECK_FALSE(over.units[2].suspicion.empty());
  CHECK(over.units[4].suspicion.empty());
  CHECK(over.ended.empty());
  CHECK(plan({1}, 3'000'000).watermark == 2);  // still open
  CHECK(plan({}, 1'500'000).watermark == 2);   // too young to tell
}

TEST_CASE("a session that speaks after the process list was made is not taken for dead") {
  Log log;
  log.connect(1).query(1, "BEGIN").query(1, "insert into t values (1)").live({});
  log.query(1, "select 1");
  const Planned plan = log.plan();
  CHECK(plan.watermark == 2);
  CHECK(plan.ended.empty());
}

TEST_CASE("without a process list nobody is taken for dead") {
  const Planned plan = Log().connect(1).query(1, "BEGIN").query(1, "insert into t values (1)").plan();
  CHECK(plan.watermark == 2);
}

TEST_CASE("a Quit inside a transaction rolls it back") {
  const Planned plan = Log().connect(1).query(1, "BEGIN").query(1, "update t set a=1").quit(1).plan();
  CHECK(treatments(plan, "update") == Treatments{Treatment::run_and_undo});
}

TEST_CASE("a thread id that connects again ends the session before it") {
  const Planned plan = Log()
                           .connect(1)
                           .query(1, "BEGIN")
                           .query(1, "update t set a=1")
                           .connect(1)
                           .query(1, "update t set a=2")
                           .plan();
  CHECK(treatments(plan, "update") == Treatments{Treatment::run_and_undo, Treatment::run});
}

TEST_CASE("ROLLBACK TO takes back what came after its savepoint, and no more") {
  const Planned plan = Log()
                           .connect(1)
                           .query(1, "BEGIN")
                           .query(1, "update t set a=1")
                           .query(1, "SAVEPOINT s")
                           .query(1, "update t set a=2")
                           .query(1, "ROLLBACK TO s")
                           .query(1, "update t set a=3")
                           .query(1, "COMMIT")
                           .plan();
  CHECK(treatments(plan, "update") == Treatments{Treatment::run, Treatment::run_and_undo, Treatment::run});
}

TEST_CASE("savepoint names have no case, and an unknown one takes nothing back") {
  const Planned plan = Log()
                           .connect(1)
                           .query(1, "BEGIN")
                           .query(1, "update t set a=1")
                           .query(1, "SAVEPOINT Sp")
                           .query(1, "update t set a=2")
                           .query(1, "ROLLBACK TO sp")
                           .query(1, "ROLLBACK TO nosuch")
                           .query(1, "COMMIT")
                           .plan();
  CHECK(treatments(plan, "update") == Treatments{Treatment::run, Treatment::run_and_undo});
}

TEST_CASE("an XA transaction that began in an earlier batch is still one") {
  Log first;
  first.connect(1).query(1, "XA START 'x'");
  SessionTable sessions;
  sessions.observe(first.batch().events[0]);
  const sql::Statement start = sql::classify("XA START 'x'");
  sessions.observe(1, start);
  Log log;
  log.query(1, "update t set a=1").query(1, "XA END 'x'").query(1, "XA ROLLBACK 'x'");
  CHECK(treatments(log.plan(sessions), "update") == Treatments{Treatment::run_and_undo});
}

TEST_CASE("TEMPORARY in a version comment, and anonymous blocks, are refused") {
  const Planned plan = Log()
                           .connect(1)
                           .query(1, "DROP /*!99999 TEMPORARY */ TABLE t")
                           .query(1, "BEGIN NOT ATOMIC DELETE FROM t; END")
                           .plan();
  CHECK(treatments(plan, "t") == Treatments{Treatment::refuse, Treatment::refuse});
}

TEST_CASE("DDL commits the transaction it stands in") {
  const Planned plan = Log()
                           .connect(1)
                           .query(1, "BEGIN")
                           .query(1, "update t set a=1")
                           .query(1, "CREATE TABLE u (a int)")
                           .query(1, "ROLLBACK")
                           .plan();
  CHECK(treatments(plan, "update") == Treatments{Treatment::run});
  CHECK(treatments(plan, "CREATE") == Treatments{Treatment::run});
}

TEST_CASE("a BEGIN inside a transaction commits it") {
  const Planned plan = Log()
                           .connect(1)
                           .query(1, "BEGIN")
                           .query(1, "update t set a=1")
                           .query(1, "BEGIN")
                           .query(1, "update t set a=2")
                           .query(1, "ROLLBACK")
                           .plan();
  CHECK(treatments(plan, "update") == Treatments{Treatment::run, Treatment::run_and_undo});
}

TEST_CASE("autocommit=0 opens a transaction with the first change") {
  const Planned plan = Log()
                           .connect(1)
                           .query(1, "SET autocommit=0")
                           .query(1, "update t set a=1")
                           .query(1, "COMMIT")
                           .query(1, "update t set a=2")
                           .query(1, "ROLLBACK")
                           .query(1, "update t set a=3")
                           .query(1, "SET autocommit=1")
                           .query(1, "update t set a=4")
                           .plan();
  CHECK(treatments(plan, "update") ==
        Treatments{Treatment::run, Treatment::run_and_undo, Treatment::run, Treatment::run});
}

TEST_CASE("a transaction that began in an earlier batch is still one") {
  SessionTable sessions;
  sessions.at(1).database = "app";
  sessions.at(1).in_transaction = true;
  Log log;
  log.query(1, "update t set a=1").query(1, "ROLLBACK");
  CHECK(treatments(log.plan(sessions), "update") == Treatments{Treatment::run_and_undo});
}

TEST_CASE("an XA transaction is settled by whoever commits it") {
  const Planned plan = Log()
                           .connect(1)
                           .query(1, "XA START 'x'")
                           .query(1, "update t set a=1")
                           .query(1, "XA END 'x'")
                           .query(1, "XA PREPARE 'x'")
                           .quit(1)
                           .connect(2)
                           .query(2, "XA COMMIT 'x'")
                           .plan();
  CHECK(treatments(plan, "update") == Treatments{Treatment::run});
}

TEST_CASE("schemas that are not mirrored are ignored, by name and by session") {
  const Planned plan = Log()
                           .connect(1, "other")
                           .query(1, "insert into t values (1)")
                           .query(1, "insert into app.t values (2)")
                           .query(1, "USE app")
                           .query(1, "insert into t values (3)")
                           .query(1, "insert into mysql.x values (4)")
                           .plan();
  CHECK(treatments(plan, "insert") ==
        Treatments{Treatment::ignore, Treatment::run, Treatment::run, Treatment::ignore});
}

TEST_CASE("accounts and administration never reach the mirror") {
  const Planned plan = Log()
                           .connect(1)
                           .query(1, "GRANT ALL ON *.* TO x")
                           .query(1, "SET GLOBAL read_only=1")
                           .query(1, "KILL 5")
                           .plan();
  for (const Unit& unit : plan.units) {
    if (unit.is_statement) CHECK(unit.treatment == Treatment::withhold);
  }
}

TEST_CASE("what is not understood is refused") {
  const Planned plan =
      Log().connect(1).query(1, "FROBNICATE t").query(1, "insert into t values ('open").plan();
  CHECK(treatments(plan, "FROB") == Treatments{Treatment::refuse});
  CHECK(treatments(plan, "open") == Treatments{Treatment::refuse});
}

TEST_CASE("a text that the log cut off is refused, complete as it may look") {
  Log log;
  log.connect(7).query(7, "update t set a = 1 where b = 2");
  log.batch().events.back().truncated = true;
  const Planned plan = log.plan();
  REQUIRE(plan.units.size() == 2);
  CHECK(plan.units[1].treatment == Treatment::refuse);
  CHECK(plan.units[1].statement.writes == std::vector<sql::TableName>{{"", "t"}});
}

TEST_CASE("a command that is neither statement nor session event is refused, not ignored") {
  const Planned plan = Log().connect(1).add(1, Command::other, "app").plan();
  CHECK(plan.units.back().treatment == Treatment::refuse);
}

TEST_CASE("an old session's database comes from the process list, unless the session changes it") {
  Log log;
  log.query(1, "insert into t values (1)")
      .query(2, "insert into t values (2)")
      .query(2, "USE other")
      .live({1, 2}, {{1, "app"}, {2, "other"}});
  SessionTable sessions;
  adopt_live_databases(log.batch(), sessions);
  CHECK(sessions.at(1).database == "app");
  CHECK_FALSE(sessions.at(2).database);
}

TEST_CASE("sessions survive their JSON form") {
  SessionTable sessions;
  sessions.at(5).database = "app";
  sessions.at(5).autocommit = false;
  sessions.at(5).in_transaction = true;
  sessions.at(5).settings = std::make_shared<const Settings>(Settings{{"time_zone", "'+02:00'"}});
  sessions.at(6);
  const SessionTable back = SessionTable::from_json(nlohmann::json::parse(sessions.to_json().dump()));
  REQUIRE(back.find(5) != nullptr);
  CHECK(back.find(5)->database == "app");
  CHECK_FALSE(back.find(5)->autocommit);
  CHECK(back.find(5)->in_transaction);
  CHECK(back.find(5)->settings->at("time_zone") == "'+02:00'");
  REQUIRE(back.find(6) != nullptr);
  CHECK_FALSE(back.find(6)->database);
}

TEST_CASE("several statements in one packet are planned one by one") {
  const Planned plan =
      Log().connect(1).query(1, "BEGIN; insert into t values (1); ROLLBACK; insert into t values (2)").plan();
  CHECK(treatments(plan, "insert") == Treatments{Treatment::run_and_undo, Treatment::run});
  CHECK(plan.units.size() == 5);
}

TEST_CASE("a session's character set decides where its texts end", "[planner]") {
  // In gbk the last bytes of the literal are one character, so the DELETE is a statement; in utf8mb4 it is
  // text.
  const std::string text = "insert into t values ('\xB5\x5C'); delete from t; -- ')";
  CHECK(treatments(Log().connect(1).query(1, "set names gbk").query(1, text).plan(), "delete").size() == 1);
  CHECK(treatments(Log().connect(1).query(1, text).plan(), "; delete").size() == 1);
  CHECK(treatments(Log().connect(1).query(1, "set character_set_client='gbk'").query(1, text).plan(),
                   "; delete")
            .empty());
}

TEST_CASE("a sql_mode that the log does not tell makes a doubtful text refused", "[planner]") {
  const std::string text = "insert into t values (\"a\\\"; delete from t; -- \")";
  const auto plan = [&](const std::string& set) {
    return Log().connect(1).query(1, set).query(1, text).plan();
  };
  CHECK(treatments(plan("set sql_mode=concat(@@sql_mode, ',STRICT_ALL_TABLES')"), "insert") ==
        Treatments{Treatment::run});
  CHECK(treatments(plan("set sql_mode=concat(@@sql_mode, ',ANSI_QUOTES')"), "insert") ==
        Treatments{Treatment::refuse});
  CHECK(treatments(plan("set sql_mode=4"), "insert") == Treatments{Treatment::refuse});
  CHECK(treatments(plan("set sql_mode='ORACLE'"), "insert") == Treatments{Treatment::refuse});
}

TEST_CASE("version comments are read as the source read them", "[planner]") {
  const auto plan = [](const std::string& version) {
    Log log;
    log.batch().header.source.server_version = version;
    return log.connect(1).query(1, "/*!80016 explain */ delete from t").plan();
  };
  CHECK(treatments(plan("9.7.4"), "delete") == Treatments{Treatment::ignore});
  CHECK(treatments(plan("10.11.19-MariaDB"), "delete") == Treatments{Treatment::run});
  CHECK(treatments(plan(""), "delete") == Treatments{Treatment::refuse});
}

TEST_CASE("a SET in a packet decides how the rest of it is read", "[planner]") {
  const std::string text =
      R"(set sql_mode='NO_BACKSLASH_ESCAPES'; insert into t values ('a\'); delete from t; -- '))";
  CHECK(treatments(Log().connect(1).query(1, text).plan(), "delete") == Treatments{Treatment::run});
  const Planned plan = Log().connect(1).query(1, text).plan();
  CHECK(plan.units.back().ordinal == 2);
}
