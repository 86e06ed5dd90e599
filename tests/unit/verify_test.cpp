// What a reading of production can judge, and what it says.
#include "common/util/error.h"
#include "loader/verify/comparison.h"
#include "loader/verify/doubts.h"
#include "loader/verify/marks.h"
#include "loader/verify/named_tables.h"
#include "loader/verify/reading.h"
#include "loader/verify/table_shape.h"
#include "loader/verify/undoing.h"
#include "tests/support/catch.h"
#include "tests/unit/plan_log.h"

using namespace dw;
using namespace dw::load;
using dw::test::Log;

namespace {

const std::string kNonce(32, 'c');
const std::string kList = "/* dw-extract mark " + kNonce + " list */ SHOW PROCESSLIST";
const std::string kInside = "/* dw-extract mark " + kNonce + " inside */ SELECT 1";

sql::TableKey key_of_ids() {
  sql::TableKey out;
  sql::KeyColumn id;
  id.name = "id";
  id.type = sql::KeyType::integer;
  id.most = 1U << 31U;
  out.columns = {id};
  out.table_columns = {"id", "n"};
  out.auto_increment = "id";
  return out;
}

std::vector<rows::Column> columns() {
  rows::Column id;
  id.name = "id";
  id.type = "int";
  id.kind = rows::ValueKind::integer;
  rows::Column n = id;
  n.name = "n";
  return {id, n};
}

// The rows of `t`, of ids 1 to 9, that are in doubt; "all": everything is.
std::string doubts_of(Log& log, const std::vector<std::uint64_t>& busy = {},
                      const std::vector<InFlight>& before = {}, std::size_t watermark = 1000) {
  Batch& batch = log.batch();
  const auto marks = find_marks(batch, kNonce);
  REQUIRE(marks);
  cut_behind(batch, marks->inside);
  PlannerOptions options;
  options.databases = {"app"};
  options.hold.after = 0;
  const Plan plan = make_plan(batch, {}, options);
  const sql::TableKey key = key_of_ids();
  SchemaLookup schema;
  schema.key_of = [&](const TableId&) { return &key; };
  schema.reached_by_keys = [](const TableId& table) {
    return table.table == "parent" ? std::set<TableId>{{"app", "t"}} : std::set<TableId>();
  };
  const Doubts doubts = find_doubts(
      {batch, plan, std::min(watermark, batch.events.size()), *marks, busy, before, {}, options}, schema);
  if (doubts.everything()) return "all";
  const TableDoubts* own = doubts.of({"app", "t"});
  std::string out;
  for (int id = 1; id <= 9 && own != nullptr; ++id) {
    if (is_in_doubt(*own, key, columns(), {std::to_string(id), "0"}, 8)) out += std::to_string(id);
  }
  return out;
}

Log session() {
  Log log;
  log.connect(1).connect(2);
  return log;
}

}  // namespace

TEST_CASE("what was committed before the list by a thread that was idle is certain") {
  Log log = session();
  log.query(1, "UPDATE t SET n=1 WHERE id=3").query(9, kList).query(9, kInside);
  CHECK(doubts_of(log).empty());
}

TEST_CASE("the last statement of a busy thread is in doubt, and so is its whole transaction") {
  Log log = session();
  log.query(1, "UPDATE t SET n=1 WHERE id=3").query(1, "UPDATE t SET n=1 WHERE id=4");
  log.query(2, "BEGIN").query(2, "UPDATE t SET n=1 WHERE id=5").query(2, "COMMIT");
  log.query(9, kList).query(9, kInside);
  CHECK(doubts_of(log, {1, 2}) == "45");
}

TEST_CASE("a busy thread's statement of an earlier batch is in doubt") {
  Log log = session();
  log.query(9, kList).query(9, kInside);
  InFlight one;
  one.thread = 7;
  one.schema = "app";
  one.table = "t";
  CHECK(doubts_of(log, {7}, {one}) == "123456789");
  CHECK(doubts_of(log, {6}, {one}).empty());
}

