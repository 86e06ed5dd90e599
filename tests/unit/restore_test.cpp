// The pure parts of `restore`: order of rows, the state of a row, literals, statements.

#include "loader/restore/image_query.h"
#include "loader/restore/plan.h"
#include "loader/restore/row_order.h"
#include "loader/restore/row_state.h"
#include "loader/restore/script.h"
#include "tests/support/catch.h"

using namespace dw::load::restore;

namespace {

std::vector<std::size_t> flat(const std::vector<Group>& groups) {
  std::vector<std::size_t> out;
  for (const Group& group : groups) out.insert(out.end(), group.nodes.begin(), group.nodes.end());
  return out;
}

Origin archived(const std::string& at, const std::string& reason = "delete", unsigned generation = 1,
                const std::string& event = "") {
  return {false, generation, at, reason, event};
}

Column column(const std::string& name, const std::string& type = "int", const std::string& charset = "") {
  return {name, type, charset, false};
}

// A table of one live branch.
Shape shape(const std::string& name, std::vector<Column> columns, std::vector<std::string> key) {
  Shape out;
  out.name = {"app", name};
  out.columns = columns;
  out.key = std::move(key);
  out.branches.push_back({out.name, true, 0, std::move(columns)});
  return out;
}

Row row(std::size_t of, std::vector<Value> values, std::vector<std::size_t> parents = {}) {
  Row out;
  out.shape = of;
  out.values = std::move(values);
  out.parents = std::move(parents);
  return out;
}

std::vector<std::string> texts(const Plan& plan, Existing existing) {
  std::vector<std::string> out;
  write_rows(plan, existing, [&](const Statement& statement) { out.push_back(statement.text); });
  return out;
}

}  // namespace

TEST_CASE("parents stand before what references them, and nothing else moves") {
  CHECK(flat(parents_first({{}, {}, {}})) == std::vector<std::size_t>{0, 1, 2});
  CHECK(flat(parents_first({{2}, {}, {1}})) == std::vector<std::size_t>{1, 2, 0});
  const auto groups = parents_first({{1}, {0}, {2}, {0}});
  REQUIRE(groups.size() == 3);
  CHECK(groups[0].nodes == std::vector<std::size_t>{0, 1});
  CHECK(groups[0].circular);
  CHECK(groups[1].circular);  // it references itself
  CHECK(groups[2].nodes == std::vector<std::size_t>{3});
  CHECK_FALSE(groups[2].circular);
}

TEST_CASE("a chain of a million parents has an order too") {
  std::vector<std::vector<std::size_t>> parents(1'000'000);
  for (std::size_t i = 0; i + 1 < parents.size(); ++i) parents[i] = {i + 1};
  const auto groups = parents_first(parents);
  REQUIRE(groups.size() == parents.size());
  CHECK(groups.front().nodes.front() == parents.size() - 1);
}

TEST_CASE("the last state is the live row, else the image that left last") {
  const Origin live{true, 0, "", "", ""};
  CHECK(state_of({archived("2026-01-02"), live}, Moment::last) == 1);
  CHECK(state_of({archived("2026-01-02"), archived("2026-01-03"), archived("2026-01-01")}, Moment::last) ==
        1);
  CHECK(state_of({archived("2026-01-02", "delete", 2), archived("2026-01-02")}, Moment::last) == 0);
  // By the log's order, and where that is the same, by the order in the table.
  const std::string generation(32, 'a');
  CHECK(state_of({archived("t", "delete", 1, generation + "-90-0"),
                  archived("t", "delete", 1, generation + "-100-0")},
                 Moment::last) == 1);
  CHECK(state_of({archived("t", "delete", 1, generation + "-100-0"),
                  archived("t", "delete", 1, generation + "-90-0")},
                 Moment::last) == 0);
  CHECK(state_of({archived("t"), archived("t")}, Moment::last) == 1);
  CHECK(state_of({}, Moment::last) == std::nullopt);
  CHECK(state_of({archived("1"), archived("2", "key update")}, Moment::last) == std::nullopt);
}

TEST_CASE("the state as of a time is the first image that left after it, else the live row") {
  const Origin live{true, 0, "", "", ""};
  CHECK(state_of({archived("2"), archived("1", "key update"), live}, Moment::as_of) == 1);
  CHECK(state_of({live}, Moment::as_of) == 0);
  CHECK(state_of({archived("t"), archived("t")}, Moment::as_of) == 0);
}

TEST_CASE("without a key, an image of a row that went on is no row") {
  CHECK(is_row(archived("t", "truncate")));
  for (const char* reason : {"update", "key update", "drop column", "modify column"})
    CHECK_FALSE(is_row(archived("t", reason)));
}

