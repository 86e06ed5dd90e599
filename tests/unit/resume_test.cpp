#include "loader/plan/resume.h"

#include "common/util/error.h"
#include "tests/support/catch.h"

using namespace dw;

namespace {

const std::string kOld = generation_fingerprint("old");
const std::string kNew = generation_fingerprint("new");

// Events 5 to 7 of the old generation, 0 to 2 of the new one.
Batch batch() {
  Batch out;
  out.header.generations = {kOld, kNew};
  out.header.after = Cursor{kOld, 5, 0};
  out.header.next = {kNew, 3, 0};
  for (const auto& [generation, index] :
       {std::pair{0U, 5U}, {0U, 6U}, {0U, 7U}, {1U, 0U}, {1U, 1U}, {1U, 2U}}) {
    Event event;
    event.generation = generation;
    event.index = index;
    out.events.push_back(event);
  }
  return out;
}

std::size_t left_behind(const Cursor& checkpoint) {
  Batch one = batch();
  return load::leave_out_applied(one, checkpoint) ? one.events.size() : 0;
}

}  // namespace

TEST_CASE("what lies before the checkpoint is left out") {
  CHECK(left_behind({kOld, 5, 0}) == 6);
  CHECK(left_behind({kOld, 7, 0}) == 4);
  CHECK(left_behind({kOld, 8, 0}) == 3);
  CHECK(left_behind({kNew, 2, 0}) == 1);
  CHECK(left_behind({kNew, 3, 0}) == 0);
  CHECK(left_behind({kNew, 9, 0}) == 0);
}

TEST_CASE("a batch behind a hole, or of another log, is refused") {
  CHECK_THROWS_AS(left_behind({kOld, 4, 0}), Error);
  CHECK_THROWS_AS(left_behind({generation_fingerprint("other"), 5, 0}), Error);
}

TEST_CASE("a batch asked for by time must reach back to the checkpoint") {
  Batch one = batch();
  one.header.after.reset();
  CHECK_THROWS_AS(load::leave_out_applied(one, {kOld, 4, 0}), Error);
  CHECK(load::leave_out_applied(one, {kOld, 6, 0}));
  CHECK(one.events.size() == 5);
}

TEST_CASE("a batch that reports the gap behind the checkpoint is taken whole") {
  Batch one = batch();
  const Cursor gone{generation_fingerprint("gone"), 9, 0};
  one.header.after = gone;
  one.header.gap = Gap{gone, {kOld, 5, 0}};
  CHECK(load::leave_out_applied(one, gone));
  CHECK(one.events.size() == 6);
}

TEST_CASE("batches put together keep their order and the generations of both") {
  Batch first = batch();
  Batch second = batch();
  second.header.generations = {kNew, generation_fingerprint("newest")};
  second.header.next = {second.header.generations[1], 3, 0};
  for (Event& event : second.events) event.index += 10;
  append_batch(first, std::move(second));
  CHECK(first.events.size() == 12);
  CHECK(first.header.generations.size() == 3);
  CHECK(first.events[6].generation == 1);
  CHECK(first.events[9].generation == 2);
  CHECK(first.header.after->same_place({kOld, 5, 0}));
  CHECK(first.header.next.fingerprint == generation_fingerprint("newest"));
}