TEST_CASE("what commits between the marks is in doubt, what is open at the last one is not") {
  Log log = session();
  log.query(1, "BEGIN").query(1, "UPDATE t SET n=1 WHERE id=3");
  log.query(2, "BEGIN").query(2, "UPDATE t SET n=1 WHERE id=4");
  log.query(9, kList).query(1, "COMMIT").query(1, "UPDATE t SET n=1 WHERE id=6").query(9, kInside);
  log.query(2, "COMMIT");
  CHECK(doubts_of(log) == "36");
}

TEST_CASE("what stands behind the watermark is not on the mirror yet") {
  Log log = session();
  log.query(2, "BEGIN").query(2, "UPDATE t SET n=1 WHERE id=4").query(1, "UPDATE t SET n=1 WHERE id=3");
  log.query(9, kList).query(9, kInside);
  CHECK(doubts_of(log, {}, {}, 2) == "3");
}

TEST_CASE("rows that get an id from the server: those that may be new") {
  Log log = session();
  log.query(9, kList).query(1, "INSERT INTO t (n) VALUES (1)").query(9, kInside);
  CHECK(doubts_of(log) == "89");
}

TEST_CASE("what names no key puts its table in doubt, and cascades put the tables that they reach") {
  Log log = session();
  log.query(9, kList).query(1, "UPDATE t SET n=1 WHERE n=2").query(9, kInside);
  CHECK(doubts_of(log) == "123456789");
  Log other = session();
  other.query(9, kList).query(1, "DELETE FROM parent WHERE id=1").query(9, kInside);
  CHECK(doubts_of(other) == "123456789");
}

TEST_CASE("a CALL, and a list that stands in an earlier batch, put everything in doubt") {
  Log log = session();
  log.query(9, kList).query(1, "CALL p()").query(9, kInside);
  CHECK(doubts_of(log) == "all");
  Log other = session();
  other.query(9, kInside);
  CHECK(doubts_of(other) == "all");
}

TEST_CASE("a batch that is cut ends behind the mark, and says nothing of who has left since") {
  Log log = session();
  log.query(9, kList).query(9, kInside).query(1, "BEGIN").live({9});
  Batch& batch = log.batch();
  const Cursor behind = batch.cursor_before(4);
  cut_behind(batch, find_marks(batch, kNonce)->inside);
  CHECK(batch.events.size() == 4);
  CHECK(batch.header.next.same_place(behind));
  CHECK(batch.header.more);
  CHECK_FALSE(batch.header.live);
  CHECK_FALSE(find_marks(batch, std::string(32, 'd')));
}

TEST_CASE("rows are matched by key; without one they are bags") {
  const std::vector<StoredRow> source{{"1", "10"}, {"2", "20"}, {"3", "30"}, {"3", "30"}};
  const std::vector<StoredRow> mirror{{"3", "30"}, {"2", "21"}, {"9", "90"}};
  const auto text = [](const std::vector<Difference>& all) {
    std::string out;
    for (const Difference& one : all) {
      out += (one.source ? *(*one.source)[0] + "=" + *(*one.source)[1] : "-") + "|" +
             (one.mirror ? *(*one.mirror)[0] + "=" + *(*one.mirror)[1] : "-") + " ";
    }
    return out;
  };
  CHECK(text(compare_rows(columns(), {0}, {source.begin(), source.end() - 1}, mirror)) ==
        "1=10|- 2=20|2=21 -|9=90 ");
  CHECK(text(compare_rows(columns(), {}, source, mirror)) == "1=10|- 2=20|- 3=30|- -|2=21 -|9=90 ");
  // Leading zeros are no difference.
  CHECK(compare_rows(columns(), {0}, {{"1", "0010"}}, {{"1", "10"}}).empty());
}

TEST_CASE("columns in another order are put into ours; others are another table") {
  std::vector<rows::Column> turned = columns();
  std::swap(turned[0], turned[1]);
  std::vector<rows::Column> ours = columns();
  std::vector<StoredRow> rows{{"10", "1"}};
  CHECK(arrange(turned, ours, rows));
  CHECK(*rows[0][0] == "1");
  turned[0].kind = rows::ValueKind::decimal;
  CHECK_FALSE(arrange(turned, ours, rows));
  turned.pop_back();
  CHECK_FALSE(arrange(turned, ours, rows));
}

