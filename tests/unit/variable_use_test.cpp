#include "loader/plan/variable_use.h"

#include "tests/support/catch.h"

using namespace dw;
using namespace dw::load;
using Names = std::set<std::string>;

namespace {

VariableUse use_of(const std::string& sql) {
  static std::string text;
  text = sql;
  return variable_use(sql::classify(text), {});
}

}  // namespace

TEST_CASE("what a statement reads and assigns of user variables") {
  const VariableUse set = use_of("SET @a = @B + 1, @`c d` := 2, sql_mode = @e");
  CHECK(set.names == Names{"a", "b", "c d", "e"});
  CHECK(set.read == Names{"b", "e"});
  CHECK(set.assigned == Names{"a", "c d"});

  const VariableUse insert = use_of("INSERT INTO t VALUES (@a, 'x@y', @b := 2)");
  CHECK(insert.read == Names{"a"});
  CHECK(insert.assigned == Names{"b"});
  CHECK_FALSE(insert.row_order);

  const VariableUse into = use_of("SELECT x, y INTO @a, @b FROM t WHERE z = @c");
  CHECK(into.assigned == Names{"a", "b"});
  CHECK(into.read == Names{"c"});
  CHECK_FALSE(into.row_order);

  const VariableUse call = use_of("CALL p(@a)");
  CHECK(call.read == Names{"a"});
  CHECK(call.assigned == Names{"a"});
  CHECK(use_of("INSERT INTO t VALUES ('a@b')").names.empty());
}

TEST_CASE("a variable that counts rows depends on their order") {
  CHECK(use_of("UPDATE t SET n = @i := @i + 1").row_order);
  CHECK(use_of("INSERT INTO t SELECT @i := @i + 1 FROM u").row_order);
  CHECK(use_of("SELECT id INTO @a FROM t LIMIT 1").row_order);
  CHECK_FALSE(use_of("SELECT id INTO @a FROM t ORDER BY id LIMIT 1").row_order);
}
