#include "loader/plan/completeness.h"

#include <nlohmann/json.hpp>

#include "loader/plan/source_signs.h"
#include "tests/support/catch.h"

using namespace dw;
using load::compare_counters;
using load::Counted;
using load::CountState;
using load::foreign_because;

namespace {

const std::string kLog = generation_fingerprint("g");

ServerCounters values(std::uint64_t inserts, std::uint64_t inner = 0, std::uint64_t running = 1) {
  return {{"Com_insert", inserts},
          {"Com_stmt_reprepare", 0},
          {"Questions", 5000},
          {"Queries", 5000 + inner},
          {"Threads_running", running}};
}

// A reading at row `index`, as of which the batch shows so many changes.
CounterReading reading(std::uint64_t index, Micros seconds, std::uint64_t shown, ServerCounters counters) {
  return {{0, index}, seconds * kSecond, kSecond, std::move(counters), {shown, 0, 0}, {shown, 0, 0}};
}

BatchHeader batch(std::optional<std::uint64_t> after, std::uint64_t next, std::uint64_t changes,
                  std::vector<CounterReading> readings) {
  BatchHeader out;
  out.generations = {kLog};
  if (after) out.after = Cursor{kLog, *after, 0};
  out.next = {kLog, next, 0};
  out.logged.changes = changes;
  out.counters = std::move(readings);
  return out;
}

// Two batches: 100 changes at the first reading, and 20 shown between it and the second.
Counted second_of(ServerCounters second, Tally between = {20, 0, 0}) {
  const Counted first =
      compare_counters(std::nullopt, batch({}, 12, 5, {reading(9, 10, 5, values(100))}), {kLog, 12, 0});
  CHECK_FALSE(first.missing);
  CounterReading last = reading(40, 20, 0, std::move(second));
  last.before = last.through = between;
  return compare_counters(first.state, batch(12, 50, between.changes, {last}), {kLog, 50, 0});
}

}  // namespace

TEST_CASE("what the counters counted and the log does not show is missing") {
  CHECK_FALSE(second_of(values(120)).missing);
  const auto missing = second_of(values(1120)).missing;
  REQUIRE(missing);
  CHECK(missing->statements == 999);  // one may have been under way
  CHECK(missing->counters == "Com_insert 1020");
  CHECK(missing->since == 10 * kSecond);
  CHECK(missing->until == 20 * kSecond);
}

TEST_CASE("what may have been under way, and a few statements, are not told") {
  CHECK_FALSE(second_of(values(131)).missing);
  CHECK(second_of(values(132)).missing);
  CHECK_FALSE(second_of(values(100)).missing);  // statements that failed before they were counted
  CounterReading base = reading(9, 10, 5, values(100, 0, 40));
  const Counted first = compare_counters(std::nullopt, batch({}, 12, 5, {base}), {kLog, 12, 0});
  CHECK_FALSE(
      compare_counters(first.state, batch(12, 50, 20, {reading(40, 20, 20, values(170))}), {kLog, 50, 0})
          .missing);
}

TEST_CASE("what procedures run counts, and is in no log") {
  CHECK_FALSE(second_of(values(1120, 1000), {20, 1, 0}).missing);
  CHECK(second_of(values(1120, 1000), {20, 0, 0}).missing);
  CHECK(second_of(values(2120, 1000), {20, 1, 0}).missing);
}

TEST_CASE("statements that are prepared anew count twice") {
  ServerCounters counters = values(220);
  counters["Com_stmt_reprepare"] = 100;
  CHECK_FALSE(second_of(counters).missing);
}

TEST_CASE("nothing is said across a restart, of counters set back, or of what cannot be counted") {
  CHECK_FALSE(second_of(values(1120), {20, 0, 1}).missing);
  CHECK_FALSE(second_of(values(99)).missing);
  const Counted first =
      compare_counters(std::nullopt, batch({}, 12, 5, {reading(9, 10, 5, values(100))}), {kLog, 12, 0});
  CounterReading later = reading(40, 20, 0, values(5000));
  later.started = 5 * kSecond;
  const Counted second = compare_counters(first.state, batch(12, 50, 0, {later}), {kLog, 50, 0});
  CHECK_FALSE(second.missing);
  // It is what comes next that is held against it.
  const Counted third =
      compare_counters(second.state, batch(50, 60, 0, {reading(55, 30, 0, values(6000))}), {kLog, 60, 0});
  CHECK_FALSE(third.missing);
}

