#include "loader/dialect/dialect.h"

#include "loader/dialect/sql_modes.h"
#include "loader/dialect/type_doubts.h"
#include "tests/support/catch.h"

using namespace dw;
using namespace dw::load;

namespace {

const std::set<std::string> kMariadbCollations{"utf8mb3_general_ci",
                                               "utf8mb4_general_ci",
                                               "utf8mb4_bin",
                                               "utf8mb4_nopad_bin",
                                               "utf8mb4_unicode_520_nopad_ci",
                                               "utf8mb4_uca1400_nopad_ai_ci",
                                               "utf8mb4_uca1400_nopad_as_cs",
                                               "utf8mb4_uca1400_danish_nopad_ai_ci"};

DialectFacts mysql_to_mariadb() {
  DialectFacts facts;
  facts.source = {false, 90704};
  facts.mirror = {true, 101119};
  facts.collations.known = kMariadbCollations;
  facts.collations.source_default = {{"utf8mb4", "utf8mb4_0900_ai_ci"}, {"utf8mb3", "utf8mb3_general_ci"}};
  facts.collations.mirror_default = {{"utf8mb4", "utf8mb4_general_ci"}, {"utf8mb3", "utf8mb3_general_ci"}};
  return facts;
}

// One blank for each run of them, none at the end or before a bracket that closes.
std::string squeezed(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == ' ' && (out.empty() || out.back() == ' ')) continue;
    if (c == ')' && !out.empty() && out.back() == ' ') out.pop_back();
    out += c;
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

// What is run: the translation, or the statement itself.
std::string run(const std::string& sql, const DialectFacts& facts = mysql_to_mariadb()) {
  return squeezed(Dialect(facts).translate(sql::classify(sql), {}).text.value_or(sql));
}

std::string same(const std::string& sql) {
  return Dialect(mysql_to_mariadb()).translate(sql::classify(sql), {}).text ? "changed" : "same";
}

Translation translate(const std::string& sql) {
  return Dialect(mysql_to_mariadb()).translate(sql::classify(sql), {});
}

struct Case {
  const char* in;
  const char* out;
};

}  // namespace

TEST_CASE("queries that MariaDB says otherwise") {
  const Case cases[] = {
      {"INSERT INTO t (a,b) VALUES (1,2) AS new ON DUPLICATE KEY UPDATE b=new.b+t.b",
       "INSERT INTO t (a,b) VALUES (1,2)  ON DUPLICATE KEY UPDATE b=VALUES(`b`)+t.b"},
      {"INSERT INTO t (a,b) VALUES (1,2),(3,4) AS n(x,y) ON DUPLICATE KEY UPDATE b=y, a=IF(n.x>1,x,b)",
       "INSERT INTO t (a,b) VALUES (1,2),(3,4)  ON DUPLICATE KEY UPDATE b=VALUES(`b`), "
       "a=IF(VALUES(`a`)>1,VALUES(`a`),b)"},
      {"INSERT INTO t SET a=1, b='as' AS n ON DUPLICATE KEY UPDATE b=n.b",
       "INSERT INTO t SET a=1, b='as'  ON DUPLICATE KEY UPDATE b=VALUES(`b`)"},
      {"INSERT INTO t VALUES ROW(1,2), ROW(3,4)", "INSERT INTO t VALUES (1,2), (3,4)"},
      {"INSERT INTO t TABLE u", "INSERT INTO t SELECT * FROM u"},
      {"UPDATE t SET a=1 WHERE t.j->>'$.a'='x'",
       "UPDATE t SET a=1 WHERE JSON_UNQUOTE(JSON_EXTRACT(t.j, '$.a'))='x'"},
      {"UPDATE t SET a=j->\"$.a\"", "UPDATE t SET a=JSON_EXTRACT(j, \"$.a\")"},
      {"DELETE FROM t AS x WHERE x.a=1", "DELETE x FROM t AS x WHERE x.a=1"},
      {"DELETE IGNORE FROM app.t x WHERE x.a=1", "DELETE IGNORE x FROM app.t x WHERE x.a=1"},
      {"INSERT INTO t SELECT * FROM u FOR SHARE", "INSERT INTO t SELECT * FROM u LOCK IN SHARE MODE"},
      {"INSERT INTO t SELECT * FROM u FOR UPDATE OF u SKIP LOCKED",
       "INSERT INTO t SELECT * FROM u FOR UPDATE   SKIP LOCKED"},
      {"UPDATE t SET b=UUID_TO_BIN('6ccd780c-baba-1026-9564-5b8c656024db')",
       "UPDATE t SET "
       "b=UNHEX(REPLACE(REPLACE(REPLACE('6ccd780c-baba-1026-9564-5b8c656024db','-',''),'{',''),'}',"
       "''))"},
      {"UPDATE t SET b=REGEXP_LIKE(a, 'x')", "UPDATE t SET b=((a) REGEXP ( 'x'))"},
      {"UPDATE t SET b=1 WHERE a COLLATE utf8mb4_0900_as_cs='x'",
       "UPDATE t SET b=1 WHERE a COLLATE utf8mb4_uca1400_nopad_as_cs='x'"},
      {"UPDATE t SET b=CONVERT(a USING utf8), c=_utf8'x'",
       "UPDATE t SET b=CONVERT(a USING utf8mb3), c=_utf8mb3'x'"},
  };
  for (const Case& one : cases) {
    CAPTURE(one.in);
    CHECK(run(one.in) == squeezed(one.out));
  }
}

