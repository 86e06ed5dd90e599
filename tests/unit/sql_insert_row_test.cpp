#include "common/sql/insert_row.h"
#include "tests/support/catch.h"

using dw::sql::ValueKind;

TEST_CASE("a single-row INSERT of literals comes apart") {
  const auto parts = dw::sql::parse_insert_row(
      dw::sql::classify("INSERT INTO app.`t` (id, `A`, b, c) VALUES (0, 'x''y', NULL, -1.5)"));
  REQUIRE(parts);
  CHECK(parts->head == "INSERT INTO app.`t` (id, `A`, b, c) VALUES ");
  CHECK(parts->row == "(0, 'x''y', NULL, -1.5)");
  CHECK(parts->columns == std::vector<std::string>{"id", "a", "b", "c"});
  CHECK(parts->values ==
        std::vector<ValueKind>{ValueKind::zero, ValueKind::other, ValueKind::null, ValueKind::other});
}

TEST_CASE("no other INSERT comes apart") {
  for (const char* text : {"INSERT INTO t VALUES (1)",
                           "INSERT IGNORE INTO t (a) VALUES (1)",
                           "INSERT INTO t (a) VALUES (1),(2)",
                           "INSERT INTO t (a) VALUES (1) ON DUPLICATE KEY UPDATE a=2",
                           "INSERT INTO t (a) SELECT 1",
                           "INSERT INTO t (a) VALUES (1+1)",
                           "INSERT INTO t (a) VALUES (now())",
                           "INSERT INTO t (a) VALUES (@x)",
                           "INSERT INTO t (a) VALUES (DEFAULT)",
                           "INSERT INTO t (a) VALUES (b)",
                           "INSERT INTO t (a) VALUES ('it\\'s')",
                           "INSERT INTO t (a) VALUES ('x' 'y')",
                           "INSERT INTO t (a, b) VALUES (1)",
                           "INSERT INTO t SET a=1",
                           "REPLACE INTO t (a) VALUES (1)",
                           "INSERT INTO t (a) VALUES ((SELECT 1))",
                           "INSERT INTO t (a) VALUES (1) RETURNING a",
                           "INSERT INTO t (a) VALUES (LAST_INSERT_ID())",
                           "INSERT INTO t (a) VALUES (_utf8'x')",
                           "INSERT INTO t (a) VALUES (1) AS new",
                           "INSERT /*x*/ INTO t (a) VALUES (1)",
                           "INSERT INTO t PARTITION (p) (a) VALUES (1)"}) {
    INFO(text);
    CHECK_FALSE(dw::sql::parse_insert_row(dw::sql::classify(text)));
  }
}
