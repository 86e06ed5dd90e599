// The archive policy's pure parts: names, what an ALTER takes, which columns an UPDATE assigns, SQL of
// cascades.
#include "loader/retention/archive/archive.h"
#include "loader/retention/archive/cascade.h"
#include "loader/retention/archive/dynamic_sql.h"
#include "loader/retention/archive/key_assignments.h"
#include "loader/retention/archive/names.h"
#include "loader/retention/archive/narrowing.h"
#include "loader/retention/archive/route_text.h"
#include "loader/retention/archive/swapped.h"
#include "tests/support/catch.h"

using namespace dw::load;

namespace {

TableShape shape() {
  TableShape out;
  out.id = {"app", "t"};
  out.engine = "InnoDB";
  out.charset = "utf8mb4";
  out.columns = {{"id", "int(10) unsigned", "", "", false},
                 {"name", "varchar(20)", "utf8mb4", "utf8mb4_general_ci", true},
                 {"price", "decimal(10,2)", "", "", true},
                 {"kind", "enum('a','b')", "utf8mb4", "utf8mb4_general_ci", true},
                 {"old", "varchar(20)", "latin1", "latin1_swedish_ci", true},
                 {"at", "datetime", "", "", true}};
  out.key = {{"id", std::nullopt}};
  out.key_is_primary = true;
  return out;
}

bool widens(const char* alter) {
  return only_widens(dw::sql::classify(alter), shape());
}

std::string loss(const char* alter) {
  return loss_of_alter(dw::sql::classify(alter));
}

CascadeEdge edge(const char* child, const char* column, const char* parent) {
  return {{"app", child}, {column}, {"app", parent}, {"id"}};
}

}  // namespace

TEST_CASE("names of archive tables and triggers") {
  CHECK(generation_name("orders", "", "", 1) == "orders");
  CHECK(generation_name("orders", "", "", 3) == "orders__3");
  CHECK(generation_name("orders", "eu", "2026_11", 2) == "orders__eu__2026_11__2");
  const std::string longest(64, 'x');
  CHECK(generation_name(longest, "", "", 1) == longest);
  CHECK(generation_name(longest, "", "", 2).size() == 64);
  CHECK(generation_name(longest, "", "", 2).ends_with("__2"));
  CHECK(generation_name(longest, "", "", 2) != generation_name(std::string(63, 'x') + "y", "", "", 2));
  CHECK(archive_schema("app") == "app_archive");
  CHECK(view_schema(std::string(62, 'a')).size() == 64);

  CHECK(delete_trigger_name("orders") == "dw_archive_orders");
  CHECK(delete_trigger_name("T") != delete_trigger_name("t"));
  CHECK(delete_trigger_name("T").size() != delete_trigger_name("t").size());  // MySQL: without case
  CHECK(update_trigger_name("x") != delete_trigger_name("~u_x"));
  for (const std::string& table : {longest, std::string("größe"), std::string("a`b"), std::string("~u_x")}) {
    for (const std::string& name :
         {delete_trigger_name(table), update_trigger_name(table), insert_trigger_name(table)}) {
      CHECK(is_own_trigger(name));
      CHECK(name.size() <= 64);
    }
  }
}

TEST_CASE("periods") {
  const std::int64_t november = 1'795'132'800'000'000;  // 2026-11-20
  CHECK(period_of(november, SplitBy::none).empty());
  CHECK(period_of(november, SplitBy::month) == "2026_11");
  CHECK(period_of(november, SplitBy::year) == "2026");
  CHECK(end_of_period("2026_11") == "2026-12-01");
  CHECK(end_of_period("2026_12") == "2027-01-01");
  CHECK(end_of_period("2026_01") == "2026-02-01");
  CHECK(end_of_period("2026") == "2027-01-01");
}

TEST_CASE("what is kept before a statement runs") {
  const Archive archive{ArchiveOptions{}};
  const auto reason = [&](const char* sql) {
    const Ruling ruling = archive.rule(dw::sql::classify(sql));
    return ruling.action == Ruling::Action::keep_first ? ruling.reason : std::string();
  };
  CHECK(reason("TRUNCATE t") == "truncate");
  CHECK(reason("DROP TABLE a, b") == "drop table");
  CHECK(reason("DROP DATABASE d") == "drop database");
  CHECK(reason("CREATE OR REPLACE TABLE t (a INT)") == "drop table");
  CHECK(reason("ALTER TABLE t DROP PARTITION p") == "drop partition");
  for (const char* sql :
       {"DELETE FROM t", "REPLACE INTO t VALUES (1)", "UPDATE t SET a=1", "CREATE TABLE t (a INT)",
        "ALTER TABLE t ADD c INT", "RENAME TABLE a TO b", "DROP VIEW v", "DROP INDEX i ON t"}) {
    INFO(sql);
    CHECK(reason(sql).empty());
  }
}

