#include "common/sql/body_statements.h"
#include "common/sql/statement_pattern.h"
#include "tests/support/catch.h"

using namespace dw::sql;

namespace {

using Texts = std::vector<std::string>;

Texts texts(std::string_view body) {
  Texts out;
  for (const BodyStatement& one : body_statements(body)) out.push_back(one.text + (one.straight ? "" : " ?"));
  return out;
}

bool matches(std::string_view pattern, std::string_view row) {
  return StatementPattern(pattern, {}).matches(tokens_of(row));
}

}  // namespace

TEST_CASE("a body is cut into the statements that the log shows") {
  CHECK(texts("INSERT INTO a VALUES (1)") == Texts{"INSERT INTO a VALUES (1)"});
  CHECK(
      texts(
          "BEGIN DECLARE k INT DEFAULT 3; insert into a values (NEW.x, ';'); SET @z = f(1, 2), k = 2; END") ==
      Texts{"insert into a values (NEW.x, ';')", "SET @z = f(1, 2)", "SET k = 2"});
  CHECK(texts("SET @y = 1, NEW.n = 5, @z = NEW.n + 1") == Texts{"SET @y = 1", "SET @z = NEW.n + 1"});
  CHECK(texts("l: BEGIN INSERT INTO a VALUES (1); LEAVE l; DO 1; END l") ==
        Texts{"INSERT INTO a VALUES (1)", "DO 1 ?"});
  CHECK(texts("RETURN (SELECT 1)").empty());
}

TEST_CASE("what stands behind or inside control flow need not run once") {
  CHECK(texts("BEGIN DO 0; IF CASE WHEN a THEN b END > 1 THEN DO 1; ELSEIF c THEN DO 2; ELSE DO 3; END IF; "
              "DO 4; END") == Texts{"DO 0", "DO 1 ?", "DO 2 ?", "DO 3 ?", "DO 4 ?"});
  CHECK(texts("BEGIN CASE i WHEN 1 THEN UPDATE c SET n=CASE WHEN n THEN 1 ELSE 2 END; ELSE DO 1; END CASE; "
              "END") == Texts{"UPDATE c SET n=CASE WHEN n THEN 1 ELSE 2 END ?", "DO 1 ?"});
  CHECK(texts("BEGIN DECLARE c CURSOR FOR SELECT n FROM t; DECLARE CONTINUE HANDLER FOR NOT FOUND, SQLSTATE "
              "'45000' "
              "BEGIN SET done = 1; DO 9; END; OPEN c; WHILE done = 0 DO FETCH c INTO v; DO 1; END WHILE; "
              "CLOSE c; "
              "REPEAT DO 2; UNTIL x END REPEAT; w: LOOP DO 3; END LOOP w; END") ==
        Texts{"SET done = 1 ?", "DO 9 ?", "DO 1 ?", "DO 2 ?", "DO 3 ?"});
}

TEST_CASE("the body of a CREATE statement") {
  CHECK(body_of("CREATE TRIGGER t BEFORE INSERT ON x FOR EACH ROW FOLLOWS y SET @a=1") == "SET @a=1");
  CHECK(body_of("CREATE DEFINER=a@b TRIGGER t BEFORE INSERT ON x FOR EACH ROW BEGIN END") == "BEGIN END");
  CHECK(body_of("CREATE FUNCTION f(x INT) RETURNS INT DETERMINISTIC RETURN x+1") == "RETURN x+1");
  CHECK(body_of("CREATE PROCEDURE p() l: BEGIN END l") == "l: BEGIN END l");
  CHECK(body_of("ALTER EVENT e DO DELETE FROM t") == "DELETE FROM t");
  CHECK(body_of("ALTER EVENT e ENABLE").empty());
  CHECK(body_of("CREATE TABLE t (a INT)").empty());
}

TEST_CASE("a logged statement is the body's own, with values in place of variables") {
  CHECK(matches("insert into a  values (x, NEW.b) -- c", "insert into a values ( NAME_CONST('x',5), NEW.b)"));
  CHECK(matches("insert into a values (X)",
                "insert into a values ( NAME_CONST('x',_utf8mb4'a\\'),(' COLLATE 'utf8mb4_general_ci'))"));
  CHECK(matches("insert into a select f+`x` from c",
                "insert into a select  NAME_CONST('f',1.5)+ NAME_CONST('x',NULL) from c"));
  CHECK(matches("INSERT INTO a VALUES (r.b)", "INSERT INTO a VALUES ( NAME_CONST('r.b',NULL))"));
  CHECK(matches("select 1 from c limit x, y", "select 1 from c limit 2, 3"));
  CHECK(matches("set session time_zone='+00:00'", "SET time_zone='+00:00'"));
  CHECK(matches("/*! insert into a values (1) */", "insert into a values (1)"));
  CHECK_FALSE(matches("insert into a values (x)", "insert into a values ( NAME_CONST('y',5))"));
  CHECK_FALSE(matches("insert into a values (x)", "insert into a values (5)"));
  CHECK_FALSE(matches("update c set n=n+1", "update c set n=n+1 where a=1"));
  CHECK_FALSE(matches("update c set n='a'", "update c set n='A'"));
  CHECK_FALSE(matches("", ""));
}

TEST_CASE("marks tell a body's statement from a client's") {
  CHECK(marks_of("insert into a values (NEW.x)").of_row);
  CHECK(marks_of("update a set b = old . x").of_row);
  CHECK(marks_of("insert into a values ( NAME_CONST('x',5))").name_const);
  CHECK_FALSE(marks_of("insert into a values (1) as new on duplicate key update b=new.b").of_row);
  CHECK_FALSE(marks_of("insert into new.t values (1)").of_row);
  CHECK_FALSE(marks_of("select t.new from t").of_row);
  CHECK_FALSE(marks_of("insert into a values ('NEW.x')").of_row);
  CHECK(may_be_marked("insert into a values (new.x)"));
  CHECK(may_be_marked("update c set n= NAME_CONST('x',5)"));
  CHECK_FALSE(may_be_marked("insert into a.b values (1.5, 'renewed')"));
  CHECK(is_spoiled_set("SET @u NAME_CONST('x',5) = x"));
  CHECK_FALSE(is_spoiled_set("SET @u = 5"));
}
