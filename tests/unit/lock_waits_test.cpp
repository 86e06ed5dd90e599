// Statements that wait for another session's LOCK TABLES: where the plan has them run.

#include "loader/plan/lock_waits.h"

#include <functional>
#include <map>

#include <nlohmann/json.hpp>

#include "tests/support/catch.h"
#include "tests/unit/plan_log.h"

using namespace dw;
using namespace dw::load;
using namespace dw::test;

namespace {

using Texts = std::vector<std::string>;

// What runs, in order, when plans are carried out one behind the other: "(…)" was given up, "?…" is in doubt.
class Mirror {
 public:
  Texts run(const Plan& plan) {
    Texts out;
    auto step = plan.held_steps.begin();
    for (std::size_t number = 0; number <= plan.units.size(); ++number) {
      for (; step != plan.held_steps.end() && step->unit <= number; ++step) carry_out(*step, out);
      if (number == plan.units.size()) break;
      const Unit& unit = plan.units[number];
      if (unit.treatment == Treatment::hold) held_[unit.held_key].emplace_back(unit.statement.text);
      if (unit.treatment == Treatment::run) out.emplace_back(unit.statement.text);
    }
    return out;
  }
  [[nodiscard]] PlannerOptions options() const {
    PlannerOptions out;
    for (const auto& [key, texts] : held_) out.held.push_back(held_transaction(key));
    return out;
  }
  [[nodiscard]] bool holds_nothing() const { return held_.empty(); }

 private:
  void carry_out(const HeldStep& step, Texts& out) {
    const auto found = held_.extract(step.key);
    if (found.empty()) return;
    if (step.action == HeldStep::Action::rename) {
      held_[step.new_key] = found.mapped();
      return;
    }
    for (const std::string& text : found.mapped()) {
      const std::string doubt = step.suspicion.empty() ? "" : "?";
      out.push_back(step.action == HeldStep::Action::commit ? doubt + text : "(" + text + ")");
    }
  }

  std::map<std::string, Texts> held_;
};

Texts run(Log& log, const SessionTable& sessions = {}) {
  Mirror mirror;
  Texts out = mirror.run(log.plan(sessions));
  CHECK(mirror.holds_nothing());
  return out;
}

Log two() {
  Log log;
  log.connect(1).connect(2).connect(3);
  return log;
}

}  // namespace

TEST_CASE("gh-ost's RENAME runs at UNLOCK TABLES, behind the DROP of what stood in its way") {
  Log log = two();
  log.query(1, "create table _t_del (id int)")
      .query(1, "lock /* gh-ost */ tables `app`.`t` write, `app`.`_t_del` write")
      .query(2, "rename table `app`.`t` to `app`.`_t_del`, `app`.`_t_gho` to `app`.`t`")
      .query(1, "drop table if exists `app`.`_t_del`")
      .query(1, "unlock tables")
      .query(2, "insert into t values (1)");
  CHECK(run(log) == Texts{"create table _t_del (id int)", "drop table if exists `app`.`_t_del`",
                          "rename table `app`.`t` to `app`.`_t_del`, `app`.`_t_gho` to `app`.`t`",
                          "insert into t values (1)"});
}

TEST_CASE("what lets go of locked tables") {
  const auto behind = [](const std::function<void(Log&)>& end) {
    Log log = two();
    log.query(1, "LOCK TABLES t WRITE").query(1, "update t set a=1").query(2, "insert into t values (1)");
    log.query(1, "update t set a=2");
    end(log);
    log.query(3, "insert into u values (1)");
    return run(log);
  };
  const Texts waited{"update t set a=1", "update t set a=2", "insert into t values (1)",
                     "insert into u values (1)"};
  CHECK(behind([](Log& log) { log.query(1, "UNLOCK TABLES"); }) == waited);
  CHECK(behind([](Log& log) { log.query(1, "LOCK TABLES v READ"); }) == waited);
  CHECK(behind([](Log& log) { log.query(1, "START TRANSACTION"); }) == waited);
  CHECK(behind([](Log& log) { log.quit(1); }) == waited);
  CHECK(behind([](Log& log) { log.add(1, Command::change_user, "app@web on app"); }) == waited);
  CHECK(behind([](Log& log) { log.add(1, Command::reset_connection, ""); }) == waited);
}

