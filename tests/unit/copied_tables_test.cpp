#include "loader/baseline/copied_tables.h"

#include "tests/support/catch.h"
#include "tests/unit/plan_log.h"

using namespace dw;
using namespace dw::load;
using dw::test::Log;

namespace {

const std::string kFirst(32, 'a');
const std::string kSecondPiece(32, 'b');

std::string list(const std::string& nonce) {
  return "/* dw-extract mark " + nonce + " list */ SHOW PROCESSLIST";
}
std::string inside(const std::string& nonce) {
  return "/* dw-extract mark " + nonce + " inside */ SELECT 1";
}

// A copy of tables t and u at one marker, and late at a second one, each where the log has its list.
CopyState copy_of(const Batch& batch, std::vector<std::uint64_t> busy = {}) {
  CopyState out;
  out.finished = true;
  for (std::size_t i = 0; i < batch.events.size(); ++i) {
    for (const std::string& nonce : {kFirst, kSecondPiece}) {
      if (batch.events[i].text != list(nonce)) continue;
      CopyMarker& marker = out.markers.emplace_back();
      marker.nonce = nonce;
      marker.cursor = batch.cursor_before(i);
      marker.busy = busy;
    }
  }
  for (const char* name : {"t", "u", "late"}) {
    TableCopy& table = out.tables.emplace_back();
    table.schema = "app";
    table.table = name;
    table.step = CopyStep::done;
    table.marker = name == std::string("late") && out.markers.size() > 1 ? kSecondPiece : kFirst;
  }
  return out;
}

// What becomes of the statement with this text: "run", "run?" with a suspicion, "left out", "left out?".
std::string fate_of(const test::Planned& plan, const std::string& text) {
  for (const Unit& unit : plan.units) {
    if (!unit.is_statement || unit.statement.text != text) continue;
    const bool runs = unit.treatment == Treatment::run || unit.treatment == Treatment::run_and_undo;
    return std::string(runs ? "run" : "left out") + (unit.suspicion.empty() ? "" : "?");
  }
  return "not in the plan";
}

test::Planned sifted(Log& log, const std::vector<std::uint64_t>& busy = {}) {
  test::Planned plan = log.plan();
  leave_out_copied(plan, log.batch(), copy_of(log.batch(), busy));
  return plan;
}

}  // namespace

TEST_CASE("WhatCommittedBeforeTheMarkerIsInTheCopy") {
  Log log;
  log.connect(1).connect(2);
  log.query(1, "INSERT INTO t VALUES (1)");
  log.query(2, "BEGIN").query(2, "UPDATE u SET n=1").query(1, "BEGIN").query(1, "INSERT INTO t VALUES (2)");
  log.query(2, "COMMIT").query(2, "SELECT 1");
  log.query(9, list(kFirst)).query(9, inside(kFirst));
  log.query(1, "INSERT INTO t VALUES (3)").query(1, "COMMIT").query(2, "UPDATE u SET n=2");
  const auto plan = sifted(log);
  CHECK(fate_of(plan, "INSERT INTO t VALUES (1)") == "left out");
  CHECK(fate_of(plan, "UPDATE u SET n=1") == "left out");
  CHECK(fate_of(plan, "INSERT INTO t VALUES (2)") == "run");  // it committed behind the marker
  CHECK(fate_of(plan, "INSERT INTO t VALUES (3)") == "run");
  CHECK(fate_of(plan, "UPDATE u SET n=2") == "run");
}

TEST_CASE("WhatWasUnderWayAtTheMarkerIsInDoubt") {
  Log log;
  log.connect(1).connect(2);
  log.query(1, "UPDATE t SET n=1").query(2, "UPDATE u SET n=1").query(1, "UPDATE t SET n=2");
  log.query(9, list(kFirst))
      .query(2, "UPDATE u SET n=2")
      .query(9, inside(kFirst))
      .query(1, "UPDATE t SET n=3");
  const auto plan = sifted(log, {1});
  CHECK(fate_of(plan, "UPDATE t SET n=1") == "left out");
  CHECK(fate_of(plan, "UPDATE t SET n=2") == "left out?");  // thread 1 was running it
  CHECK(fate_of(plan, "UPDATE u SET n=1") == "left out");
  CHECK(fate_of(plan, "UPDATE u SET n=2") == "run?");  // sent while the snapshot was opened
  CHECK(fate_of(plan, "UPDATE t SET n=3") == "run");
}

