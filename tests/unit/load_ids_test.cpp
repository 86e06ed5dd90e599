// Which ids an INSERT takes.
#include "loader/apply/foreign_keys.h"
#include "loader/apply/new_ids.h"
#include "tests/support/catch.h"

using namespace dw;
using namespace dw::load;

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