TEST_CASE("only a statement that needs the locked table waits") {
  const auto waits = [](const std::string& lock, const std::string& sql) {
    Log log = two();
    log.query(1, lock).query(1, "select 1").query(2, sql).query(1, "UNLOCK TABLES");
    return treatments(log.plan(), sql) == Treatments{Treatment::hold};
  };
  CHECK(waits("LOCK TABLES t WRITE", "insert into t values (1)"));
  CHECK(waits("LOCK TABLES t AS x WRITE", "alter table app.t add b int"));
  CHECK(waits("LOCK TABLES t READ", "insert into t values (1)"));
  CHECK(waits("LOCK TABLES t READ", "truncate table t"));
  CHECK(waits("LOCK TABLES t WRITE", "insert into u select * from t"));
  CHECK(waits("LOCK TABLES u READ, t WRITE", "drop database app"));
  CHECK_FALSE(waits("LOCK TABLES t READ", "insert into u select * from t"));
  CHECK(waits("LOCK TABLES t READ LOCAL", "insert into t values (1)"));  // InnoDB: as READ
  CHECK_FALSE(waits("LOCK TABLES other.t WRITE", "insert into t values (1)"));
  CHECK_FALSE(waits("LOCK TABLES t WRITE", "insert into u values (1)"));
  CHECK_FALSE(waits("LOCK TABLES t WRITE", "create temporary table t (a int)"));
  CHECK_FALSE(waits("LOCK TABLES T WRITE", "insert into t values (1)"));
}

TEST_CASE("a server that compares names without case locks them so") {
  Log log = two();
  log.query(1, "LOCK TABLES T WRITE").query(2, "insert into t values (1)").query(1, "UNLOCK TABLES");
  PlannerOptions options;
  options.lower_case_names = true;
  CHECK(treatments(log.plan({}, options), "insert") == Treatments{Treatment::hold});
}

TEST_CASE("a table that a transaction uses already is not waited for: LOCK TABLES waits for it") {
  Log log = two();
  log.query(2, "BEGIN")
      .query(2, "insert into t values (1)")
      .query(1, "LOCK TABLES t WRITE")
      .query(2, "insert into t values (2)")
      .query(2, "COMMIT")
      .query(1, "insert into t values (3)")
      .query(1, "UNLOCK TABLES");
  CHECK(run(log) ==
        Texts{"insert into t values (1)", "insert into t values (2)", "insert into t values (3)"});
}

TEST_CASE("a transaction's statement waits by itself") {
  Log log = two();
  log.query(1, "LOCK TABLES t WRITE")
      .query(2, "BEGIN")
      .query(2, "insert into u values (1)")
      .query(2, "insert into t values (1)")
      .query(1, "insert into t values (2)")
      .query(1, "UNLOCK TABLES")
      .query(2, "insert into u values (2)");
  CHECK(log.plan().watermark == 5);
  log.query(2, "COMMIT");
  CHECK(run(log) == Texts{"insert into u values (1)", "insert into t values (2)", "insert into t values (1)",
                          "insert into u values (2)"});
}

TEST_CASE("changes of definitions go before changes of rows") {
  Log log = two();
  log.query(1, "LOCK TABLES t WRITE")
      .connect(4)
      .query(2, "insert into t values (1)")
      .query(3, "rename table t to u")
      .query(4, "update t set a=1")
      .query(1, "UNLOCK TABLES");
  CHECK(run(log) == Texts{"rename table t to u", "insert into t values (1)", "update t set a=1"});
}

TEST_CASE("a statement waits for all who hold its table, over batches") {
  Log first = two();
  first.query(1, "LOCK TABLES t READ").query(2, "LOCK TABLES t READ").query(3, "insert into t values (1)");
  Mirror mirror;
  CHECK(mirror.run(first.plan()).empty());
  SessionTable sessions = first.sessions();
  Log second;
  second.query(1, "UNLOCK TABLES").query(1, "LOCK TABLES u WRITE");
  CHECK(mirror.run(second.plan(sessions, mirror.options())).empty());
  sessions.observe(1, sql::classify("UNLOCK TABLES"));
  sessions.observe(1, sql::classify("LOCK TABLES u WRITE"));
  sessions = SessionTable::from_json(nlohmann::json::parse(sessions.to_json().dump()));
  Log third;
  third.query(2, "UNLOCK TABLES").query(1, "insert into u values (1)");
  CHECK(mirror.run(third.plan(sessions, mirror.options())) ==
        Texts{"insert into t values (1)", "insert into u values (1)"});
  CHECK(mirror.holds_nothing());
}

TEST_CASE("what stands behind it in its packet waits with it") {
  Log log = two();
  log.query(1, "LOCK TABLES t WRITE")
      .query(2, "insert into u values (1); insert into t values (1); insert into u values (2)")
      .query(1, "insert into t values (2)")
      .query(1, "UNLOCK TABLES");
  CHECK(run(log) == Texts{"insert into u values (1)", "insert into t values (2)", "insert into t values (1)",
                          "insert into u values (2)"});
}