TEST_CASE("what an ALTER takes of its rows") {
  CHECK(loss("ALTER TABLE t DROP COLUMN a") == "drop column");
  CHECK(loss("ALTER TABLE t TRUNCATE PARTITION p") == "truncate partition");
  CHECK(loss("ALTER TABLE t EXCHANGE PARTITION p WITH TABLE u") == "exchange partition");
  CHECK(loss("ALTER TABLE t CONVERT PARTITION p TO TABLE u") == "exchange partition");
  CHECK(loss("ALTER TABLE t ENGINE=BLACKHOLE") == "drop table");
  CHECK(loss("ALTER TABLE t MODIFY a INT") == "modify column");
  CHECK(loss("ALTER TABLE t CHANGE a b INT") == "modify column");
  CHECK(loss("ALTER TABLE t CONVERT TO CHARACTER SET latin1") == "modify column");
  CHECK(loss("ALTER IGNORE TABLE t ADD UNIQUE (a)") == "modify column");
  CHECK(loss("ALTER TABLE t ADD COLUMN a INT").empty());
  CHECK(loss("ALTER TABLE t RENAME COLUMN a TO b").empty());
  using Names = std::vector<std::string>;
  CHECK(partitions_of(dw::sql::classify("ALTER TABLE t DROP PARTITION p0, `p 1`")) == Names{"p0", "p 1"});
  CHECK(partitions_of(dw::sql::classify("ALTER TABLE t TRUNCATE PARTITION ALL")).empty());
  CHECK(partitions_of(dw::sql::classify("ALTER TABLE t DROP PARTITION IF EXISTS p")) == Names{"p"});
}

TEST_CASE("only what is surely wider is not copied") {
  for (const char* sql :
       {"ALTER TABLE t MODIFY id BIGINT UNSIGNED NOT NULL", "ALTER TABLE t MODIFY COLUMN name VARCHAR(200)",
        "ALTER TABLE t CHANGE name title VARCHAR(20) DEFAULT 'x' COMMENT 'NOT NULL'",
        "ALTER TABLE t MODIFY price DECIMAL(12,4)", "ALTER TABLE t MODIFY kind ENUM('a','b','c')",
        "ALTER TABLE t ADD x INT, MODIFY at DATETIME(6)",
        "ALTER TABLE `t` MODIFY `name` varchar(20) NULL FIRST"}) {
    INFO(sql);
    CHECK(widens(sql));
  }
  for (const char* sql :
       {"ALTER TABLE t MODIFY id INT", "ALTER TABLE t MODIFY name VARCHAR(19)",
        "ALTER TABLE t MODIFY name VARCHAR(30) NOT NULL",
        "ALTER TABLE t MODIFY name VARCHAR(30) CHARACTER SET latin1", "ALTER TABLE t MODIFY name TEXT",
        "ALTER TABLE t MODIFY price DECIMAL(10,3)", "ALTER TABLE t MODIFY price FLOAT",
        "ALTER TABLE t MODIFY kind ENUM('b','a')", "ALTER TABLE t MODIFY old VARCHAR(40)",
        "ALTER TABLE t MODIFY at TIMESTAMP", "ALTER TABLE t MODIFY nothing INT",
        "ALTER TABLE t MODIFY name VARCHAR(40) AS (UPPER(kind))",
        "ALTER TABLE t MODIFY name VARCHAR(40), MODIFY id TINYINT UNSIGNED",
        "ALTER TABLE t CONVERT TO CHARACTER SET latin1",
        "ALTER TABLE t MODIFY name VARCHAR(40) COMMENT '\\'"}) {
    INFO(sql);
    CHECK_FALSE(widens(sql));
  }
}

TEST_CASE("columns that an UPDATE assigns") {
  using Names = std::set<std::string>;
  CHECK(updated_columns("UPDATE t SET a=1, b=(SELECT MAX(x) FROM u WHERE k=5) WHERE id=3") ==
        Names{"a", "b"});
  CHECK(updated_columns("UPDATE t JOIN u ON t.id=u.id SET t.`Id`=u.n") == Names{"id"});
  CHECK(updated_columns("INSERT INTO t SET id=5, a=1") == Names{});
  CHECK(
      updated_columns("INSERT INTO t (id) VALUES (5) ON DUPLICATE KEY UPDATE id=LAST_INSERT_ID(id), n=n+1") ==
      Names{"id", "n"});
  CHECK(
      updated_columns("BEGIN UPDATE k SET b='y' WHERE id=1; INSERT INTO t SET id=1; SET NEW.code = 5; END") ==
      Names{"b", "code"});
}

