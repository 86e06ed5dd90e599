// Which ids an INSERT takes.
#include "loader/apply/foreign_keys.h"
#include "loader/apply/new_ids.h"
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

TEST_CASE(
    "foreign keys are checked by the engine in MariaDB, in older MySQL, and in sessions that were reset") {
  const auto by_engine = [](const char* version, bool session) {
    return keys_by_engine(sql::ServerVersion::parse(version), session);
  };
  CHECK(by_engine("10.11.19-MariaDB", false));
  CHECK(by_engine("8.4.3", false));
  CHECK_FALSE(by_engine("9.7.4", false));
  CHECK(by_engine("9.7.4", true));
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
