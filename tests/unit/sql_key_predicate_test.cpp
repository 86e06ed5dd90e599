#include <limits>

#include "common/sql/key_predicate.h"
#include "tests/support/catch.h"

using namespace dw::sql;
using Kind = KeySet::Kind;

namespace {

KeyColumn integer(const std::string& name) {
  KeyColumn out{name, KeyType::integer, std::numeric_limits<std::int32_t>::min(),
                static_cast<std::uint64_t>(std::numeric_limits<std::int32_t>::max())};
  return out;
}

KeyColumn text(const std::string& name, std::uint64_t longest = 20) {
  KeyColumn out{name, KeyType::text};
  out.longest = longest;
  return out;
}

// t (id INT AUTO_INCREMENT PRIMARY KEY, a, b)
TableKey by_id() {
  return {{integer("id")}, {"id", "a", "b"}, "id", false};
}
// t (day DATE, code VARCHAR(20), a, PRIMARY KEY (day, code))
TableKey by_two() {
  return {{{"day", KeyType::date}, text("code")}, {"day", "code", "a"}, "", false};
}
TableKey by_code() {
  return {{text("code")}, {"code", "a"}, "", false};
}

KeySet keys(const std::string& sql, const TableKey& key = by_id(), LexerOptions options = {}) {
  return keys_of(classify(sql, options), key, options);
}

// "5|7", "5..9", "given", "unknown"
std::string told(const std::string& sql, const TableKey& key = by_id(), LexerOptions options = {}) {
  const KeySet set = keys(sql, key, options);
  if (set.kind == Kind::unknown) return "unknown";
  if (set.kind == Kind::given) return "given";
  if (set.kind == Kind::range)
    return (set.from ? std::to_string(*set.from) : "") + ".." + (set.to ? std::to_string(*set.to) : "");
  std::string out;
  for (const KeyRow& row : set.rows) {
    if (!out.empty()) out += "|";
    for (std::size_t i = 0; i < row.size(); ++i) out += (i == 0 ? "" : ",") + row[i];
  }
  return out;
}

}  // namespace

TEST_CASE("a WHERE names the rows of an integer key") {
  CHECK(told("UPDATE t SET a=1 WHERE id=5") == "5");
  CHECK(told("UPDATE t SET a=1 WHERE id = -5") == "-5");
  CHECK(told("UPDATE t SET a=1 WHERE id = '005'") == "5");
  CHECK(told("UPDATE t SET a=1 WHERE 5 = id") == "5");
  CHECK(told("update app.t set a=1 where app.t.ID=5 limit 1") == "5");
  CHECK(told("UPDATE `t` AS x SET x.a=1 WHERE x.`Id`<=>5 ORDER BY a") == "5");
  CHECK(told("UPDATE t x SET a=id+1 WHERE (a > 3 AND ((x.id=5)))") == "5");
  CHECK(told("UPDATE t SET a=(SELECT max(b) FROM u WHERE id=9) WHERE id=5") == "5");
  CHECK(told("UPDATE t SET a='it''s id=7' WHERE id=5 AND b='x OR 1=1'") == "5");
  CHECK(told("/* web */ UPDATE t SET a=1 -- id=3\n WHERE id=5") == "5");
  CHECK(told("UPDATE t SET a=1 WHERE id IN (5, 7, '9')") == "5|7|9");
  CHECK(told("UPDATE t SET a=1 WHERE a BETWEEN 1 AND 2 AND id IN (5)") == "5");
  CHECK(told("UPDATE t SET a=1 WHERE (a=1 OR b=2) AND id=5") == "5");
  CHECK(told("DELETE FROM t WHERE id=5") == "5");
  CHECK(told("DELETE FROM t AS x WHERE x.id=5 && a LIKE 'y'") == "5");
  CHECK(told("DELETE FROM t WHERE id=5 RETURNING a") == "5");
}

TEST_CASE("a WHERE names a range of an integer key") {
  CHECK(told("UPDATE t SET a=1 WHERE id BETWEEN 5 AND 9") == "5..9");
  CHECK(told("UPDATE t SET a=1 WHERE id > 5 AND id <= 9") == "6..9");
  CHECK(told("UPDATE t SET a=1 WHERE 5 > id") == "..4");
  CHECK(told("DELETE FROM t WHERE id >= -5 AND a=1 AND b BETWEEN 1 AND 3") == "-5..");
  CHECK(told("DELETE FROM t WHERE id BETWEEN 5 AND 9 AND a BETWEEN 1 AND id") == "5..9");
}