TEST_CASE("what is no such query stays as it is") {
  for (const char* sql :
       {"INSERT INTO t (a) VALUES ('x COLLATE utf8mb4_0900_ai_ci'), ('j->>\"$.a\"')",
        "DELETE FROM t AS x WHERE x.a=1 ORDER BY x.a LIMIT 1", "DELETE FROM t WHERE a=1",
        "INSERT INTO t SELECT a AS new FROM u ON DUPLICATE KEY UPDATE b=1", "UPDATE t SET a=1 /* j->'$.a' */",
        "UPDATE t SET b=REGEXP_LIKE(a,'x','i')", "UPDATE t SET a = 'open", "UPDATE t SET a=ROW(1,2)=ROW(3,4)",
        "INSERT INTO `table` (`collate`) VALUES (1)"}) {
    CAPTURE(sql);
    CHECK(same(sql) == "same");
  }
}

TEST_CASE("definitions that MariaDB says otherwise") {
  const Case cases[] = {
      {"CREATE TABLE t (a VARCHAR(9) COLLATE utf8mb4_0900_ai_ci) COLLATE=utf8mb4_da_0900_ai_ci",
       "CREATE TABLE t (a VARCHAR(9) COLLATE utf8mb4_uca1400_nopad_ai_ci) "
       "COLLATE=utf8mb4_uca1400_danish_nopad_ai_ci"},
      {"CREATE TABLE t (a INT) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='x'",
       "CREATE TABLE t (a INT) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE utf8mb4_uca1400_nopad_ai_ci "
       "COMMENT='x'"},
      {"CREATE TABLE t (a VARCHAR(9) CHARACTER SET utf8mb4, b TEXT CHARACTER SET utf8mb4 COLLATE "
       "utf8mb4_bin)",
       "CREATE TABLE t (a VARCHAR(9) CHARACTER SET utf8mb4 COLLATE utf8mb4_uca1400_nopad_ai_ci, b TEXT "
       "CHARACTER "
       "SET utf8mb4 COLLATE utf8mb4_bin)"},
      {"ALTER TABLE t CONVERT TO CHARACTER SET utf8mb4",
       "ALTER TABLE t CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_uca1400_nopad_ai_ci"},
      {"CREATE DATABASE d CHARSET utf8mb4 DEFAULT ENCRYPTION='N'",
       "CREATE DATABASE d CHARSET utf8mb4 COLLATE utf8mb4_uca1400_nopad_ai_ci "},
      {"CREATE TABLE t (a INT, KEY k (a) INVISIBLE)", "CREATE TABLE t (a INT, KEY k (a) IGNORED)"},
      {"CREATE TABLE t (a INT, KEY k ((a+1)), KEY l ((a+2)), KEY m (a))",
       "CREATE TABLE t (a INT   , KEY m (a))"},
      {"CREATE TABLE t (a INT, b INT AS (a+1) STORED NOT NULL)",
       "CREATE TABLE t (a INT, b INT AS (a+1) STORED  )"},
      {"CREATE TABLE t (a INT, CHECK (a>0) NOT ENFORCED)", "CREATE TABLE t (a INT, CHECK ((a>0) OR TRUE)  )"},
      {"CREATE TABLE t (a INT) TABLESPACE=innodb_file_per_table COMPRESSION='zlib'",
       "CREATE TABLE t (a INT)  "},
      {"CREATE INDEX k ON t ((a+1))", "DO 0"},
      {"ALTER TABLE t ADD INDEX k ((a+1))", "DO 0"},
      {"ALTER TABLE t ADD INDEX k ((a+1)), ADD b INT", "ALTER TABLE t  ADD b INT"},
      {"ALTER TABLE t ADD b INT, ALGORITHM=INSTANT, LOCK=NONE",
       "ALTER TABLE t ADD b INT, ALGORITHM=DEFAULT, LOCK=DEFAULT"},
      {"ALTER TABLE t ALTER INDEX k INVISIBLE", "ALTER TABLE t ALTER INDEX k IGNORED"},
      {"ALTER TABLE t DROP CHECK c", "ALTER TABLE t DROP CONSTRAINT c"},
      {"CREATE TABLE t (g POINT NOT NULL SRID 4326)", "CREATE TABLE t (g POINT NOT NULL  )"},
      {"CREATE TABLE t AS TABLE u", "CREATE TABLE t AS SELECT * FROM u"},
      {"CREATE DEFINER=`app`@`%` TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET NEW.a=1",
       "CREATE  TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET NEW.a=1"},
      {"CREATE ALGORITHM=MERGE DEFINER=CURRENT_USER() SQL SECURITY INVOKER VIEW v AS SELECT 1",
       "CREATE ALGORITHM=MERGE  SQL SECURITY INVOKER VIEW v AS SELECT 1"},
  };
  for (const Case& one : cases) {
    CAPTURE(one.in);
    CHECK(run(one.in) == squeezed(one.out));
  }
}