TEST_CASE("literals give the same value on every server, whatever its settings") {
  CHECK(literal(column("a"), "-5") == "-5");
  CHECK(literal(column("a"), std::nullopt) == "NULL");
  CHECK(literal(column("a", "double"), "-0") == "-0e0");
  CHECK(literal(column("a", "float"), "3.4e38") == "3.4e38");
  CHECK(literal(column("a", "varbinary"), std::string("\0\xFF'", 3)) == "x'00FF27'");
  CHECK(literal(column("a", "varchar", "latin1"), "it's") == R"('it\'s')");
  CHECK(literal(column("a", "varchar", "latin1"), "\xE9") == "_latin1 x'E9'");
  CHECK(literal(column("a", "varchar", "utf16"), std::string("\0a", 2)) == "_utf16 x'0061'");
  CHECK(literal(column("a", "text", "utf8mb4"), "a\r\nb") == "_utf8mb4 x'610D0A62'");
  CHECK(literal(column("a", "json"), "{\"a\": 1}") == R"('{"a": 1}')");
  CHECK(literal(column("a", "datetime"), "0000-00-00 00:00:00") == "'0000-00-00 00:00:00'");
  // A column that holds integers now, and held text when the row was archived.
  CHECK(literal(column("a"), "1 OR 1") == "'1 OR 1'");
  CHECK(normal_value(column("a"), "00042") == "42");
  CHECK(normal_value(column("a"), "000") == "0");
  CHECK(exact_value(column("a", "float")) == "CAST(`a` AS DOUBLE)");
}

TEST_CASE("an archive is asked through the columns of the table of today") {
  Shape of = shape("orders", {column("id"), column("note", "varchar", "utf8mb4")}, {"id"});
  of.branches.push_back({{"app_archive", "orders"}, false, 1, {column("id")}});
  CHECK(keys_query({of, of.branches[1], "2026-01-01 00:00:00.000000"}, "note IS NULL -- odd") ==
        "SELECT DISTINCT `id` FROM (SELECT `id`,NULL AS `note`,dw_deleted_at,dw_reason,dw_event FROM "
        "`app_archive`.`orders` WHERE NOT dw_reason<=>'repair' AND dw_deleted_at>'2026-01-01 "
        "00:00:00.000000') AS "
        "`orders` WHERE (note IS NULL -- odd\n)");
  CHECK(any_of({column("a"), column("b", "char", "latin1")}, {{"1", "x"}, {"2", std::nullopt}}) ==
        "(`a`=1 AND `b`='x') OR (`a`=2 AND `b`<=>NULL)");
}

TEST_CASE("one row, one statement that changes nothing the second time") {
  Plan plan;
  plan.shapes = {shape("t", {column("id"), column("a")}, {"id"})};
  plan.shapes[0].branches[0].columns.push_back({"computed", "int", "", true});
  plan.rows = {row(0, {"1", "2", "3"})};
  const std::string insert =
      "INSERT INTO `app`.`t` (`id`,`a`) SELECT 1,2 FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM `app`.`t` WHERE "
      "`id`=1)";
  CHECK(texts(plan, Existing::leave) == std::vector<std::string>{insert});
  const std::string update = "UPDATE `app`.`t` SET `id`=1,`a`=2 WHERE `id`=1";
  CHECK(texts(plan, Existing::overwrite) == std::vector<std::string>{update, insert});
  plan.rows[0].part = Part::referenced;
  CHECK(texts(plan, Existing::overwrite).size() == 1);
  CHECK(texts(plan, Existing::overwrite_all).size() == 2);
}

TEST_CASE("rows without a key are counted, each copy for itself") {
  Plan plan;
  plan.shapes = {shape("t", {column("a"), column("b", "varchar", "utf8mb4")}, {})};
  plan.rows = {row(0, {"1", "x"}), row(0, {"1", "x"})};
  const auto written = texts(plan, Existing::overwrite_all);
  REQUIRE(written.size() == 2);
  CHECK(written[0] ==
        "INSERT INTO `app`.`t` (`a`,`b`) SELECT 1,'x' FROM DUAL WHERE (SELECT COUNT(*) FROM `app`.`t` WHERE "
        "`a`=1 AND HEX(`b`)='78')<1");
  CHECK(written[1].ends_with("<2"));
}

TEST_CASE("checks are off for a circle alone, and its references are looked at behind it") {
  Plan plan;
  plan.shapes = {shape("a", {column("id"), column("b")}, {"id"}),
                 shape("b", {column("id"), column("a")}, {"id"}), shape("c", {column("id")}, {"id"})};
  plan.shapes[0].foreign_keys = {{{"b"}, {"app", "b"}, {"id"}}};
  plan.shapes[1].foreign_keys = {{{"a"}, {"app", "a"}, {"id"}}};
  plan.rows = {row(0, {"1", "10"}, {1}), row(1, {"10", "1"}, {0}), row(2, {"5"})};
  const auto written = texts(plan, Existing::leave);
  REQUIRE(written.size() == 7);
  CHECK(written[0] == "SET foreign_key_checks=0");
  CHECK(written[3] == "SET foreign_key_checks=1");
  CHECK(written[4] ==
        "SET @dw_check=(SELECT 1 UNION ALL SELECT 2 FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM `app`.`b` "
        "WHERE `id`=10))");
  CHECK(written[6].starts_with("INSERT INTO `app`.`c`"));
}