TEST_CASE("what is not certain names nothing") {
  for (const char* sql : {"UPDATE t SET a=1",
                          "UPDATE t SET a=1 WHERE id=5 OR a=1",
                          "UPDATE t SET a=1 WHERE a=2 || id=5",
                          "UPDATE t SET a=1 WHERE id=5 XOR a=1",
                          "UPDATE t SET a=1 WHERE NOT id=5",
                          "UPDATE t SET a=1 WHERE NOT (id=5)",
                          "UPDATE t SET a=1 WHERE id=5 IS FALSE",
                          "UPDATE t SET a=1 WHERE (id=5) = 0",
                          "UPDATE t SET a=1 WHERE id=5=0",
                          "UPDATE t SET a=1 WHERE id=5+1",
                          "UPDATE t SET a=1 WHERE id+0=5",
                          "UPDATE t SET a=1 WHERE id=5.0",
                          "UPDATE t SET a=1 WHERE id=5e0",
                          "UPDATE t SET a=1 WHERE id='5abc'",
                          "UPDATE t SET a=1 WHERE id=' 5'",
                          "UPDATE t SET a=1 WHERE id='5' '6'",
                          "UPDATE t SET a=1 WHERE id=0x05",
                          "UPDATE t SET a=1 WHERE id=NULL",
                          "UPDATE t SET a=1 WHERE id=@x",
                          "UPDATE t SET a=1 WHERE id=a",
                          "UPDATE t SET a=1 WHERE id=?",
                          "UPDATE t SET a=1 WHERE id=f(5)",
                          "UPDATE t SET a=1 WHERE id=(SELECT 5)",
                          "UPDATE t SET a=1 WHERE id IN (SELECT 5)",
                          "UPDATE t SET a=1 WHERE id IN (5, a)",
                          "UPDATE t SET a=1 WHERE id NOT IN (5)",
                          "UPDATE t SET a=1 WHERE id NOT BETWEEN 5 AND 9",
                          "UPDATE t SET a=1 WHERE id<>5",
                          "UPDATE t SET a=1 WHERE id != 5",
                          "UPDATE t SET a=1 WHERE id LIKE '5'",
                          "UPDATE t SET a=1 WHERE (SELECT id FROM t WHERE a=1 AND id=5)",
                          "UPDATE t SET a=1 WHERE CASE WHEN a THEN b AND id=5 AND a END",
                          "UPDATE t SET a=1 WHERE (1, 0 AND id=5) = (1, 1)",
                          "UPDATE t SET a=1 WHERE u.id=5",
                          "UPDATE t AS x SET a=1 WHERE t.id=5",
                          "UPDATE t, u SET t.a=1 WHERE t.id=5",
                          "UPDATE t JOIN u USING (id) SET t.a=1 WHERE t.id=5",
                          "UPDATE t SET a=1 WHERE id=5 AND t.limit=1 OR a=1",
                          "UPDATE t SET a=1 WHERE id BETWEEN 5 AND a",
                          "UPDATE t SET a=1 WHERE id BETWEEN '5' AND '9x'",
                          "UPDATE t SET a=1 WHERE id=99999999999",
                          "UPDATE t SET a=1 WHERE id=1 /*! OR a=1 */",
                          "DELETE FROM t USING t JOIN u WHERE t.id=5",
                          "DELETE t FROM t WHERE t.id=5",
                          "UPDATE t SET a=1 WHERE code=5",
                          "WITH c AS (SELECT 1) UPDATE t SET a=1 WHERE id=5",
                          "UPDATE t PARTITION (p) SET a=1 WHERE id=5",
                          "LOAD DATA INFILE 'x' INTO TABLE t",
                          "CALL p(5)",
                          "UPDATE t SET a=1 WHERE @x:=id=5"}) {
    INFO(sql);
    CHECK(told(sql) == "unknown");
  }
  CHECK(told("UPDATE t SET a=1 WHERE id=5", TableKey{}) == "unknown");
}