TEST_CASE("a batch that begins before the last reading counts from that reading on") {
  const Counted first =
      compare_counters(std::nullopt, batch({}, 100, 50, {reading(90, 10, 45, values(100))}), {kLog, 30, 0});
  // From row 30 on: 40 changes before the reading that is known, 20 behind it.
  const auto again = [&](std::uint64_t inserts) {
    return compare_counters(
        first.state,
        batch(30, 150, 70, {reading(90, 10, 40, values(100)), reading(120, 20, 60, values(inserts))}),
        {kLog, 150, 0});
  };
  CHECK_FALSE(again(120).missing);
  CHECK(again(140).missing);
}

TEST_CASE("a batch that does not follow begins anew") {
  const Counted first =
      compare_counters(std::nullopt, batch({}, 12, 5, {reading(9, 10, 5, values(100))}), {kLog, 12, 0});
  const Counted second =
      compare_counters(first.state, batch(20, 50, 0, {reading(40, 20, 0, values(5000))}), {kLog, 50, 0});
  CHECK_FALSE(second.missing);
  CHECK(second.state->time == 20 * kSecond);
}

TEST_CASE("batches without a reading add to what was shown") {
  Counted now =
      compare_counters(std::nullopt, batch({}, 12, 5, {reading(9, 10, 5, values(100))}), {kLog, 12, 0});
  now = compare_counters(now.state, batch(12, 50, 500, {}), {kLog, 50, 0});
  CHECK_FALSE(now.missing);
  const CountState kept = load::count_state_from(to_json(*now.state));
  CHECK(kept.behind.changes == 500);
  CHECK_FALSE(
      compare_counters(kept, batch(50, 70, 0, {reading(60, 20, 0, values(600))}), {kLog, 70, 0}).missing);
  CHECK(compare_counters(kept, batch(50, 70, 0, {reading(60, 20, 0, values(620))}), {kLog, 70, 0}).missing);
}

TEST_CASE("a few statements at a time add up within a minute") {
  Counted now =
      compare_counters(std::nullopt, batch({}, 12, 5, {reading(9, 10, 5, values(100))}), {kLog, 12, 0});
  bool told = false;
  for (std::uint64_t i = 1; i <= 4; ++i) {
    now = compare_counters(now.state,
                           batch(i * 12, i * 12 + 12, 0,
                                 {reading(i * 12 + 5, 10 + static_cast<Micros>(i), 0, values(100 + 5 * i))}),
                           {kLog, i * 12 + 12, 0});
    told = told || now.missing.has_value();
  }
  CHECK(told);
}

TEST_CASE("a source that is another one, or went back, is known by its signs") {
  load::SourceSigns signs{"uuid-1", 1000, 50 * kSecond, std::nullopt};
  BatchHeader header = batch(12, 50, 0, {});
  header.source.id = "shop";
  header.source.server_version = "9.7.4";
  header.source.server = "uuid-1";
  header.source.durable = 1000;
  header.made = 60 * kSecond;
  const auto why = [&] { return foreign_because("shop", signs, header); };
  CHECK(why().empty());
  header.source.durable = 999;
  CHECK_THAT(why(), Catch::Contains("went back to an earlier state"));
  header.made = 40 * kSecond;  // a batch of before
  CHECK(why().empty());
  header.source.durable = 0;  // a server that does not tell
  header.made = 60 * kSecond;
  CHECK(why().empty());
  header.source.server = "uuid-2";
  CHECK_THAT(why(), Catch::Contains("another server answers for source shop: uuid-2"));
  header.source.server_version = "10.11.19-MariaDB";  // whose id changes when it moves
  CHECK(why().empty());
  header.gap = Gap{};
  CHECK_THAT(why(), Catch::Contains("another server answers"));
  header.source.id = "other";
  CHECK_THAT(why(), Catch::Contains("comes from source other, and this mirror follows shop"));
}