TEST_CASE("a unique index on an expression is left to the mirror to refuse") {
  CHECK(same("CREATE TABLE t (a INT, UNIQUE KEY k ((a+1)))") == "same");
  CHECK(same("CREATE UNIQUE INDEX k ON t ((a+1))") == "same");
}

TEST_CASE("a table made without a primary key has the source's invisible one") {
  DialectFacts facts = mysql_to_mariadb();
  facts.invisible_primary_keys = true;
  CHECK(run("CREATE TABLE t (a INT, UNIQUE KEY (a))", facts) ==
        "CREATE TABLE t (`my_row_id` BIGINT UNSIGNED NOT NULL AUTO_INCREMENT INVISIBLE PRIMARY KEY, a INT, "
        "UNIQUE "
        "KEY (a))");
  CHECK(run("CREATE TABLE t (a INT KEY)", facts) == "CREATE TABLE t (a INT KEY)");
  CHECK(run("CREATE TABLE t (a INT, PRIMARY KEY (a))", facts) == "CREATE TABLE t (a INT, PRIMARY KEY (a))");
}

TEST_CASE("version comments are what the source made of them") {
  CHECK(run("CREATE TABLE t (a INT /*!80023 INVISIBLE */)") == "CREATE TABLE t (a INT INVISIBLE)");
  CHECK(run("CREATE TABLE t (a INT /*!99999 INVISIBLE */ /*M!100100 NOT NULL */)") ==
        "CREATE TABLE t (a INT)");
  DialectFacts back = mysql_to_mariadb();
  std::swap(back.source, back.mirror);
  CHECK(run("UPDATE t SET a=1 /*!50701 , b=2 */ /*M!100100 , c=3 */ /*!50600 , d=4 */", back) ==
        "UPDATE t SET a=1 , c=3 , d=4");
}