TEST_CASE(
    "JSON that the mirror keeps as text, as of CREATE TABLE ... SELECT on MariaDB, is compared as JSON") {
  std::vector<rows::Column> source = columns();
  std::vector<rows::Column> mirror = columns();
  source[1].kind = rows::ValueKind::json;
  mirror[1].kind = rows::ValueKind::text;
  std::vector<StoredRow> rows{{"1", "[1, 2]"}};
  mirror[1].charset = "latin1";
  CHECK_FALSE(arrange(source, mirror, rows));
  mirror[1].charset = "utf8mb4";
  REQUIRE(arrange(source, mirror, rows));
  CHECK(compare_rows(mirror, {0}, rows, {{"1", "[1,2]"}}).empty());
  CHECK(compare_rows(mirror, {0}, rows, {{"1", "[2,1]"}}).size() == 1);
}

TEST_CASE("a reading is read whole or not at all") {
  const std::string header =
      R"({"format":1,"kind":"read","source":{"id":"s","server_version":"9.7.4","globals":{}},"log_enabled":true,)"
      R"("databases":[],"marker":{"nonce":"n","busy":[4,7]}})"
      "\n";
  const std::string rows =
      R"({"item":0,"columns":[{"name":"id","type":"int","kind":"integer"}],"key":["id"]})"
      "\n[\"5\"]\n[null]\n{\"item\":0,\"rows\":2,\"transactional\":true}\n";
  const std::string digest = "{\"item\":1,\"rows\":3,\"digest\":\"ab\",\"transactional\":true}\n";
  const Reading reading = parse_reading(header + rows + digest + "{\"end\":true,\"lines\":6}\n", 2);
  CHECK(reading.header.busy == std::vector<std::uint64_t>{4, 7});
  REQUIRE(reading.answers[0].values.size() == 2);
  CHECK(reading.answers[0].values[0][0] == "5");
  CHECK_FALSE(reading.answers[0].values[1][0]);
  CHECK(reading.answers[1].digest == "ab");
  CHECK_FALSE(reading.answers[1].checksum);
  const std::string checksum = "{\"item\":1,\"rows\":3,\"checksum\":\"18446744073709551615\"}\n";
  CHECK(parse_reading(header + rows + checksum + "{\"end\":true,\"lines\":6}\n", 2).answers[1].checksum ==
        18446744073709551615U);
  CHECK_THROWS_AS(parse_reading(header + rows + digest, 2), Error);
  CHECK_THROWS_AS(parse_reading(header + rows + "{\"end\":true,\"lines\":5}\n", 2), Error);
  CHECK_THROWS_AS(parse_reading(header + rows + digest + "{\"end\":true,\"lines\":7}\n", 2), Error);
  CHECK_THROWS_AS(parse_reading(header + digest + "{\"end\":true,\"lines\":2}\n", 2), Error);
}

namespace {

// As both servers describe it; a column is "name collation".
rows::Table described(const std::string& create, const std::vector<std::string>& columns) {
  rows::Table out;
  out.create = create;
  for (const std::string& one : columns) {
    rows::Column& column = out.columns.emplace_back();
    column.name = one.substr(0, one.find(' '));
    if (one.find(' ') != std::string::npos) column.collation = one.substr(one.find(' ') + 1);
  }
  return out;
}

std::string changes_text(const rows::Table& present, const rows::Table& wanted,
                         Servers servers = Servers::alike) {
  std::string out;
  for (const ShapeChange& one : shape_changes(present, wanted, servers, wanted.create))
    out += one.clause + (one.removes ? " (removes)" : "") + (one.harmless ? " (harmless)" : "") + "\n";
  return out;
}

std::string table_of(const std::vector<std::string>& lines, const std::string& options = "ENGINE=InnoDB") {
  std::string out;
  for (const std::string& line : lines) out += (out.empty() ? "" : ",") + std::string("\n  ") + line;
  return "CREATE TABLE `t` (" + out + "\n) " + options;
}

}  // namespace

