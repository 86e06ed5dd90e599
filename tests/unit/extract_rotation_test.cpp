#include "extractor/rotation.h"
#include "tests/support/catch.h"

using namespace dw;
using namespace dw::extract;

namespace {

const std::string kBackup(32, 'a');
const std::string kCurrent(32, 'b');

RotationFacts facts(std::optional<Cursor> after = std::nullopt) {
  RotationFacts out;
  out.now = 10 * kHour;
  out.generations = {{{kBackup, 0, false}, {50, 50, 500, 0}},
                     {{kCurrent, 9 * kHour, true}, {100, 100, 1000, 0}}};
  out.after = std::move(after);
  return out;
}

RotateConfig small_limit() {
  RotateConfig config;
  config.max_rows = 100;
  return config;
}

RotationAnswer answer(const RotationFacts& given, const RotateConfig& config = small_limit()) {
  return decide_rotation(config, given).answer;
}

}  // namespace

TEST_CASE("RotationNeedsThatTheBackupWasDelivered") {
  CHECK(answer(facts()) == RotationAnswer::cursor_needed);
  CHECK(answer(facts(Cursor{kBackup, 49, 0})) == RotationAnswer::not_now);
  CHECK(answer(facts(Cursor{kBackup, 51, 0})) == RotationAnswer::not_now);
  CHECK(answer(facts(Cursor{kBackup, 50, 0})) == RotationAnswer::allowed);
  CHECK(answer(facts(Cursor{kCurrent, 0, 0})) == RotationAnswer::allowed);
  CHECK(answer(facts(Cursor{std::string(32, 'c'), 0, 0})) == RotationAnswer::not_now);
}

TEST_CASE("RotationWithoutBackupNeedsNoCursor") {
  RotationFacts given = facts();
  given.generations.erase(given.generations.begin());
  CHECK(answer(given) == RotationAnswer::allowed);
}

TEST_CASE("LeftoverOfACutRotationMustBeDeliveredToo") {
  RotationFacts given = facts(Cursor{std::string(32, 'c'), 10, 0});
  given.generations.insert(given.generations.begin(), {{std::string(32, 'c'), 0, false}, {10, 10, 10, 0}});
  CHECK(answer(given) == RotationAnswer::not_now);
  given.after = Cursor{kBackup, 50, 0};
  CHECK(answer(given) == RotationAnswer::allowed);
}

TEST_CASE("RotationOnlyPastALimit") {
  RotateConfig config;
  CHECK(answer(facts(Cursor{kCurrent, 0, 0}), config) == RotationAnswer::not_now);
  config.max_bytes = 1000;
  CHECK(answer(facts(Cursor{kCurrent, 0, 0}), config) == RotationAnswer::allowed);
  config = {};
  config.max_rows = 0;
  CHECK(answer(facts(Cursor{kCurrent, 0, 0}), config) == RotationAnswer::allowed);
  config.enabled = false;
  CHECK(answer(facts(Cursor{kCurrent, 0, 0}), config) == RotationAnswer::not_now);
}

TEST_CASE("AmazonsLogIsRotatedOnceAnHour") {
  RotationFacts given = facts(Cursor{kCurrent, 0, 0});
  given.rds = true;
  CHECK(answer(given) == RotationAnswer::allowed);
  given.now -= 1;
  CHECK(answer(given) == RotationAnswer::not_now);
  given.rds = false;
  CHECK(answer(given) == RotationAnswer::allowed);
}

TEST_CASE("LogThatIsOffOrEmptyIsNotRotated") {
  RotationFacts given = facts(Cursor{kCurrent, 0, 0});
  given.log_enabled = false;
  CHECK(answer(given) == RotationAnswer::not_now);
  given = facts(Cursor{kBackup, 50, 0});
  given.generations.pop_back();
  CHECK(answer(given) == RotationAnswer::not_now);
  given.generations.clear();
  CHECK(answer(given) == RotationAnswer::not_now);
}