TEST_CASE("a route is one expression over the row") {
  CHECK_FALSE(fault_of_expression("CASE WHEN OLD.a IN (1,2) THEN 'x' ELSE OLD.`select` END"));
  CHECK_FALSE(fault_of_expression("CONCAT(OLD.region, ')(', \"--\")"));
  CHECK_FALSE(fault_of_expression("OLD.values"));
  for (const char* text : {"", "1) OR (1", "(1", "1;", "1, 2", "'x", "1 -- ", "1 # x", "1 /* x */",
                           "1 /*! + 1 */", "(SELECT 1)", "EXISTS (WITH a AS (VALUES (1)) TABLE a)"}) {
    INFO(text);
    CHECK(fault_of_expression(text));
  }
}

TEST_CASE("what a procedure puts together and executes") {
  using Texts = std::vector<std::string>;
  const auto seen = [](const std::string& body) {
    const DynamicSql out = dynamic_sql("BEGIN " + body + " END");
    return std::string(out.may_take ? "takes " : "") + (out.may_update ? "updates" : "");
  };
  CHECK(dynamic_sql("BEGIN DELETE FROM t; END").texts.empty());
  CHECK(seen("DELETE FROM t;").empty());
  CHECK(dynamic_sql("BEGIN PREPARE s FROM 'TRUNCATE t'; EXECUTE s; END").texts == Texts{"TRUNCATE t"});
  CHECK(dynamic_sql("BEGIN SET @a = 1, @q = 'DROP TABLE `it''s`'; PREPARE s FROM @q; END").texts ==
        Texts{"DROP TABLE `it's`"});
  CHECK(dynamic_sql("EXECUTE IMMEDIATE 'UPDATE t SET id=id+1'").texts == Texts{"UPDATE t SET id=id+1"});
  for (const char* body : {"SET @q = CONCAT('DELETE FROM ', t); PREPARE s FROM @q;",
                           "SET @q = CONCAT('  select\n* from ', t, ';'); PREPARE s FROM @q;",
                           "SET @q = CONCAT('DROP TEMPORARY TABLE ', t); PREPARE s FROM @q;",
                           "SET @q = NULL; SET @q = CONCAT('REPLACE INTO ', t); PREPARE s FROM @q;",
                           "EXECUTE IMMEDIATE CONCAT('DELETE FROM ', t) USING x;"}) {
    INFO(body);
    CHECK(seen(body).empty());
  }
  CHECK(seen("SET @q = CONCAT('TRUNCATE TABLE ', t); PREPARE s FROM @q;") == "takes ");
  CHECK(seen("SET @q = CONCAT('UPDATE ', t, ' SET ', c, '=1'); PREPARE s FROM @q;") == "updates");
  for (const char* body : {"PREPARE s FROM @q;", "SET @q = q; PREPARE s FROM @q;",
                           "SET @q = CONCAT('DEL', 'ETE'); PREPARE s FROM @q;",
                           "SELECT sql_text INTO @q FROM jobs; PREPARE s FROM @q;", "EXECUTE IMMEDIATE q;",
                           "SET @q = CONCAT(v, ' FROM t'); PREPARE s FROM @q;",
                           "SET @q = CONCAT('CALL ', p); PREPARE s FROM @q;",
                           "SET @q = 'SELECT 1'; CALL other(@q); PREPARE s FROM @q;"}) {
    INFO(body);
    CHECK(seen(body) == "takes updates");
  }
  CHECK(seen("SET @q = 'ALTER TABLE'; SET @q = CONCAT(@q, ' t'); PREPARE s FROM @q;") == "takes ");
  CHECK(words_of_literals("CALL clear('app.Orders', \"x y\", 3, t)") ==
        std::set<std::string>{"app", "orders", "x", "y"});
}

TEST_CASE("what a change of a key changes elsewhere") {
  const auto all = [](const CascadeEdge&) { return true; };
  CascadeEdge ab{{"app", "b"}, {"a", "n"}, {"app", "a"}, {"id", "n"}};
  ab.on_update = KeyAction::cascade;
  CascadeEdge bc{{"app", "c"}, {"b"}, {"app", "b"}, {"n"}};
  bc.on_update = KeyAction::cascade;
  CascadeEdge other{{"app", "d"}, {"k"}, {"app", "b"}, {"k"}};  // to a column that no key changes
  other.on_update = KeyAction::cascade;
  CascadeEdge back{{"app", "a"}, {"up"}, {"app", "a"}, {"id"}};
  back.on_update = KeyAction::cascade;
  const TableId root{"app", "a"};
  const auto copies = update_copies(root, {"id"}, {ab, bc, other, back}, all);
  REQUIRE(copies.size() == 3);
  CHECK(copies[0].child.table == "b");
  CHECK(copies[1].from.starts_with("`app`.`c` t JOIN (`app`.`b` p0) ON t.`b` = p0.`n`"));
  CHECK(copies[2].from == "`app`.`a` t WHERE t.`up` = OLD.`id` AND NOT (t.`id` <=> OLD.`id`)");
  CHECK(std::all_of(copies.begin(), copies.end(), [](const CascadeCopy& one) { return one.stays; }));
  CHECK(columns_of_updates(root, {ab, bc}, [](const CascadeEdge& edge) { return edge.child.table == "c"; }) ==
        std::set<std::string>{"id", "n"});
  bc.on_update = KeyAction::none;
  CHECK(columns_of_updates(root, {ab, bc}, [](const CascadeEdge& edge) {
          return edge.child.table == "c";
        }).empty());

  // Deleting: what is set to NULL stays, also below what goes.
  CascadeEdge leaf = edge("leaf", "tree", "a");
  leaf.on_delete = KeyAction::set_null;
  const auto tree = cascade_copies(root, {"id"}, {leaf, edge("a", "p", "a")});
  REQUIRE(tree.size() == 4);
  CHECK((tree[0].child.table == "a" && !tree[0].stays && !tree[1].stays));
  CHECK((tree[2].child.table == "leaf" && tree[2].stays && tree[3].stays));
}