TEST_CASE("what is lost is told") {
  CHECK(translate("CREATE TABLE t (a VARCHAR(9) COLLATE utf8mb4_0900_ai_ci)").notes ==
        std::vector<std::string>{"utf8mb4_0900_ai_ci became uca1400_nopad_ai_ci"});
  CHECK(translate("CREATE TABLE t (a JSON, b JSON)").notes.size() == 1);
  CHECK(!translate("UPDATE t SET a=1 WHERE j->'$.a' IN ('x')").suspect.empty());
  CHECK(translate("UPDATE t SET a=1 WHERE j->>'$.a' IN ('x')").suspect.empty());
  CHECK(!translate("UPDATE /*+ SET_VAR(sql_mode='') */ t SET a=1").suspect.empty());
  CHECK(!translate("INSERT INTO t VALUES (ST_GeomFromText('POINT(1 2)', 4326))").suspect.empty());
}

TEST_CASE("one dialect: only defaults, definers and version comments") {
  DialectFacts facts = mysql_to_mariadb();
  facts.mirror = {false, 90704};
  facts.collations.known = {"utf8mb4_0900_ai_ci", "utf8mb4_general_ci"};
  facts.collations.mirror_default = facts.collations.source_default;
  CHECK(run("UPDATE t SET a=j->>'$.a'", facts) == "UPDATE t SET a=j->>'$.a'");
  CHECK(run("CREATE TABLE t (a INT, KEY k ((a+1)) INVISIBLE) CHARSET=utf8mb4", facts) ==
        "CREATE TABLE t (a INT, KEY k ((a+1)) INVISIBLE) CHARSET=utf8mb4");
  facts.source.number = 50744;
  facts.collations.source_default["utf8mb4"] = "utf8mb4_general_ci";
  CHECK(run("CREATE TABLE t (a INT) CHARSET=utf8mb4", facts) ==
        "CREATE TABLE t (a INT) CHARSET=utf8mb4 COLLATE utf8mb4_general_ci");
}

TEST_CASE("the nearest collation") {
  CollationFacts facts = mysql_to_mariadb().collations;
  const Collations present(facts);
  CHECK(present.nearest("utf8mb4_0900_bin") == "utf8mb4_nopad_bin");
  CHECK(present.nearest("utf8mb4_ja_0900_as_cs_ks") == "utf8mb4_uca1400_nopad_as_cs");
  CHECK(present.nearest("UTF8_GENERAL_CI") == "utf8mb3_general_ci");
  CHECK(present.nearest("gb18030_bin") == "gb18030_bin");
  CHECK(present.names("'utf8mb4' COLLATE 'utf8mb4_0900_ai_ci'") ==
        "'utf8mb4' COLLATE utf8mb4_uca1400_nopad_ai_ci");
  CHECK(present.names("utf8mb4") == "utf8mb4 COLLATE utf8mb4_uca1400_nopad_ai_ci");
  CHECK(present.names("latin1") == "latin1");
  facts.known = {"utf8_general_ci", "utf8mb4_unicode_520_nopad_ci", "utf8mb4_nopad_bin"};
  const Collations old(facts);
  CHECK(old.nearest("utf8mb4_0900_ai_ci") == "utf8mb4_unicode_520_nopad_ci");
  CHECK(old.nearest("utf8mb4_0900_as_cs") == "utf8mb4_nopad_bin");
  CHECK(old.nearest("utf8mb3_general_ci") == "utf8_general_ci");
  facts.known.insert("utf8mb4_0900_ai_ci");  // MariaDB 11.4 has it
  CHECK(Collations(facts).nearest("utf8mb4_0900_ai_ci") == "utf8mb4_0900_ai_ci");
  facts.known = {"utf8mb4_0900_ai_ci", "utf8mb4_0900_as_cs"};
  CHECK(Collations(facts).nearest("uca1400_as_cs") == "utf8mb4_0900_as_cs");
}

