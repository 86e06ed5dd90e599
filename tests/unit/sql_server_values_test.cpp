#include "common/sql/server_values.h"
#include "tests/support/catch.h"

using namespace dw::sql;

TEST_CASE("a statement that reads the clock") {
  CHECK(reads_clock("INSERT INTO t VALUES (now())"));
  CHECK(reads_clock("UPDATE t SET a=CURRENT_TIMESTAMP"));
  CHECK(reads_clock("UPDATE t SET a=unix_timestamp()"));
  CHECK_FALSE(reads_clock("INSERT INTO t VALUES ('now()') /* now() */"));
  CHECK_FALSE(reads_clock("UPDATE t SET `now`=1"));
}

TEST_CASE("system variables that a session carries are its own, others are the server's") {
  const std::set<std::string> known{"sql_mode"};
  const auto others = [&](const char* text) { return reads_other_variables(text, known); };
  CHECK_FALSE(others("UPDATE t SET a=@@sql_mode, b=@@SESSION.`SQL_MODE`, c=@@local.sql_mode"));
  CHECK(others("UPDATE t SET a=@@hostname"));
  CHECK(others("UPDATE t SET a=@@global.sql_mode"));
  CHECK(others("UPDATE t SET a=@@session.server_id"));
  CHECK(others("UPDATE t SET a=version()"));
}