TEST_CASE("what an ALTER TABLE would have to say for a table to be as production's") {
  const std::string wanted =
      "CREATE TABLE `t` (\n  `id` int(11) NOT NULL,\n  `a` varchar(20) DEFAULT NULL,\n  `b` int(11) DEFAULT "
      "NULL,\n  PRIMARY KEY (`id`),\n  KEY `a` (`a`,`b`),\n  CONSTRAINT `f` FOREIGN KEY (`b`) REFERENCES `p` "
      "(`id`)\n) ENGINE=InnoDB";
  const std::string present =
      "CREATE TABLE `t` (\n  `id` int(11) NOT NULL,\n  `a` varchar(10) DEFAULT NULL,\n  `x` int(11) DEFAULT "
      "NULL,\n  PRIMARY KEY (`id`),\n  KEY `a` (`a`),\n  KEY `own` (`x`),\n  UNIQUE KEY `u` (`x`)\n) "
      "ENGINE=InnoDB";
  CHECK(changes_text(described(present, {}), described(wanted, {})) ==
        "MODIFY COLUMN `a` varchar(20) DEFAULT NULL\nADD COLUMN `b` int(11) DEFAULT NULL\nDROP COLUMN `x` "
        "(removes)\nDROP KEY `a`, ADD KEY `a` (`a`,`b`)\nDROP KEY `own` (removes) (harmless)\nDROP KEY `u` "
        "(removes)\n");
  CHECK(changes_text(described(wanted, {}), described(wanted, {})).empty());
  CHECK(definition_as(wanted, "dw_meta.shape") ==
        "CREATE TABLE dw_meta.shape (\n`id` int(11) NOT NULL,\n`a` varchar(20) DEFAULT NULL,\n`b` int(11) "
        "DEFAULT NULL,\nPRIMARY KEY (`id`),\nKEY `a` (`a`,`b`)\n) ENGINE=InnoDB");
}

TEST_CASE("columns in another order are moved to their places, as few as will do") {
  const auto in_order = [](const std::vector<std::string>& names) {
    std::vector<std::string> lines;
    for (const std::string& name : names) lines.push_back("`" + name + "` int");
    return described(table_of(lines), names);
  };
  CHECK(changes_text(in_order({"a", "b", "c", "d"}), in_order({"d", "a", "b", "c"})) ==
        "MODIFY COLUMN `d` int FIRST\n");
  CHECK(changes_text(in_order({"a", "b", "c"}), in_order({"a", "c", "b"})) ==
        "MODIFY COLUMN `b` int AFTER `c`\n");
  CHECK(changes_text(in_order({"a", "c"}), in_order({"n", "a", "b", "c", "z"})) ==
        "ADD COLUMN `n` int FIRST\nADD COLUMN `b` int AFTER `a`\nADD COLUMN `z` int\n");
  CHECK(changes_text(in_order({"x", "a"}), in_order({"a"})) == "DROP COLUMN `x` (removes)\n");
}

TEST_CASE("what statements that production gave up made of a table is undone, and nothing else of it") {
  const std::vector<ShapeChange> all{{"ADD COLUMN `a` int DEFAULT NULL AFTER `id`"},
                                     {"MODIFY COLUMN `m` int"},
                                     {"DROP COLUMN `r7`", true},
                                     {"DROP COLUMN `mine`", true},
                                     {"DROP KEY `K``1`", true, true},
                                     {"DROP KEY `own`", true, true},
                                     {"DROP PRIMARY KEY", true}};
  const auto undone = [&](const std::vector<std::string>& statements) {
    std::vector<ShapeChange> changes = all;
    std::string out;
    for (const ShapeChange& one : take_undoing(statements, changes)) out += one.clause + "\n";
    for (const ShapeChange& one : changes) out += "left: " + one.clause + "\n";
    return out;
  };
  const std::string left = "left: DROP COLUMN `mine`\nleft: DROP KEY `own`\nleft: DROP PRIMARY KEY\n";
  const std::string modified = "MODIFY COLUMN `m` int\n";
  const std::string added = "ADD COLUMN `a` int DEFAULT NULL AFTER `id`\n";
  const std::string renamed = "CHANGE COLUMN `r7` `a` int DEFAULT NULL AFTER `id`\n";
  const std::string keys = "DROP KEY `K``1`\n";
  CHECK(undone({"ALTER TABLE t CHANGE A R7 BIGINT", "CREATE INDEX `k``1` ON t (m)"}) ==
        renamed + modified + keys + left);
  CHECK(undone({"ALTER TABLE t RENAME COLUMN a TO r7, ADD KEY `k``1` (m)"}) ==
        renamed + modified + keys + left);
  CHECK(undone({"ALTER TABLE t ADD r7 INT, DROP a, ADD KEY \"k`1\" (m)"}) ==
        added + modified + "DROP COLUMN `r7`\n" + keys + left);
  CHECK(undone({"ALTER TABLE t MODIFY m BIGINT"}) ==
        added + modified +
            "left: DROP COLUMN `r7`\nleft: DROP COLUMN `mine`\nleft: DROP KEY `K``1`\nleft: DROP KEY "
            "`own`\nleft: DROP PRIMARY KEY\n");
  CHECK(undone({}).find("left: ADD COLUMN `a`") == 0);
}

