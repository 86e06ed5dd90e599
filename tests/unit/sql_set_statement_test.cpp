#include "common/sql/set_statement.h"
#include "tests/support/catch.h"

using dw::sql::Assignment;
using dw::sql::parse_assignments;

TEST_CASE("assignments of a SET are told apart by scope") {
  const auto list = parse_assignments(
      "SET sql_mode='ANSI', @@session.time_zone = \"+02:00\", SESSION unique_checks=0, @a := 1+2, GLOBAL "
      "x=1, @@global.y=DEFAULT");
  REQUIRE(list);
  REQUIRE(list->size() == 6);
  CHECK((*list)[0].name == "sql_mode");
  CHECK((*list)[0].expression == "'ANSI'");
  CHECK((*list)[0].constant);
  CHECK((*list)[1].name == "time_zone");
  CHECK((*list)[1].scope == Assignment::Scope::session);
  CHECK((*list)[2].name == "unique_checks");
  CHECK((*list)[3].scope == Assignment::Scope::user_variable);
  CHECK((*list)[3].name == "a");
  CHECK((*list)[3].expression == "1+2");
  CHECK_FALSE((*list)[3].constant);
  CHECK((*list)[4].scope == Assignment::Scope::global);
  CHECK((*list)[5].scope == Assignment::Scope::global);
  CHECK((*list)[5].name == "y");
}

TEST_CASE("commas inside parentheses and strings do not separate assignments") {
  const auto list =
      parse_assignments("SET sql_mode=concat(@@sql_mode, ',STRICT_TRANS_TABLES'), autocommit=1");
  REQUIRE(list);
  REQUIRE(list->size() == 2);
  CHECK((*list)[0].expression == "concat(@@sql_mode, ',STRICT_TRANS_TABLES')");
  CHECK_FALSE((*list)[0].constant);
}

TEST_CASE("mysqldump's version comments are read") {
  const auto list = parse_assignments("/*!40014 SET @OLD_UNIQUE_CHECKS=@@UNIQUE_CHECKS, UNIQUE_CHECKS=0 */");
  REQUIRE(list);
  REQUIRE(list->size() == 2);
  CHECK((*list)[1].name == "unique_checks");
  CHECK((*list)[1].expression == "0");
}

TEST_CASE("other SETs have no assignments") {
  for (const char* text : {"SET NAMES utf8mb4", "SET CHARACTER SET latin1", "SET TRANSACTION READ ONLY",
                           "SET", "SET a", "SET a=", "SELECT 1"}) {
    INFO(text);
    CHECK_FALSE(parse_assignments(text));
  }
}