TEST_CASE("a cascade's rows are copied once each") {
  const TableId root{"app", "a"};
  SECTION("a chain") {
    const auto copies = cascade_copies(root, {"id"}, {edge("b", "a", "a"), edge("c", "b", "b")});
    REQUIRE(copies.size() == 2);
    CHECK(copies[0].from == "`app`.`b` t WHERE t.`a` = OLD.`id`");
    CHECK(copies[1].from == "`app`.`c` t JOIN (`app`.`b` p0) ON t.`b` = p0.`id` WHERE p0.`a` = OLD.`id`");
  }
  SECTION("a diamond: the second way leaves out what the first took") {
    const auto copies = cascade_copies(root, {"id"}, {edge("b", "a", "a"), edge("b", "a2", "a")});
    REQUIRE(copies.size() == 2);
    CHECK(copies[1].from.ends_with("AND NOT COALESCE(t.`a` = OLD.`id`, FALSE)"));
  }
  SECTION("a tree: a recursive query, without the row itself") {
    const auto copies = cascade_copies(root, {"id"}, {edge("a", "p", "a")});
    REQUIRE(copies.size() == 2);
    CHECK(copies[0].with.empty());
    CHECK(copies[1].with.starts_with("WITH RECURSIVE gone("));
    for (const CascadeCopy& copy : copies)
      CHECK(copy.from.find("NOT (t.`id` <=> OLD.`id`)") != std::string::npos);
  }
  SECTION("nothing refers to it") {
    CHECK(cascade_copies(root, {"id"}, {edge("c", "b", "b")}).empty());
  }
}

TEST_CASE("statements that leave every definition as it was: the rows tell whether they ran") {
  const auto swapped = [](const char* sql) {
    const dw::sql::Statement statement = dw::sql::classify(sql);
    std::vector<TableId> names;
    for (const auto& name : statement.writes) names.push_back({"app", name.table});
    std::string out;
    for (const TableId& table : swapped_tables(statement, names)) out += table.table + " ";
    return out;
  };
  CHECK(swapped("ALTER TABLE p EXCHANGE PARTITION p0 WITH TABLE q") == "q ");
  CHECK(swapped("RENAME TABLE a TO x, b TO a, x TO b") == "a b ");
  CHECK(swapped("RENAME TABLE a TO x, b TO a, c TO b, x TO c") == "a b c ");
  CHECK(swapped("RENAME TABLE t TO _t_del, _t_gho TO t").empty());
  CHECK(swapped("RENAME TABLE a TO b").empty());
  CHECK(swapped("ALTER TABLE p TRUNCATE PARTITION p0").empty());
  CHECK(swapped("ALTER TABLE a RENAME TO b").empty());
}

TEST_CASE("the view joins generations by column name") {
  TableShape live = shape();
  Generation old{
      {"app_archive", "t"}, {{"id", "int", "", "", true}, {"gone", "int", "", "", true}}, {"t1:5"}};
  const std::string query = view_query(&live, {old});
  CHECK(query.find("NULL AS `name`") != std::string::npos);
  CHECK(query.find("NULL AS `gone`") != std::string::npos);
  CHECK(query.find("dw_event NOT IN ('t1:5')") != std::string::npos);
  CHECK(view_query(nullptr, {old}).find("UNION") == std::string::npos);
  Generation latin{
      {"app_archive", "t__2"}, {{"name", "varchar(9)", "latin1", "latin1_swedish_ci", true}}, {}};
  CHECK(
      view_query(&live, {latin}).find("CONVERT(`name` USING utf8mb4) COLLATE utf8mb4_general_ci AS `name`") !=
      std::string::npos);
}