TEST_CASE("collations tell where a definition leaves them out") {
  const rows::Table wanted = described(
      table_of({"`id` int NOT NULL", "`a` varchar(20) NOT NULL", "`e` enum('it''s','(b') DEFAULT NULL"},
               "ENGINE=InnoDB DEFAULT CHARSET=latin1 COMMENT=' DEFAULT CHARSET=x'"),
      {"id", "a latin1_swedish_ci", "e latin1_swedish_ci"});
  CHECK(changes_text(wanted, wanted).empty());
  rows::Table present = wanted;
  present.create = table_of({"`id` int NOT NULL", "`a` varchar(20) NOT NULL",
                             "`e` enum('it''s','(b') COLLATE utf8mb4_bin DEFAULT NULL"},
                            "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci");
  present.columns[1].collation = "utf8mb4_0900_ai_ci";
  present.columns[2].collation = "utf8mb4_bin";
  const std::string all =
      "DEFAULT CHARSET=latin1\nMODIFY COLUMN `a` varchar(20) CHARACTER SET latin1 COLLATE latin1_swedish_ci "
      "NOT NULL\nMODIFY COLUMN `e` enum('it''s','(b') CHARACTER SET latin1 COLLATE latin1_swedish_ci DEFAULT "
      "NULL\n";
  CHECK(changes_text(present, wanted) == all);
  CHECK(changes_text(present, wanted, Servers::unlike) == all);
  // Another default, and the column is as it was.
  present.create = table_of(
      {"`id` int NOT NULL", "`a` varchar(20) CHARACTER SET latin1 COLLATE latin1_swedish_ci NOT NULL",
       "`e` enum('it''s','(b') CHARACTER SET latin1 COLLATE latin1_swedish_ci DEFAULT NULL"},
      "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4");
  present.columns = wanted.columns;
  CHECK(changes_text(present, wanted) == "DEFAULT CHARSET=latin1\n");
}

TEST_CASE("between MySQL and MariaDB words do not tell, and keys by what they are over") {
  const rows::Table wanted = described(
      table_of({"`id` int(11) NOT NULL", "`j` longtext DEFAULT NULL", "`p` int(11) DEFAULT NULL",
                "PRIMARY KEY (`id`)", "KEY `p` (`p`)", "UNIQUE KEY `u` (`p`,`id`)", "KEY `k` (`id`,`p`)"}),
      {"id", "j utf8mb4_bin", "p"});
  rows::Table present =
      described(table_of({"`id` int(5) NOT NULL", "`j` longtext DEFAULT NULL", "`p` int(11) DEFAULT NULL",
                          "PRIMARY KEY (`id`)", "UNIQUE KEY `other` (`p`,`id`)", "KEY `k` (`id`)",
                          "CONSTRAINT `f` FOREIGN KEY (`p`) REFERENCES `q` (`id`)"}),
                {"id", "j utf8mb4_general_ci", "p"});
  rows::Table json = wanted;
  json.columns[1].kind = rows::ValueKind::json;
  CHECK(changes_text(present, json, Servers::unlike) == "DROP KEY `k`, ADD KEY `k` (`id`,`p`)\n");
}

