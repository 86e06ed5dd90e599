#include "common/log/batch.h"
#include "loader/apply/suspects.h"
#include "loader/apply/table_keys.h"
#include "loader/apply/unseen_replace.h"
#include "tests/support/catch.h"

using namespace dw;
using namespace dw::load;

namespace {

const std::vector<sql::KeyColumn> kId{{"id", sql::KeyType::integer, -1000000, 1000000}};
const std::vector<sql::KeyColumn> kCode{{"c", sql::KeyType::text}};

LogPlace at(std::uint64_t thread, Micros time = 1) {
  return {0, "here", time, thread};
}

// "scope keys thread" of each.
std::vector<std::string> told(Suspects& suspects) {
  std::vector<std::string> out;
  for (const SuspectEntry& one : suspects.take(Batch{})) {
    out.push_back(std::string(kSuspectScopes[static_cast<std::size_t>(one.scope)]) + " " + one.keys + " " +
                  std::to_string(one.thread));
  }
  return out;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("ranges of ids that touch are one, and the last place counts") {
  Suspects suspects;
  suspects.add_ids("app", "t", "id", {1, 5}, "x", at(1));
  suspects.add_ids("app", "t", "id", {6, 9}, "x", at(2));
  suspects.add_ids("app", "t", "id", {1000, 1001}, "x", at(3));
  CHECK(told(suspects) ==
        Lines{R"(ids {"column":"id","from":1,"to":9} 3)", R"(ids {"column":"id","from":1000,"to":1001} 3)"});
  CHECK(told(suspects).empty());
}

TEST_CASE("a definition in doubt is told with its statements") {
  Suspects suspects;
  suspects.add_definition("app", "t", kDefinitionInDoubt, "ALTER TABLE t ADD a INT", at(1));
  suspects.add_definition("app", "t", kDefinitionInDoubt, "ALTER TABLE t DROP b", at(2));
  CHECK(told(suspects) ==
        Lines{R"(table {"statements":["ALTER TABLE t ADD a INT","ALTER TABLE t DROP b"]} 2)"});
}

TEST_CASE("a hundred thousand ranges become a few that hold them all") {
  std::vector<IdRange> ranges;
  for (std::int64_t i = 0; i < 100'000; ++i) ranges.push_back({i * 1000, i * 1000 + 1});
  ranges.push_back({500'000'000, {}});
  const auto few = joined(ranges, 8);
  CHECK(few.size() <= 8);
  CHECK(few.front().from == 0);
  CHECK_FALSE(few.back().to);
  for (const IdRange& one : ranges) {
    const bool held = std::any_of(few.begin(), few.end(), [&](const IdRange& range) {
      return range.from <= one.from && (!range.to || (one.to && *one.to <= *range.to));
    });
    if (!held) FAIL(one.from);
  }
}

TEST_CASE("the widest gaps stay open") {
  const auto two = joined({{1, 2}, {5000, 5001}, {90'000, 90'001}, {91'000, 91'001}}, 2);
  REQUIRE(two.size() == 2);
  CHECK(two[0].to == 5001);
  CHECK(two[1].from == 90'000);
}

TEST_CASE("ids of a statement that failed widen what stands beside") {
  Suspects suspects;
  suspects.add_lost_ids("app", "t", 2, "x");
  suspects.add_ids("app", "t", "id", {7, 7}, "x", at(1));
  suspects.add_lost_ids("app", "t", 1, "x");
  CHECK(told(suspects) == Lines{R"(ids {"column":"id","from":5,"to":8} 1)"});
  suspects.add_lost_ids("app", "t", 1, "x");
  CHECK(told(suspects).empty());
}

TEST_CASE("rows come once; too many integers are a range, too many texts the table") {
  Suspects suspects;
  for (int i = 0; i < 3; ++i) suspects.add_rows("app", "t", kId, {{"7"}, {"5"}}, "x", at(1));
  CHECK(told(suspects) == Lines{R"(keys {"columns":["id"],"rows":[["5"],["7"]]} 1)"});
  for (int i = 0; i < 25'000; ++i) {
    suspects.add_rows("app", "t", kId, {{std::to_string(i * 1000 - 5)}}, "x", at(1));
    suspects.add_rows("app", "code", kCode, {{"c" + std::to_string(i)}}, "x", at(1));
  }
  const Lines wide = told(suspects);
  CHECK(wide.front() == "table  1");
  CHECK(wide.back().starts_with("ids "));
}

TEST_CASE("rows that stand together are a range, though there are not too many of them") {
  Suspects suspects;
  for (int i = 0; i < 5000; ++i) {
    suspects.add_rows("app", "t", kId, {{std::to_string(i - 5)}}, "x", at(1));
    suspects.add_rows("app", "u", kId, {{std::to_string(i * 1000)}}, "x", at(1));
  }
  const Lines lines = told(suspects);
  REQUIRE(lines.size() == 2);
  CHECK(lines[0] == R"(ids {"column":"id","from":-5,"to":4994} 1)");
  CHECK(lines[1].starts_with("keys "));
}

TEST_CASE("a key that is no text is not written down: the table is") {
  Suspects suspects;
  suspects.add_rows("app", "code", kCode, {{"\xFF"}}, "x", at(1));  // no text that JSON can hold
  CHECK(told(suspects) == Lines{"table  1"});
}

TEST_CASE("a table holds its rows of the same reason, and an unknown schema is everything") {
  Suspects suspects;
  suspects.add_ids("app", "t", "id", {1, 5}, "x", at(1));
  suspects.add_table("app", "t", "x", at(2));
  suspects.add_ids("app", "t", "id", {7, 8}, "x", at(3));
  suspects.add_ids("app", "t", "id", {7, 8}, "y", at(4));
  CHECK(told(suspects) == Lines{"table  3", R"(ids {"column":"id","from":7,"to":8} 4)"});
  suspects.add_table("", "t", "x", at(1));
  CHECK(told(suspects) == Lines{"all  1"});
}

TEST_CASE("defaults that read the clock or that no replay repeats, in both dialects") {
  for (const char* text : {"CURRENT_TIMESTAMP", "current_timestamp()", "on update current_timestamp()"}) {
    CHECK(reads_clock(text));
    CHECK_FALSE(is_inexact(text));
  }
  for (const char* text : {"CURRENT_TIMESTAMP(6)", "current_timestamp(3)", "uuid()",
                           "DEFAULT_GENERATED on update CURRENT_TIMESTAMP(6)", "rand() * 5"}) {
    CHECK(is_inexact(text));
  }
  CHECK_FALSE(reads_clock("0"));
}

TEST_CASE("which statements may have replaced rows where they did not run") {
  const auto replaces = [](const char* sql) { return replaces_rows(sql::classify(sql), {}); };
  CHECK(replaces("REPLACE INTO t VALUES (1)"));
  CHECK(replaces("LOAD DATA LOCAL INFILE 'x' REPLACE INTO TABLE t"));
  CHECK(replaces("LOAD XML LOW_PRIORITY INFILE 'x' REPLACE INTO TABLE t"));
  CHECK_FALSE(replaces("LOAD DATA INFILE 'x' IGNORE INTO TABLE t"));
  CHECK_FALSE(replaces("LOAD DATA LOCAL INFILE 'x' INTO TABLE t (@v) SET a = REPLACE(@v, 'x', 'y')"));
  CHECK_FALSE(replaces("INSERT INTO t VALUES (REPLACE('a','b','c'))"));
  const auto takes = [](const char* sql, bool call_may) {
    return takes_rows(sql::classify(sql), {}, call_may);
  };
  CHECK(takes("DELETE FROM t", false));
  CHECK(takes("CALL p()", true));
  CHECK_FALSE(takes("CALL p()", false));
  CHECK_FALSE(takes("UPDATE t SET a=1", true));
}