// The copied counters have passed the ids of what stands before the marker, and ends behind it.
TEST_CASE("WhatBeganBeforeTheMarkerHadItsIdsBefore") {
  Log log;
  log.connect(1).connect(2).query(1, "BEGIN").query(2, "BEGIN");
  log.query(1, "INSERT INTO t (n) VALUES (1)").query(2, "INSERT INTO u (n) VALUES (1)");
  log.query(9, list(kFirst)).query(9, inside(kFirst));
  log.query(1, "INSERT INTO t (n) VALUES (2)").query(1, "COMMIT").query(2, "ROLLBACK");
  test::Planned plan = log.plan();
  const auto before = leave_out_copied(plan, log.batch(), copy_of(log.batch()));
  REQUIRE(before.size() == 1);
  CHECK(plan.units[before[0]].statement.text == "INSERT INTO t (n) VALUES (1)");
  CHECK(fate_of(plan, "INSERT INTO t (n) VALUES (1)") == "run");
  CHECK(fate_of(plan, "INSERT INTO u (n) VALUES (1)") == "left out");
}

TEST_CASE("EachTableHasTheMarkerOfItsSnapshot") {
  Log log;
  log.connect(1);
  log.query(9, list(kFirst)).query(9, inside(kFirst));
  log.query(1, "UPDATE t SET n=1")
      .query(1, "UPDATE late SET n=1")
      .query(1, "UPDATE t, late SET t.n=2, late.n=2");
  log.query(1, "CREATE TABLE app.made (n INT)").query(1, "ALTER TABLE late ADD COLUMN m INT");
  log.query(1, "CREATE VIEW app.v AS SELECT 1").query(1, "CALL app.p()");
  log.query(10, list(kSecondPiece)).query(10, inside(kSecondPiece)).query(1, "UPDATE late SET n=3");
  const auto plan = sifted(log);
  CHECK(fate_of(plan, "UPDATE t SET n=1") == "run");
  CHECK(fate_of(plan, "UPDATE late SET n=1") == "left out");
  CHECK(fate_of(plan, "UPDATE t, late SET t.n=2, late.n=2") == "run?");
  CHECK(fate_of(plan, "CREATE TABLE app.made (n INT)") == "run");
  CHECK(fate_of(plan, "ALTER TABLE late ADD COLUMN m INT") == "left out");
  CHECK(fate_of(plan, "CREATE VIEW app.v AS SELECT 1") == "left out");  // programs are the last snapshot's
  CHECK(fate_of(plan, "CALL app.p()") == "run?");
  CHECK(fate_of(plan, "UPDATE late SET n=3") == "run");
}

TEST_CASE("WhatBelongsToTheSessionRunsWhereverItStands") {
  Log log;
  log.connect(1);
  log.query(1, "SET @a=5")
      .query(1, "CREATE TEMPORARY TABLE tmp (n INT)")
      .query(1, "INSERT INTO tmp VALUES (1)");
  log.query(9, list(kFirst)).query(9, inside(kFirst)).query(1, "INSERT INTO t SELECT n FROM tmp");
  const auto plan = sifted(log);
  CHECK(fate_of(plan, "CREATE TEMPORARY TABLE tmp (n INT)") == "run");
  CHECK(fate_of(plan, "INSERT INTO tmp VALUES (1)") == "run");
  CHECK(fate_of(plan, "INSERT INTO t SELECT n FROM tmp") == "run");
  for (const Unit& unit : plan.units) {
    if (unit.is_statement && unit.statement.text == "SET @a=5") CHECK(unit.treatment == Treatment::set_state);
  }
}

TEST_CASE("MarkersArePassedOnce") {
  Log log;
  log.connect(1).query(9, list(kFirst)).query(9, inside(kFirst)).query(1, "UPDATE t SET n=1");
  const auto plan = log.plan();
  CopyState copy = copy_of(log.batch());
  CHECK(markers_passed(plan, log.batch(), copy) == std::vector<std::string>{kFirst});
  Log next;
  next.connect(1).query(1, "UPDATE t SET n=2");
  CHECK(markers_passed(next.plan(), next.batch(), copy).empty());
  // Passed, it has nothing to say of what follows.
  copy.markers[0].passed = true;
  copy.markers[0].cursor.index = 1'000;
  auto later = next.plan();
  leave_out_copied(later, next.batch(), copy);
  CHECK(fate_of(later, "UPDATE t SET n=2") == "run");
}