TEST_CASE("a table is named in full, or alone where that says which is meant") {
  const std::set<TableId> known{{"app", "t"}, {"app", "u"}, {"app2", "t"}, {"app2", "app"}, {"x", "a.b"}};
  using Words = std::vector<std::string>;
  CHECK(tables_named({}, known).empty());
  CHECK(tables_named({"app.t"}, known) == std::set<TableId>{{"app", "t"}});
  CHECK(tables_named({"u", "app2.t"}, known) == std::set<TableId>{{"app", "u"}, {"app2", "t"}});
  CHECK(tables_named({"app2"}, known) == std::set<TableId>{{"app2", "app"}, {"app2", "t"}});
  CHECK(tables_named({"a.b"}, known) == std::set<TableId>{{"x", "a.b"}});
  CHECK(tables_named({"x.a.b"}, known) == std::set<TableId>{{"x", "a.b"}});
  const auto said = [&](const Words& words) {
    try {
      tables_named(words, known);
    } catch (const Error& error) {
      CHECK(error.code() == ExitCode::usage);
      return error.line();
    }
    return std::string();
  };
  CHECK(said({"t"}) == "\"t\" may be app.t, app2.t: write DB.TABLE");
  CHECK(said({"app"}) == "\"app\" may be app2.app, the schema app: write DB.TABLE");
  CHECK(said({"u", "app.z"}) ==
        "neither production nor the mirror has a table or schema \"app.z\": did you mean \"app.t\"?");
  CHECK_THAT(said({""}), Catch::Contains("has a table or schema \"\""));
}

TEST_CASE("an answer that ends early leaves a rest to be asked for") {
  RowsAsked range;
  range.table = {"app", "t"};
  range.after = "[\"1\"]";
  range.through = "[\"9\"]";
  const Answer whole;
  CHECK(!cut_to_answer(range, whole));
  Answer cut;
  cut.through = "[\"4\"]";
  const auto rest = cut_to_answer(range, cut);
  REQUIRE(rest);
  CHECK((range.after == "[\"1\"]" && range.through == "[\"4\"]"));
  CHECK((rest->after == "[\"4\"]" && rest->through == "[\"9\"]"));
  RowsAsked keys;
  keys.keys = R"([["1"],["2"],["3"]])";
  Answer some;
  some.keys_done = 2;
  const auto others = cut_to_answer(keys, some);
  REQUIRE(others);
  CHECK((keys.keys == R"([["1"],["2"]])" && others->keys == R"([["3"]])"));
}

TEST_CASE("signs of life may stand anywhere in a reading, and rows may be put off") {
  const std::string text =
      R"({"format":1,"kind":"read","source":{"id":"s","server_version":"8","globals":{}},"log_enabled":true,"marker":{"nonce":"c","busy":[]}}
{"waiting":true}
{"item":0,"columns":[{"name":"id","type":"int","kind":"integer"}],"key":["id"]}
["1"]
{"waiting":true}
{"item":0,"rows":1,"transactional":true,"through":["1"]}
{"item":1,"rows":0,"transactional":true,"postponed":true}
{"end":true,"lines":7}
)";
  const Reading reading = parse_reading(text, 2);
  CHECK(reading.answers[0].values.size() == 1);
  CHECK(reading.answers[0].through == "[\"1\"]");
  CHECK(reading.answers[1].postponed);
}

TEST_CASE("texts that both kinds of servers sort alike") {
  rows::Column column;
  column.name = "k";
  CHECK(sorts_alike(column));
  column.kind = rows::ValueKind::text;
  const auto of = [&](const std::string& charset, const std::string& collation) {
    column.charset = charset;
    column.collation = collation;
    return sorts_alike(column);
  };
  CHECK(of("ascii", "ascii_general_ci"));
  CHECK(of("ascii", "ascii_bin"));
  CHECK(of("utf8mb4", "utf8mb4_bin"));
  CHECK(!of("utf8mb4", "utf8mb4_nopad_bin"));
  CHECK(!of("utf8mb4", "utf8mb4_general_ci"));
  rows::Column other = column;
  other.collation = "utf8mb4_bin";
  CHECK(!same_collations({column}, {other}, {"k"}));
  column.collation = "utf8_bin";
  other.collation = "utf8mb3_bin";
  CHECK(same_collations({column}, {other}, {"k"}));
}
