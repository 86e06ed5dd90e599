#include "loader/plan/absent_schemas.h"

#include "loader/plan/planner.h"
#include "tests/support/catch.h"
#include "tests/unit/plan_log.h"

using namespace dw;
using namespace dw::load;
using namespace dw::test;

namespace {

std::string database_of(const Plan& plan, const std::string& part) {
  for (const Unit& unit : plan.units) {
    if (unit.is_statement && unit.statement.text.find(part) != std::string_view::npos)
      return unit.database.value_or("?");
  }
  return "no such statement";
}

PlannerOptions lacking(const std::string& schema) {
  PlannerOptions options;
  options.absent = {schema};
  return options;
}

}  // namespace

TEST_CASE("a USE of a schema that is not there leaves the session where it was") {
  Log log;
  log.connect(1).query(1, "USE other").query(1, "insert into t values (1)");
  CHECK(database_of(log.plan({}, lacking("other")), "insert") == "app");
  CHECK(database_of(log.plan(), "insert") == "other");
  Log protocol;
  protocol.connect(1).add(1, Command::init_db, "other").query(1, "insert into t values (1)");
  CHECK(database_of(protocol.plan({}, lacking("other")), "insert") == "app");
}

TEST_CASE("what stands behind it in its packet never ran") {
  Log log;
  log.connect(1).query(1, "insert into t values (1); USE other; insert into t values (2)");
  const Planned plan = log.plan({}, lacking("other"));
  CHECK(treatments(plan, "insert") == Treatments{Treatment::run, Treatment::skip_rolled_back});
}

TEST_CASE("CREATE DATABASE and DROP DATABASE tell what is there") {
  Log log;
  log.connect(1).query(1, "create database other").query(1, "USE other").query(1, "create table t (a int)");
  log.query(1, "drop database app").query(1, "USE app").query(1, "create table u (a int)");
  const Planned plan = log.plan({}, lacking("other"));
  CHECK(database_of(plan, "table t") == "other");
  CHECK(database_of(plan, "table u") == "other");
}

TEST_CASE("a session without a database may be in one that the mirror lacks wrongly") {
  Log log;
  log.connect(1, "").query(1, "USE other").query(1, "insert into t values (1)");
  CHECK(database_of(log.plan({}, lacking("other")), "insert") == "?");
}

TEST_CASE("the process list refutes a USE of a schema that is not mirrored") {
  const auto database = [](const std::string& listed, Micros made) {
    Log log;
    log.connect(1).query(1, "USE elsewhere").query(1, "insert into t values (1)");
    log.live({1}, {{1, listed}}).batch().header.made = made;
    return database_of(log.plan(), "insert");
  };
  CHECK(database("app", 5'000'000) == "app");
  CHECK(database("elsewhere", 5'000'000) == "elsewhere");
  CHECK(database("app", 1'500'000) == "elsewhere");  // it may have been under way
}
