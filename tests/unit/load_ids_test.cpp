// Which ids an INSERT takes.
#include "loader/apply/foreign_keys.h"
#include "loader/apply/new_ids.h"
#include "loader/apply/replace_ids.h"
#include "tests/support/catch.h"

using namespace dw;
using namespace dw::load;

TEST_CASE("an INSERT's first row") {
  const FirstRow first =
      first_row("INSERT INTO t (a,b) VALUES (1,f(2)), (3,4), (5,6) ON DUPLICATE KEY UPDATE a=1", {});
  CHECK(first.statement == "INSERT INTO t (a,b) VALUES (1,f(2))");
  CHECK(first.row == "(1,f(2))");
  CHECK(first.rows == 3);
  CHECK(repeated(first) == "INSERT INTO t (a,b) VALUES (1,f(2)),(1,f(2)),(1,f(2))");
  CHECK(first_row("INSERT INTO t VALUES (1,')')", {}).rows == 1);
  CHECK(first_row("INSERT INTO t SET a=1", {}).rows == 0);
  CHECK(first_row("INSERT INTO t SELECT 1", {}).rows == 0);
}

TEST_CASE("foreign keys are checked by the engine in MariaDB and in older MySQL") {
  const auto by_engine = [](const char* version) {
    return keys_by_engine(sql::ServerVersion::parse(version));
  };
  CHECK(by_engine("10.11.19-MariaDB"));
  CHECK(by_engine("8.4.3"));
  CHECK_FALSE(by_engine("9.7.4"));
}

TEST_CASE("whether the id that is reported is the statement's own") {
  const auto gives = [](const char* text) { return gives_new_ids(sql::classify(text), "id"); };
  CHECK(gives("INSERT INTO t (a) VALUES (1)"));
  CHECK(gives("INSERT INTO t (id, a) VALUES (NULL, 1)"));
  CHECK(gives("INSERT INTO t (a) SELECT a FROM t"));
  CHECK(gives("INSERT INTO t (a) VALUES (1) ON DUPLICATE KEY UPDATE a=2"));
  CHECK_FALSE(gives("INSERT INTO t (id, a) VALUES (NULL, 1) ON DUPLICATE KEY UPDATE a=2"));
  CHECK_FALSE(gives("INSERT INTO t VALUES (NULL, 1) ON DUPLICATE KEY UPDATE a=2"));
  CHECK_FALSE(gives("UPDATE t SET a=1"));
  CHECK_FALSE(gives_new_ids(sql::classify("INSERT INTO t VALUES (1)"), ""));
}

namespace {

sql::TableKey key_of_id_and_d() {
  sql::TableKey out;
  out.columns = {{"id", sql::KeyType::integer, 0, 1'000'000}};
  out.table_columns = {"id", "d"};
  out.auto_increment = "id";
  out.other_unique = true;
  return out;
}

constexpr std::nullopt_t kNew = std::nullopt;

}  // namespace

TEST_CASE("which rows of a REPLACE name their ids") {
  const auto ids = [](const char* text, bool zero_is_a_value = false) {
    return ids_of_replace(sql::classify(text), key_of_id_and_d(), {}, zero_is_a_value);
  };
  const char* mixed = "REPLACE INTO t (d, `ID`) VALUES (f(1,2), NULL), ('(', 59), (3, 0), (4, DEFAULT)";
  CHECK(ids(mixed) == RowIds{kNew, 59, kNew, kNew});
  CHECK(ids(mixed, true) == RowIds{kNew, 59, 0, kNew});
  CHECK(ids("REPLACE t VALUES (NULL,1),(5,2),(NULL,3)") == RowIds{kNew, 5, kNew});
  CHECK(ids("REPLACE t VALUES (5,2),(NULL,3),(NULL,4)").empty());  // values are reserved once
  CHECK(ids("REPLACE t (d) VALUES (5),(6)").empty());
  CHECK(ids("REPLACE t VALUES (NULL,1),(@a,2),(NULL,3)").empty());
  CHECK(ids("REPLACE t VALUES (NULL,1),(-5,2),(NULL,3)").empty());
  CHECK(ids("REPLACE t SELECT NULL, 1").empty());
  CHECK(ids("INSERT t VALUES (NULL,1),(5,2),(NULL,3)").empty());
}

// As MySQL 9.7 had it, MariaDB 10.11 too but where it refused the statement (marked): a table of id and d,
// both unique, with ids 1 and 2.
TEST_CASE("the counter behind a REPLACE whose ids are reserved more than once") {
  const auto behind = [](const RowIds& rows, std::set<std::uint64_t> there = {}) {
    return counter_behind(3, rows, std::move(there), true);
  };
  CHECK(behind({kNew, 59, kNew}) == 61);
  CHECK(behind({kNew, 4, kNew}) == 6);  // within what was reserved
  CHECK(behind({kNew, 59, kNew, 1, 2}, {1, 2}) == 63);
  CHECK(behind({kNew, 59, kNew, 99, kNew}) == 101);
  CHECK(behind({kNew, 2, 59, kNew}, {2}) == 62);     // refused
  CHECK(behind({kNew, 2, 59, kNew, 7}, {2}) == 61);  // refused
  CHECK(behind({kNew, 59, kNew, kNew, kNew, kNew}) == 64);
  CHECK(behind({kNew, 1, 59, kNew}, {1}) == 62);
  CHECK(behind({kNew, 1, 2, 1, 59, kNew, 9}, {1, 2}) == 62);
}
