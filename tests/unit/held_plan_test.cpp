// Transactions that are set aside, and sessions that a restart ended: what the plan says.

#include <nlohmann/json.hpp>

#include "tests/support/catch.h"
#include "tests/unit/plan_log.h"

using namespace dw;
using namespace dw::load;
using namespace dw::test;

namespace {

using Action = HeldStep::Action;

PlannerOptions after(std::int64_t seconds) {
  PlannerOptions options;
  options.hold.after = seconds * 1'000'000;
  return options;
}

PlannerOptions with_held(const std::string& key) {
  PlannerOptions options;
  options.held.push_back(held_transaction(key));
  return options;
}

SessionTable in_transaction() {
  return Log().connect(1).query(1, "BEGIN").sessions();
}

std::vector<std::string> held_texts(const Plan& plan) {
  std::vector<std::string> out;
  for (const Unit& unit : plan.units) {
    if (unit.treatment == Treatment::hold)
      out.push_back(unit.held_key + ": " + std::string(unit.statement.text));
  }
  return out;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("a transaction that is open for long is set aside, and the plan goes on behind it") {
  Log log;
  log.connect(1)
      .connect(2)
      .query(1, "BEGIN")
      .query(1, "insert into t values (1)")
      .at(30)
      .query(2, "insert into t values (2)")
      .query(1, "insert into t values (3)");
  CHECK(log.plan({}, after(60)).watermark == 3);
  const Planned plan = log.plan({}, after(20));
  CHECK(plan.watermark == 6);
  CHECK(plan.open_transactions == 0);
  CHECK(held_texts(plan) ==
        Texts{"thread 1: insert into t values (1)", "thread 1: insert into t values (3)"});
}

TEST_CASE("a SET that calls a stored function is set aside with its transaction") {
  Log log;
  log.connect(1)
      .query(1, "BEGIN")
      .query(1, "update t set a=1")
      .query(1, "set @a = f()")
      .query(1, "set @b = 1");
  CHECK(held_texts(log.plan({}, after(0))) == Texts{"thread 1: update t set a=1", "thread 1: set @a = f()"});
  log.query(1, "COMMIT");
  CHECK(treatments(log.plan({}, after(0)), "f()") == Treatments{Treatment::set_state});
}

TEST_CASE("what more there is of the log is no time that a transaction was open") {
  Log log;
  log.connect(1).query(1, "BEGIN").query(1, "update t set a=1");
  log.batch().header.made = 500'000'000;
  log.batch().header.more = true;
  CHECK(held_texts(log.plan({}, after(60))).empty());
  log.batch().header.more = false;
  CHECK(held_texts(log.plan({}, after(60))).size() == 1);
}

TEST_CASE("a transaction whose text alone is too large is set aside at once") {
  Log log;
  log.connect(1).query(1, "BEGIN").query(1, "update t set a=1").query(1, "update t set a=2");
  PlannerOptions options = after(60);
  options.hold.bytes = 32;
  CHECK(held_texts(log.plan({}, options)).empty());
  options.hold.bytes = 31;
  CHECK(held_texts(log.plan({}, options)).size() == 2);
}

TEST_CASE("in a full batch that cannot grow, what blocks it is set aside, and no more") {
  Log log;
  log.query(1, "insert into app.t values (1)")
      .query(2, "insert into app.t values (2)")
      .query(3, "insert into app.t values (3)");
  SessionTable sessions = Log().connect(1).query(1, "BEGIN").connect(3).query(3, "BEGIN").sessions();
  PlannerOptions options = after(60);
  options.hold.whatever_blocks = true;
  CHECK(log.plan(sessions, options).watermark == 0);
  log.batch().header.more = true;
  const Planned plan = log.plan(sessions, options);
  CHECK(plan.watermark == 2);
  CHECK(held_texts(plan) == Texts{"thread 1: insert into app.t values (1)"});
}

TEST_CASE("what follows of a held transaction is added to it, and its COMMIT is a step") {
  Log log;
  log.query(1, "update t set a=1").query(1, "COMMIT").query(1, "update t set a=2");
  const Planned plan = log.plan(in_transaction(), with_held("thread 1"));
  CHECK(held_texts(plan) == Texts{"thread 1: update t set a=1"});
  REQUIRE(plan.held_steps.size() == 1);
  CHECK(plan.held_steps[0].action == Action::commit);
  CHECK(plan.held_steps[0].unit == 1);
  CHECK(treatments(plan, "a=2") == Treatments{Treatment::run});
}

TEST_CASE("ROLLBACK, Quit, Connect, Change user and Reset connection take a held transaction back") {
  const auto steps = [](Log log) { return log.plan(in_transaction(), with_held("thread 1")).held_steps; };
  for (const auto& one : {steps(Log().query(1, "ROLLBACK")), steps(Log().quit(1)), steps(Log().connect(1)),
                          steps(Log().add(1, Command::change_user, "app@web on app")),
                          steps(Log().add(1, Command::reset_connection, ""))}) {
    REQUIRE(one.size() == 1);
    CHECK(one[0].action == Action::roll_back);
  }
}

TEST_CASE("what commits by itself commits a held transaction; a BEGIN does it as the sign of a deadlock") {
  Log ddl;
  ddl.query(1, "CREATE TABLE u (a int)");
  const Planned by_ddl = ddl.plan(in_transaction(), with_held("thread 1"));
  REQUIRE(by_ddl.held_steps.size() == 1);
  CHECK(by_ddl.held_steps[0].action == Action::commit);
  CHECK(by_ddl.held_steps[0].suspicion.empty());
  Log begin;
  begin.query(1, "BEGIN");
  CHECK_FALSE(begin.plan(in_transaction(), with_held("thread 1")).held_steps[0].suspicion.empty());
}

TEST_CASE("savepoint statements behind the first change are held with it") {
  const Planned plan = Log()
                           .connect(1)
                           .query(1, "BEGIN")
                           .query(1, "SAVEPOINT a")
                           .query(1, "update t set a=1")
                           .query(1, "SAVEPOINT b")
                           .query(1, "update t set a=2")
                           .query(1, "ROLLBACK TO b")
                           .plan({}, after(0));
  CHECK(held_texts(plan) ==
        Texts{"thread 1: update t set a=1", "thread 1: SAVEPOINT b", "thread 1: ROLLBACK TO b"});
  CHECK(treatments(plan, "a=2") == Treatments{Treatment::run_and_undo});
}

TEST_CASE("savepoints of a held transaction take back what came behind them") {
  SavepointScript script;
  std::uint64_t number = 0;
  for (const char* text :
       {"SAVEPOINT a", "x", "SAVEPOINT b", "x", "ROLLBACK TO A", "x", "ROLLBACK TO b", "x"}) {
    ++number;
    if (std::string(text) != "x") script.add(number, sql::classify(text));
  }
  CHECK(script.took_back(2));
  CHECK(script.took_back(4));
  CHECK_FALSE(script.took_back(6));
  CHECK_FALSE(script.took_back(8));
}

TEST_CASE("a held XA transaction is known by its id behind PREPARE, and outlives its session") {
  Log log;
  log.query(1, "XA END 'x'").query(1, "XA PREPARE 'x'").quit(1).connect(2).query(2, "XA COMMIT X'78'");
  const SessionTable sessions = Log().connect(1).query(1, "XA START 'x'").sessions();
  const Planned plan = log.plan(sessions, with_held("thread 1"));
  REQUIRE(plan.held_steps.size() == 2);
  CHECK(plan.held_steps[0].action == Action::rename);
  CHECK(plan.held_steps[0].new_key == "xa 78,,1");
  CHECK(plan.held_steps[1].action == Action::commit);
  CHECK(plan.held_steps[1].key == "xa 78,,1");
}

TEST_CASE("one that is set aside between XA PREPARE and XA COMMIT is renamed at its PREPARE") {
  const Planned plan = Log()
                           .connect(1)
                           .query(1, "XA START 'x'")
                           .query(1, "update t set a=1")
                           .query(1, "XA END 'x'")
                           .query(1, "XA PREPARE 'x'")
                           .plan({}, after(0));
  CHECK(held_texts(plan) == Texts{"thread 1: update t set a=1"});
  REQUIRE(plan.held_steps.size() == 1);
  CHECK(plan.held_steps[0].unit == 4);
  CHECK(plan.held_steps[0].new_key == "xa 78,,1");
}

TEST_CASE("a held transaction of a client that is no longer there is rolled back") {
  Log log;
  log.query(2, "insert into app.t values (1)").live({2});
  const Planned plan = log.plan(in_transaction(), with_held("thread 1"));
  REQUIRE(plan.held_steps.size() == 1);
  CHECK(plan.held_steps[0].action == Action::roll_back);
  CHECK(plan.held_steps[0].unit == 1);
  CHECK(plan.ended == std::vector<std::uint64_t>{1});
}

TEST_CASE("a session that is gone is not ended before its events are behind the watermark") {
  Log log;
  log.query(3, "update app.t set a=1").query(1, "update t set a=2").live({3});
  const SessionTable sessions = Log().connect(1).query(1, "BEGIN").connect(3).query(3, "BEGIN").sessions();
  const Planned plan = log.plan(sessions, with_held("thread 1"));
  CHECK(plan.watermark == 0);
  CHECK(plan.held_steps.empty());
  CHECK(plan.ended.empty());
}

TEST_CASE("a restart of the server ends the sessions before it, and no prepared XA transaction") {
  Log log;
  log.at(100).connect(7).query(7, "insert into t values (1)");
  log.batch().header.source.started = 90'000'000;
  log.batch().header.made = 101'000'000;
  SessionTable sessions = in_transaction();
  PlannerOptions options = with_held("thread 1");
  options.held.push_back(held_transaction("xa 78,,1"));

  CHECK(log.plan(sessions, options).held_steps.empty());  // no start known: nothing to compare with
  sessions.set_server_started(89'500'000);
  CHECK(log.plan(sessions, options).held_steps.empty());  // it wavers by a second
  sessions.set_server_started(20'000'000);
  const Planned plan = log.plan(sessions, options);
  REQUIRE(plan.held_steps.size() == 1);
  CHECK(plan.held_steps[0].key == "thread 1");
  CHECK(plan.held_steps[0].action == Action::roll_back);
  CHECK(plan.ended == std::vector<std::uint64_t>{1});
  CHECK(plan.server_started == 90'000'000);

  log.batch().header.more = true;  // more of before the restart may follow
  log.batch().events.resize(1);
  log.batch().events[0].time = 89'000'000;
  const Planned early = log.plan(sessions, options);
  CHECK(early.held_steps.empty());
  CHECK(early.server_started == 20'000'000);
}

TEST_CASE("one batch spans the restart: what was open before it is rolled back") {
  Log log;
  log.at(50)
      .connect(5)
      .query(5, "BEGIN")
      .query(5, "update t set a=1")
      .at(100)
      .connect(4)
      .query(4, "update t set a=2");
  log.batch().header.source.started = 90'000'000;
  SessionTable sessions;
  sessions.set_server_started(1'000'000);
  const Planned plan = log.plan(sessions);
  CHECK(treatments(plan, "update") == Treatments{Treatment::run_and_undo, Treatment::run});
}

TEST_CASE("a session that began before the log did is ended by a restart too") {
  Log log;
  log.at(50).query(5, "SET autocommit=0").query(5, "update app.t set a=1");
  log.batch().header.source.started = 90'000'000;
  SessionTable sessions;
  sessions.set_server_started(1'000'000);
  CHECK(treatments(log.plan(sessions), "update") == Treatments{Treatment::run_and_undo});
}

TEST_CASE("what a session needs beyond a batch survives its JSON form") {
  SessionTable sessions = Log()
                              .at(9)
                              .connect(1)
                              .query(1, "START TRANSACTION READ ONLY")
                              .query(1, "SAVEPOINT A")
                              .connect(2)
                              .query(2, "LOCK TABLES t WRITE")
                              .connect(3)
                              .query(3, "XA START 'x'")
                              .query(3, "XA END 'x'")
                              .sessions();
  sessions.set_server_started(77);
  const SessionTable back = SessionTable::from_json(nlohmann::json::parse(sessions.to_json().dump()));
  CHECK(back.server_started() == 77);
  CHECK(back.find(1)->read_only);
  CHECK(back.find(1)->savepoints == std::vector<std::string>{"a"});
  CHECK(back.find(1)->began == 9'000'000);
  CHECK(back.find(2)->tables_locked);
  CHECK(back.find(3)->xa == Session::Xa::idle);
  CHECK(back.find(3)->xid == "78,,1");
}

TEST_CASE("a held statement is read as its session's text was, in its character set and by its server") {
  HeldStatement held;
  held.event.text = "INSERT INTO app.t VALUES /*!999999 ; */ ('\xD5\\')";
  held.database = "app";
  held.charset = "gbk";
  held.server_version = "10.11.19-MariaDB-log";
  const Unit unit = unit_of(std::make_shared<const HeldStatement>(held), {});
  CHECK(unit.treatment == Treatment::run);
  CHECK(unit.statement.writes.size() == 1);
}