TEST_CASE("every column of the key is needed, with values of its own type") {
  CHECK(told("UPDATE t SET a=1 WHERE day='2026-11-21' AND code='x'", by_two()) == "2026-11-21,x");
  CHECK(told("UPDATE t SET a=1 WHERE code IN ('x','y') AND day='2026-11-21'", by_two()) ==
        "2026-11-21,x|2026-11-21,y");
  CHECK(told("UPDATE t SET a=1 WHERE day='2026-11-21'", by_two()) == "unknown");
  CHECK(told("UPDATE t SET a=1 WHERE day='21.11.2026' AND code='x'", by_two()) == "unknown");
  CHECK(told("UPDATE t SET a=1 WHERE code='it\\'s'", by_code()) == "it's");
  CHECK(told("UPDATE t SET a=1 WHERE code=\"x\"", by_code()) == "x");
  CHECK(told("UPDATE t SET a=1 WHERE code=\"x\"", by_code(), {.ansi_quotes = true}) == "unknown");
  CHECK(told("UPDATE t SET a=1 WHERE code='a\\b'", by_code(), {.no_backslash_escapes = true}) == "a\\b");
  for (const char* sql : {"UPDATE t SET a=1 WHERE code=5", "UPDATE t SET a=1 WHERE code='x '",
                          "UPDATE t SET a=1 WHERE code=N'x'", "UPDATE t SET a=1 WHERE code=_latin1'x'",
                          "UPDATE t SET a=1 WHERE code='x' COLLATE utf8mb4_bin",
                          "UPDATE t SET a=1 WHERE BINARY code='x'", "UPDATE t SET a=1 WHERE code=0x41",
                          "UPDATE t SET a=1 WHERE code > 'x'", "UPDATE t SET a=1 WHERE code BETWEEN 1 AND 5",
                          "UPDATE t SET a=1 WHERE code='123456789012345678901'"}) {
    INFO(sql);
    CHECK(told(sql, by_code()) == "unknown");
  }
}

TEST_CASE("a binary key takes hexadecimal and plain strings") {
  TableKey key{{{"h", KeyType::binary}}, {"h", "a"}, "", false};
  key.columns[0].longest = 2;
  key.columns[0].fixed_length = true;
  CHECK(told("UPDATE t SET a=1 WHERE h=x'4142'", key) == "AB");
  CHECK(told("UPDATE t SET a=1 WHERE h IN (0x4142, 'CD')", key) == "AB|CD");
  CHECK(told("UPDATE t SET a=1 WHERE h=0x41", key) == "unknown");
}

TEST_CASE("an UPDATE that changes the key touches the old row and the new one") {
  CHECK(told("UPDATE t SET id=7 WHERE id=5") == "5|7");
  CHECK(told("UPDATE t SET a=3, t.id='7' WHERE id=5") == "5|7");
  CHECK(told("UPDATE t SET code='y' WHERE day='2026-11-21' AND code='x'", by_two()) ==
        "2026-11-21,x|2026-11-21,y");
  CHECK(told("UPDATE t SET id=id+1 WHERE id=5") == "unknown");
  CHECK(told("UPDATE t SET id=7 WHERE a=5") == "unknown");
  CHECK(told("UPDATE t SET id=7 WHERE id>5") == "unknown");
}

TEST_CASE("INSERT and REPLACE name the rows that they bring") {
  CHECK(told("INSERT INTO t (a, id) VALUES (f(1, 2), 5), ((SELECT 3), -7)") == "5|-7");
  CHECK(told("INSERT INTO t VALUES (5, 'x', 'y')") == "5");
  CHECK(told("INSERT t SET a=now(), id=5") == "5");
  CHECK(told("INSERT INTO t SET `t`.`id`='5'") == "5");
  CHECK(told("REPLACE INTO t (id) VALUES (5)") == "5");
  CHECK(told("INSERT INTO t (id, a) VALUES (5, 1) ON DUPLICATE KEY UPDATE a=a+1") == "5");
  CHECK(told("INSERT INTO t (id, a) VALUES (5, 1) AS n ON DUPLICATE KEY UPDATE a=n.a") == "5");
  CHECK(told("INSERT INTO t (day, code) VALUES ('2026-11-21', 'x')", by_two()) == "2026-11-21,x");
}