TEST_CASE("SQL modes") {
  CHECK(mirror_modes("strict_trans_tables,TIME_TRUNCATE_FRACTIONAL", false, true) == "STRICT_TRANS_TABLES");
  CHECK(mirror_modes("ANSI_QUOTES", false, true) == "ANSI_QUOTES,TIME_ROUND_FRACTIONAL");
  CHECK(mirror_modes("NO_AUTO_CREATE_USER", true, false) == "TIME_TRUNCATE_FRACTIONAL");
  CHECK(mirror_modes("NO_AUTO_CREATE_USER", true, true) == "NO_AUTO_CREATE_USER");
  CHECK(mirror_modes("NO_AUTO_CREATE_USER,ANSI", false, false) == "ANSI");
}

TEST_CASE("versions") {
  CHECK(parse_version("10.11.19-MariaDB-0+deb12u1") == ServerVersion{true, 101119});
  CHECK(parse_version("5.5.5-10.6.12-MariaDB-log") == ServerVersion{true, 100612});
  CHECK(parse_version("8.0.36-28.1") == ServerVersion{false, 80036});
}

TEST_CASE("a JSON column is added to rows that are there") {
  for (const char* sql :
       {"ALTER TABLE t ADD j JSON NOT NULL FIRST", "ALTER TABLE t ADD COLUMN (j JSON NOT NULL)",
        "ALTER TABLE t ADD j JSON NOT NULL, ADD COLUMN k JSON NOT NULL"}) {
    const Translation out = translate(sql);
    CHECK(out.text == std::string("SET STATEMENT check_constraint_checks=0 FOR ") + sql);
    CHECK(out.suspect == "a JSON column that was added, in the rows that were there");
  }
  for (const char* sql : {"ALTER TABLE t ADD j JSON", "ALTER TABLE t MODIFY j JSON NOT NULL",
                          "CREATE TABLE t (j JSON NOT NULL)", "ALTER TABLE t ADD a INT NOT NULL, DROP j"}) {
    CHECK(translate(sql).suspect.empty());
  }
}

TEST_CASE("SET and ENUM columns beside a query") {
  const auto compares = [](const char* sql) { return compares_sets(sql::classify(sql), {"a"}, {}); };
  CHECK(compares("UPDATE t SET d = 8 WHERE a IN (SELECT id FROM u)"));
  CHECK(compares("INSERT INTO v SELECT b FROM t WHERE `A` > 1"));
  CHECK_FALSE(compares("UPDATE t SET d = 8 WHERE a = 'x'"));
  CHECK_FALSE(compares("UPDATE t SET d = 'a' WHERE b IN (SELECT id FROM u)"));
}

TEST_CASE("statements whose outcome depends on how a server takes JSON") {
  const std::vector<std::string> json{"j"};
  const auto writes_json = [&](const char* sql) { return depends_on_json(sql::classify(sql), json, {}, {}); };
  const auto reads_json = [&](const char* sql) { return depends_on_json(sql::classify(sql), {}, json, {}); };
  for (const char* sql :
       {"INSERT INTO t (j) SELECT a FROM u", "REPLACE INTO t SELECT * FROM u ORDER BY 1",
        "INSERT INTO t (id, j) VALUES (1, @a)", "INSERT INTO t SET j = x'3131'",
        "INSERT INTO t (id, j) VALUES (1, '1') ON DUPLICATE KEY UPDATE a = j",
        "UPDATE t SET a = 1 WHERE j > '1'", "UPDATE t SET j = a", "DELETE FROM t ORDER BY `J` LIMIT 1"}) {
    CAPTURE(sql);
    CHECK(writes_json(sql));
  }
  CHECK(reads_json("INSERT INTO u (a) SELECT 1 FROM t ORDER BY j LIMIT 1"));
  CHECK(reads_json("UPDATE u JOIN t ON u.id=t.id SET u.a=t.j"));
  for (const char* sql :
       {"INSERT INTO t (id, j) VALUES (1, '{}'), (2, NULL)", "UPDATE t SET a = 1 WHERE b = 'j'",
        "DELETE FROM t WHERE id = 1", "UPDATE t SET a = a + 1 ORDER BY id LIMIT 3"}) {
    CAPTURE(sql);
    CHECK_FALSE(writes_json(sql));
  }
  CHECK_FALSE(depends_on_json(sql::classify("INSERT INTO t SELECT * FROM u"), {}, {}, {}));
}