TEST_CASE("a change of a definition whose session goes on while the table is locked was given up") {
  Log log = two();
  log.query(1, "LOCK TABLES t WRITE")
      .query(1, "update t set a=1")
      .query(2, "rename table t to u")
      .at(30)
      .query(2, "insert into v values (1)")
      .query(1, "UNLOCK TABLES");
  CHECK(run(log) == Texts{"update t set a=1", "(rename table t to u)", "insert into v values (1)"});
}

TEST_CASE("one whose session goes on at once had not to wait: LOCK TABLES may have failed") {
  Log log = two();
  log.query(1, "LOCK TABLES t WRITE, nosuch WRITE")
      .query(1, "select 1")
      .query(2, "rename table t to u")
      .query(2, "insert into v values (1)")
      .query(1, "UNLOCK TABLES");
  CHECK(run(log) == Texts{"?rename table t to u", "insert into v values (1)"});
}

TEST_CASE("a former session of the same id had changed the locked table: the new one waits all the same") {
  PlannerOptions options;
  options.defaults.autocommit = false;
  Log log = two();
  log.query(2, "delete from t").query(1, "LOCK TABLES t WRITE").query(1, "update t set a=1");
  log.connect(2).query(2, "insert into t values (1)");
  log.query(1, "update t set a=2").query(1, "UNLOCK TABLES").query(2, "COMMIT");
  Mirror mirror;
  CHECK(mirror.run(log.plan({}, options)) ==
        Texts{"update t set a=1", "update t set a=2", "insert into t values (1)"});
  CHECK(mirror.holds_nothing());
}

TEST_CASE("a change of rows whose session goes on is run, and in doubt") {
  Log log = two();
  log.query(1, "LOCK TABLES t WRITE")
      .query(1, "update t set a=1")
      .query(2, "insert into t values (1)")
      .at(30)
      .query(2, "insert into v values (1)")
      .query(1, "UNLOCK TABLES");
  CHECK(run(log) == Texts{"update t set a=1", "?insert into t values (1)", "insert into v values (1)"});
}

TEST_CASE("a statement that is killed while it waits does not run") {
  for (const char* kill : {"KILL 2", "kill query 2", "KILL HARD CONNECTION 2"}) {
    Log log = two();
    log.query(1, "LOCK TABLES t WRITE").query(2, "drop table t").query(3, kill).query(1, "UNLOCK TABLES");
    CHECK(run(log) == Texts{"(drop table t)"});
  }
  Log log = two();
  log.query(1, "LOCK TABLES t WRITE").query(2, "drop table t").query(3, "KILL QUERY ID 2");
  log.query(1, "UNLOCK TABLES");
  CHECK(run(log) == Texts{"drop table t"});
}

TEST_CASE("sessions that end without a word: a holder lets go, who waited does not run") {
  Log holder = two();
  holder.query(1, "LOCK TABLES t WRITE").query(2, "drop table t").query(3, "insert into u values (1)");
  holder.live({2, 3});
  CHECK(run(holder) == Texts{"insert into u values (1)", "?drop table t"});
  Log waiter = two();
  waiter.query(1, "LOCK TABLES t WRITE").query(2, "drop table t").query(3, "insert into u values (1)");
  waiter.live({1, 3});
  CHECK(run(waiter) == Texts{"insert into u values (1)", "(drop table t)"});
  Log unlocked = two();
  unlocked.query(1, "LOCK TABLES t WRITE").query(2, "drop table t").query(1, "UNLOCK TABLES").live({1, 3});
  CHECK(run(unlocked) == Texts{"?drop table t"});
}

TEST_CASE("a restart of the server ends what waits") {
  Log log = two();
  log.query(1, "LOCK TABLES t WRITE").query(2, "drop table t").at(90).connect(1);
  CHECK(run(log) == Texts{"(drop table t)"});
  Mirror mirror;
  Log before = two();
  before.query(1, "LOCK TABLES t WRITE").query(2, "drop table t");
  CHECK(mirror.run(before.plan()).empty());
  SessionTable sessions = before.sessions();
  sessions.set_server_started(1'000'000);
  Log behind;
  behind.at(100).connect(9).query(9, "insert into u values (1)").live({9});
  behind.batch().header.source.started = 90'000'000;
  CHECK(mirror.run(behind.plan(sessions, mirror.options())) ==
        Texts{"insert into u values (1)", "(drop table t)"});
}

TEST_CASE("the key of a wait says all that is to be known of it") {
  LockWait wait;
  wait.number = 3;
  wait.definition = true;
  wait.sure = true;
  wait.since = 1'700'000'000'000'000;
  wait.thread = 57;
  wait.holders = {41, 43};
  CHECK(is_wait(wait.key()));
  const LockWait back = LockWait::from(wait.key());
  CHECK(back.number == 3);
  CHECK(back.definition);
  CHECK(back.sure);
  CHECK(back.since == wait.since);
  CHECK(back.thread == 57);
  CHECK(back.holders == wait.holders);
}