TEST_CASE("an INSERT without a key has the server give it") {
  CHECK(told("INSERT INTO t (a) VALUES (1), (2)") == "given");
  CHECK(keys("INSERT INTO t (a) VALUES (1), (2)").new_rows == 2);
  for (const char* sql :
       {"INSERT INTO t VALUES (NULL, 1, 2)", "INSERT INTO t VALUES (0, 1, 2), (DEFAULT, 1, 2)",
        "INSERT INTO t () VALUES ()", "INSERT INTO t VALUES ()", "INSERT IGNORE INTO t SET a=1",
        "INSERT INTO t (a) SELECT a FROM u WHERE id=5", "REPLACE INTO t (a) VALUES (5)",
        "INSERT INTO t (a) VALUES (5) ON DUPLICATE KEY UPDATE a=1"}) {
    INFO(sql);
    CHECK(told(sql) == "given");
  }
}

TEST_CASE("an INSERT that may hit another row, or whose key is not certain, names nothing") {
  for (const char* sql :
       {"INSERT INTO t (id, a) VALUES (5, 1), (NULL, 2)", "INSERT INTO t (id) VALUES (4+1)",
        "INSERT INTO t (id) VALUES (@x)", "INSERT INTO t (id) VALUES (?)", "INSERT INTO t (id) SELECT 5",
        "INSERT INTO t SELECT 1, 2, 3", "INSERT INTO t (id) VALUES ('x')",
        "INSERT INTO t PARTITION (p) (id) VALUES (5)",
        "INSERT INTO t (id) VALUES (5) ON DUPLICATE KEY UPDATE id=6", "INSERT INTO t VALUES (5, 1)"}) {
    INFO(sql);
    CHECK(told(sql) == "unknown");
  }
  TableKey other = by_id();
  other.other_unique = true;
  CHECK(told("REPLACE INTO t (id) VALUES (5)", other) == "unknown");
  CHECK(told("INSERT INTO t (id) VALUES (5) ON DUPLICATE KEY UPDATE a=1", other) == "unknown");
  CHECK(told("INSERT INTO t (id) VALUES (5) AS n ON DUPLICATE KEY UPDATE a=n.a", other) == "unknown");
  CHECK(told("INSERT INTO t (a) VALUES (5) ON DUPLICATE KEY UPDATE a=1", other) == "unknown");
  CHECK(told("INSERT INTO t (id) VALUES (5)", other) == "5");
  CHECK(told("INSERT INTO t (a) VALUES (1)", by_code()) == "unknown");
}

TEST_CASE("statements are apart only when no collation could make their rows one") {
  const auto apart = [](const std::string& left, const std::string& right, const TableKey& key) {
    return disjoint(keys("UPDATE t SET a=1 WHERE " + left, key), keys("UPDATE t SET a=1 WHERE " + right, key),
                    key);
  };
  CHECK(apart("id=5", "id=6", by_id()));
  CHECK_FALSE(apart("id=5", "id='05'", by_id()));
  CHECK_FALSE(apart("id IN (1,2)", "id IN (2,3)", by_id()));
  CHECK(apart("id BETWEEN 1 AND 4", "id=5", by_id()));
  CHECK_FALSE(apart("id BETWEEN 1 AND 5", "id=5", by_id()));
  CHECK(apart("id < 5", "id >= 5", by_id()));
  CHECK_FALSE(apart("id < 5", "a=1", by_id()));
  CHECK(apart("code='x'", "code='z'", by_code()));
  CHECK_FALSE(apart("code='X'", "code='x'", by_code()));
  CHECK_FALSE(apart("code='wy'", "code='VI'", by_code()));
  CHECK_FALSE(apart("code='\xC3\xA9'", "code='e'", by_code()));
  const KeySet given = keys("INSERT INTO t (a) VALUES (1)");
  CHECK(disjoint(given, given, by_id()));
  CHECK(disjoint(given, keys("UPDATE t SET a=1 WHERE id=5"), by_id()));
  CHECK_FALSE(disjoint(given, keys("UPDATE t SET a=1 WHERE id>5"), by_id()));
  CHECK_FALSE(disjoint(given, keys("UPDATE t SET a=1"), by_id()));
}
