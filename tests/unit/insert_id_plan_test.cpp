#include "loader/plan/insert_id_plan.h"

#include "tests/support/catch.h"

using namespace dw;
using namespace dw::load;

namespace {

// Statements named by letter: R reads, M may set, S surely sets, N does neither, Q is the session's end.
struct Scene {
  Batch batch;
  Plan plan;
  std::string kinds;

  Scene& add(std::uint64_t thread, char kind) {
    Event event;
    event.thread_id = thread;
    event.command = kind == 'Q' ? Command::quit : Command::query;
    Unit unit;
    unit.event = static_cast<std::uint32_t>(batch.events.size());
    unit.is_statement = kind != 'Q';
    unit.treatment = kind == 'Q' ? Treatment::ignore : Treatment::run;
    batch.events.push_back(event);
    plan.units.push_back(unit);
    kinds += kind;
    return *this;
  }
  std::string tracked(bool may_fail = false) {
    const InsertIdUses uses{
        [&](const Unit& unit) { return kinds[unit.event] == 'R'; },
        [&](const Unit& unit) {
          const char kind = kinds[unit.event];
          return kind == 'S' ? SetsInsertId::surely : kind == 'M' ? SetsInsertId::maybe : SetsInsertId::never;
        },
        may_fail};
    std::string out;
    for (const bool one : track_insert_ids(batch, plan, uses).tracked) out += one ? 'x' : '.';
    return out;
  }
};

}  // namespace

TEST_CASE("only what a session's reader needs is tracked, back to what surely sets the value") {
  CHECK(Scene().add(1, 'S').add(1, 'S').add(1, 'R').add(1, 'Q').tracked() == ".xx.");
  CHECK(Scene().add(1, 'S').add(1, 'M').add(1, 'N').add(1, 'R').add(1, 'Q').tracked() == "xx.x.");
  CHECK(Scene().add(1, 'S').add(2, 'S').add(1, 'R').add(1, 'Q').add(2, 'Q').tracked() == "x.x..");
  CHECK(Scene().add(1, 'R').add(1, 'S').add(1, 'Q').tracked() == "x..");
}

TEST_CASE("where a statement that sets the value may fail, so are those before it") {
  CHECK(Scene().add(1, 'S').add(1, 'N').add(1, 'S').add(1, 'R').add(1, 'Q').tracked(true) == "x.xx.");
}

TEST_CASE("the last value of a session that goes on is tracked") {
  CHECK(Scene().add(1, 'S').add(1, 'S').add(2, 'S').tracked() == ".xx");
  CHECK(Scene().add(1, 'S').add(1, 'M').tracked() == "xx");
  Scene killed;
  killed.add(1, 'S').plan.ended = {1};
  CHECK(killed.tracked() == ".");
}
