#include "loader/plan/call_effect.h"

#include "loader/plan/planner.h"
#include "tests/support/catch.h"
#include "tests/unit/plan_log.h"

using namespace dw;
using namespace dw::load;
using namespace dw::test;

namespace {

std::optional<CallEffect> effect(const std::string& body, const Session& session = {}) {
  StoredPrograms programs;
  programs.add(ProgramKind::procedure, "app", "p", body, "");
  Session in_app = session;
  in_app.database = "app";
  return effect_of_call(sql::classify("CALL p(1)"), in_app, programs);
}

PlannerOptions with_procedure(const std::string& body) {
  auto programs = std::make_shared<StoredPrograms>();
  programs->add(ProgramKind::procedure, "app", "p", body, "");
  PlannerOptions options;
  options.programs = programs;
  return options;
}

}  // namespace

TEST_CASE("a procedure's first end of a transaction is that of its caller's") {
  CHECK_FALSE(effect("BEGIN insert into t values (1); SAVEPOINT s; ROLLBACK TO s; END"));
  CHECK(effect("BEGIN START TRANSACTION; insert into t values (1); ROLLBACK; END")->commits);
  CHECK_FALSE(
      effect("BEGIN insert into t values (1); ROLLBACK; insert into t values (2); COMMIT; END")->commits);
  CHECK(effect("BEGIN TRUNCATE t; END")->commits);
}

TEST_CASE("what a procedure leaves open") {
  CHECK(effect("BEGIN COMMIT; START TRANSACTION; insert into t values (1); END")->opens);
  CHECK_FALSE(effect("BEGIN START TRANSACTION; insert into t values (1); COMMIT; END")->opens);
  CHECK(effect("BEGIN COMMIT; insert into t values (1); END")->changes_behind);
  CHECK_FALSE(effect("BEGIN insert into t values (1); COMMIT; END")->changes_behind);
}

TEST_CASE("a procedure of which too little is known has no effect that could be told") {
  CHECK_FALSE(effect("BEGIN CALL q(); COMMIT; END"));
  CHECK_FALSE(effect("BEGIN PREPARE s FROM @x; EXECUTE s; COMMIT; END"));
  Session xa;
  xa.xa = Session::Xa::active;
  CHECK_FALSE(effect("COMMIT", xa));
  CHECK_FALSE(effect_of_call(sql::classify("CALL nothing()"), {}, StoredPrograms()));
}

TEST_CASE("a ROLLBACK behind a procedure that commits takes nothing back") {
  Log log;
  log.connect(1).query(1, "BEGIN").query(1, "insert into t values (1)").query(1, "CALL p(1)");
  log.query(1, "insert into t values (2)").query(1, "ROLLBACK");
  const Planned plan = log.plan({}, with_procedure("BEGIN START TRANSACTION; delete from t; COMMIT; END"));
  CHECK(treatments(plan, "insert") == Treatments{Treatment::run, Treatment::run});
  CHECK(treatments(plan, "CALL") == Treatments{Treatment::run});
}

TEST_CASE("a procedure that rolls back takes what was before it") {
  Log log;
  log.connect(1).query(1, "BEGIN").query(1, "insert into t values (1)").query(1, "CALL p(1)");
  log.query(1, "COMMIT");
  const Planned plan = log.plan({}, with_procedure("BEGIN ROLLBACK; insert into t values (2); END"));
  CHECK(treatments(plan, "insert") == Treatments{Treatment::run_and_undo});
}

TEST_CASE("how an open transaction ends is looked up ahead") {
  SessionTable open;
  open.at(1).database = "app";
  open.at(1).in_transaction = true;
  const auto end = [&](Log& log) { return first_end(log.batch(), open, {}, 1); };
  Log commits;
  commits.query(1, "update t set a=1").query(1, "COMMIT").query(1, "ROLLBACK");
  CHECK(end(commits) == Fate::committed);
  Log quits;
  quits.query(2, "COMMIT").quit(1);
  CHECK(end(quits) == Fate::rolled_back);
  Log killed;
  killed.query(2, "COMMIT").live({2});
  CHECK(end(killed) == Fate::rolled_back);
  Log goes_on;
  goes_on.query(1, "update t set a=1");
  CHECK_FALSE(end(goes_on));
}

TEST_CASE("a statement that is rolled back knows the one whose rows it saw") {
  Log log;
  log.connect(1).connect(2).query(1, "BEGIN").query(1, "insert into t values (1)");
  log.query(2, "update t set a=5").query(1, "SAVEPOINT s").query(1, "insert into t values (2)");
  log.query(1, "ROLLBACK TO s").query(1, "insert into t values (3)").query(1, "ROLLBACK");
  const Planned plan = log.plan();
  CHECK_FALSE(plan.units[3].undone_before);
  CHECK(plan.units[6].undone_before == 3);
  CHECK(plan.units[8].undone_before == 3);
}

TEST_CASE("a session whose clock has another zone does not make its transaction look old") {
  Log log;
  log.batch().header.made = 20'001'000'000;
  log.at(20'000).connect(1).connect(2).query(2, "insert into t values (1)").at(200).query(1, "BEGIN");
  log.query(1, "insert into t values (2)").live({1, 2});
  const Planned plan = log.plan();
  CHECK(plan.open_transactions == 1);
  CHECK(plan.log_time == 20'000'000'000);
  CHECK(plan.held_steps.empty());
}
