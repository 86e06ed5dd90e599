// dw-extract catalog, snapshot and read: production as it is, exactly, and with a place in the log.
#include <algorithm>
#include <atomic>
#include <set>
#include <sstream>
#include <thread>

#include <nlohmann/json.hpp>

#include "common/log/batch.h"
#include "common/util/gzip.h"
#include "tests/support/catch.h"
#include "tests/support/https_client.h"
#include "tests/support/mirror_pair.h"
#include "tests/support/type_rows.h"

using namespace dw::test;
using nlohmann::json;

namespace {

PairOptions options_for(ServerKind kind) {
  PairOptions options;
  options.source = kind;
  options.databases = R"(["app","other"])";
  options.source_server = {kind == ServerKind::mysql ? "--default-time-zone=+05:30"
                                                     : "--default-time-zone=-03:00"};
  return options;
}

// One pair for each kind of source; each test makes schemas app and other anew.
MirrorPair& pair_of(ServerKind kind) {
  static std::map<ServerKind, std::unique_ptr<MirrorPair>> pairs;
  auto& one = pairs[kind];
  if (!one) one = std::make_unique<MirrorPair>(options_for(kind));
  return *one;
}

std::vector<ServerKind> kinds() {
  std::vector<ServerKind> out;
  for (const ServerKind kind : {ServerKind::mariadb, ServerKind::mysql}) {
    if (require_server(kind)) out.push_back(kind);
  }
  return out;
}

MirrorPair& fresh(ServerKind kind, const std::string& sql) {
  MirrorPair& pair = pair_of(kind);
  pair.source().sql("DROP DATABASE IF EXISTS app; DROP DATABASE IF EXISTS other;" + sql);
  return pair;
}

std::vector<json> lines_of(const std::string& text) {
  std::vector<json> out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) out.push_back(json::parse(line));
  REQUIRE(!out.empty());
  CHECK(out.back()["end"] == true);
  CHECK(out.back()["lines"] == out.size() - 1);
  return out;
}

std::vector<json> extract_lines(MirrorPair& pair, const std::vector<std::string>& arguments) {
  const ProcessResult result = pair.extract(arguments);
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
  return lines_of(result.out);
}

std::vector<json> read_lines(MirrorPair& pair, const json& items) {
  const json request{{"format", 1}, {"read", items}};
  const ProcessResult result = run({DW_EXTRACT_PROGRAM, "read", "--config", pair.file("extract.json")},
                                   {.stdin_text = request.dump()});
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
  return lines_of(result.out);
}

std::vector<json> rows_in(const std::vector<json>& lines) {
  std::vector<json> out;
  std::copy_if(lines.begin(), lines.end(), std::back_inserter(out),
               [](const json& line) { return line.is_array(); });
  return out;
}

json find_line(const std::vector<json>& lines, const char* key, const std::string& value) {
  for (const json& line : lines) {
    if (line.is_object() && line.contains(key) && line[key] == value) return line;
  }
  FAIL("no line with " << key << " " << value);
  return {};
}

std::string digest_of(MirrorPair& pair, const std::string& table) {
  const auto lines =
      read_lines(pair, json::array({{{"schema", "app"}, {"table", table}, {"want", "digest"}}}));
  return lines.at(1).dump();
}

}  // namespace

TEST_CASE("every type gives the same digest on both servers, and reads exactly") {
  std::vector<std::string> digests;
  std::vector<std::string> of_floats;
  for (const ServerKind kind : kinds()) {
    INFO(to_string(kind));
    MirrorPair& pair = fresh(kind, type_rows() + float_rows());
    digests.push_back(digest_of(pair, "types"));
    of_floats.push_back(digest_of(pair, "floats"));
    const auto rows = rows_in(read_lines(pair, json::array({{{"schema", "app"}, {"table", "types"}}})));
    REQUIRE(rows.size() == 5);
    const json& first = rows[0];
    CHECK(first.size() == 30);  // without the generated ones
    CHECK(first[2] == "18446744073709551615");
    CHECK(first[7] == "0.10000000149011612");
    CHECK(first[12] == "9223372036854775809");
    CHECK(first[18] == json({{"b64", "AP8n"}}));
    CHECK(first[21] == "2");
    CHECK(first[22] == "5");
    CHECK(first[27] == "2026-11-20 23:02:03.456789");
    CHECK(rows[1][25] == "0000-00-00");
    CHECK(rows[2][21] == "0");  // not the member ''
    CHECK(rows[1][21] == "3");
    CHECK(rows[1][15] == json({{"b64", "6d8="}}));  // latin1 as stored
    CHECK(rows[3][1].is_null());
    // A change of one bit shows.
    pair.source().sql("UPDATE app.floats SET d=d*(1+2.3e-16) WHERE id=7");
    CHECK(digest_of(pair, "floats") != of_floats.back());
  }
  REQUIRE(!digests.empty());
  CHECK(digests.front() == digests.back());
  CHECK(of_floats.front() == of_floats.back());
}

TEST_CASE("the catalogue tells all that a schema holds") {
  for (const ServerKind kind : kinds()) {
    INFO(to_string(kind));
    MirrorPair& pair = fresh(kind, R"(
CREATE DATABASE app CHARACTER SET latin1; CREATE DATABASE other;
CREATE TABLE app.`od``d "n'ame` (`a b` VARCHAR(10) NOT NULL, b INT NOT NULL, j JSON, g INT AS (b+1), PRIMARY KEY (`a b`, b));
CREATE TABLE app.parent (id INT AUTO_INCREMENT PRIMARY KEY, u INT NOT NULL UNIQUE);
INSERT INTO app.parent VALUES (7, 1);
CREATE TABLE app.nokey (a INT, b TEXT, UNIQUE (a)); CREATE TABLE app.by_unique (a INT NOT NULL, b INT NOT NULL, c INT,
  UNIQUE u3 (c), UNIQUE u2 (a, b), UNIQUE prefix (b, a));
CREATE TABLE app.mem (a INT PRIMARY KEY) ENGINE=MEMORY; CREATE TABLE app.enums (e ENUM('x','y') PRIMARY KEY);
CREATE TABLE app.my (a INT PRIMARY KEY) ENGINE=MyISAM;
CREATE VIEW app.v AS SELECT id FROM app.parent;
CREATE FUNCTION app.f(x INT) RETURNS INT DETERMINISTIC RETURN x+1;
CREATE PROCEDURE other.p() SELECT 1;
CREATE TRIGGER app.t1 BEFORE INSERT ON app.parent FOR EACH ROW SET NEW.u=NEW.u;
CREATE TRIGGER app.t2 BEFORE INSERT ON app.parent FOR EACH ROW SET NEW.u=NEW.u+0;
CREATE EVENT app.ev ON SCHEDULE EVERY 1 DAY DO DO 0;)");
    const auto lines = extract_lines(pair, {"catalog"});
    CHECK(lines[0]["kind"] == "catalog");
    CHECK(lines[0]["source"]["globals"].contains("sql_mode"));
    CHECK(find_line(lines, "schema", "app")["charset"] == "latin1");
    const json odd = find_line(lines, "table", "od`d \"n'ame");
    CHECK(odd["key"] == json({"a b", "b"}));
    CHECK(odd["columns"][2]["kind"] == "json");
    CHECK(odd["columns"][3]["generated"] == true);
    CHECK(odd["transactional"] == true);
    CHECK_THAT(odd["create"].get<std::string>(), Catch::Contains("PRIMARY KEY"));
    CHECK(find_line(lines, "table", "parent")["key_name"] == "PRIMARY");
    CHECK(find_line(lines, "table", "nokey")["key"].empty());  // NULLs are not unique
    CHECK(find_line(lines, "table", "by_unique")["key"].size() == 2);
    CHECK(find_line(lines, "table", "mem")["key"].empty());  // a hash has no order
    CHECK(find_line(lines, "table", "enums")["key"].empty());
    CHECK(find_line(lines, "table", "my")["transactional"] == false);
    for (const char* name : {"v", "f", "p", "t1", "t2", "ev"})
      CHECK_FALSE(find_line(lines, "name", name)["create"].get<std::string>().empty());
    CHECK(find_line(lines, "name", "t1")["table"] == "parent");
    CHECK(find_line(lines, "name", "f")["charset"] == "utf8mb4");
    CHECK(find_line(lines, "name", "ev")["program"] == "event");
  }
}

TEST_CASE("keys and ranges are answered, each by itself") {
  for (const ServerKind kind : kinds()) {
    INFO(to_string(kind));
    MirrorPair& pair = fresh(kind, R"(SET NAMES utf8mb4; CREATE DATABASE app; CREATE DATABASE hidden;
CREATE TABLE app.t (a VARCHAR(10) CHARACTER SET latin1 NOT NULL, b INT NOT NULL, c INT, PRIMARY KEY (a, b), KEY (c));
INSERT INTO app.t VALUES ('a',1,1),('a',2,2),('B',1,3),('b2',1,4),('é',1,5),('z',1,NULL);
CREATE TABLE hidden.t (a INT PRIMARY KEY);)");
    const auto item = [](json more) {
      more.update({{"schema", "app"}, {"table", "t"}});
      return more;
    };
    const auto column_c = [&](const json& one) {
      std::set<std::string> values;
      for (const json& row : rows_in(read_lines(pair, json::array({one}))))
        values.insert(row[2].is_null() ? "-" : row[2].get<std::string>());
      std::string out;
      for (const std::string& value : values) out += value + " ";
      return out;
    };
    CHECK(column_c(item({{"keys", {{"a", "2"}, {"é", 1}, {{{"hex", "7A"}}, "1"}}}})) == "- 2 5 ");
    CHECK(column_c(item({{"after", {"a", "1"}}, {"through", {"b", 1}}})) == "2 3 ");
    CHECK(column_c(item({{"after", {"a"}}, {"through", {"b2"}}})) == "3 4 ");
    CHECK(column_c(item({{"key", {"c"}}, {"after", {"1"}}, {"through", {"3"}}})) == "2 3 ");
    CHECK(column_c(item({{"key", {"c"}}, {"keys", {{nullptr}, {"4"}}}})).size() == 4);
    CHECK(column_c(item({{"keys", json::array()}})).empty());

    const json keys = json::array({json::array({"a", "1"})});
    const auto lines = read_lines(pair, json::array({item({{"keys", keys}, {"columns", {"c"}}}),
                                                     {{"schema", "hidden"}, {"table", "t"}},
                                                     {{"schema", "app"}, {"table", "nosuch"}},
                                                     item({{"columns", {"nosuch"}}}),
                                                     item({{"key", {"b"}}, {"keys", {{"1 OR 1=1"}}}}),
                                                     item({{"want", "digest"}, {"after", {"B", 1}}})}));
    CHECK(lines[0]["marker"]["nonce"].get<std::string>().size() == 32);
    CHECK(lines[1] == json({{"item", 0},
                            {"key", {"a", "b"}},
                            {"columns",
                             {{{"name", "c"},
                               {"type", lines[1]["columns"][0]["type"]},
                               {"kind", "integer"},
                               {"nullable", true}}}}}));
    CHECK(lines[2] == json::array({"1"}));
    CHECK(lines[3] == json({{"item", 0}, {"rows", 1}, {"transactional", true}}));
    CHECK(lines[4] == json({{"item", 1}, {"error", "no such table"}}));
    CHECK(lines[5] == json({{"item", 2}, {"error", "no such table"}}));
    CHECK_THAT(lines[6]["error"].get<std::string>(), Catch::Contains("no such column"));
    CHECK_THAT(lines[8]["error"].get<std::string>(), Catch::Contains("no value of int"));
    CHECK(lines[9]["rows"] == 3);
    CHECK(lines[9]["digest"].get<std::string>().size() == 32);
  }
}

TEST_CASE("a snapshot is of one instant, stands in the log, and goes on where it ended") {
  for (const ServerKind kind : kinds()) {
    INFO(to_string(kind));
    MirrorPair& pair = fresh(kind, R"(CREATE DATABASE app; CREATE TABLE app.a (id INT PRIMARY KEY, n INT);
CREATE TABLE app.b LIKE app.a; CREATE TABLE app.c (n INT); INSERT INTO app.c VALUES (1),(1),(2);
INSERT INTO app.a WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM s WHERE i<1000) SELECT i, 100 FROM s;
)");
    pair.source().sql(
        "INSERT INTO app.b SELECT * FROM app.a; INSERT INTO app.a SELECT id+1000, n FROM app.a");
    // What moves from one table to the other is in neither twice.
    std::atomic<bool> stop{false};
    std::thread writer([&] {
      while (!stop) {
        pair.source().sql(
            "BEGIN; UPDATE app.a SET n=n-1 WHERE id=1; UPDATE app.b SET n=n+1 WHERE id=999; COMMIT;"
            "BEGIN; UPDATE app.a SET n=n+1 WHERE id=1999; UPDATE app.b SET n=n-1 WHERE id=3; COMMIT");
      }
    });
    const auto lines = extract_lines(pair, {"snapshot"});
    stop = true;
    writer.join();
    long sum = 0;
    for (const json& row : rows_in(lines)) {
      if (row.size() == 2) sum += std::stol(row[1].get<std::string>());
    }
    CHECK(sum == 300'000);
    CHECK(rows_in(lines).size() == 3003);

    const std::string cursor = lines[0]["marker"]["cursor"];
    const std::string nonce = lines[0]["marker"]["nonce"];
    const auto batch = dw::decode_batch(pair.extract({"batch", "--after", cursor}).out);
    REQUIRE(batch.events.size() > 2);
    CHECK(batch.events[0].text == "/* dw-extract mark " + nonce + " list */ SHOW PROCESSLIST");
    CHECK(std::count_if(batch.events.begin(), batch.events.end(), [&](const dw::Event& event) {
            return event.text == "/* dw-extract mark " + nonce + " inside */ SELECT 1";
          }) == 1);

    const auto rest =
        extract_lines(pair, {"snapshot", "--after", R"({"schema":"app","table":"a","key":["1990"]})"});
    CHECK(rows_in(rest).size() == 10 + 1000 + 3);
    CHECK(rows_in(rest)[0][0] == "1991");
    const auto last = extract_lines(pair, {"snapshot", "--after", R"({"schema":"app","table":"b"})"});
    CHECK(rows_in(last).size() == 3);
    CHECK(pair.extract({"snapshot", "--after", "{}"}).exit_code == 2);
  }
}

TEST_CASE("a snapshot stands in a log file as well") {
  for (const ServerKind kind : kinds()) {
    INFO(to_string(kind));
    PairOptions options;
    options.source = kind;
    options.web = Web::none;
    options.log_file = true;
    MirrorPair pair(options);
    pair.source().sql(
        "CREATE DATABASE app; CREATE TABLE app.t (id INT PRIMARY KEY); INSERT INTO app.t VALUES (1)");
    const auto lines = extract_lines(pair, {"snapshot"});
    const std::string cursor = lines[0]["marker"]["cursor"];
    const std::string nonce = lines[0]["marker"]["nonce"];
    const auto batch = dw::decode_batch(pair.extract({"batch", "--after", cursor}).out);
    REQUIRE(batch.events.size() >= 2);  // and the Quit behind them
    CHECK(batch.events[0].text == "/* dw-extract mark " + nonce + " list */ SHOW PROCESSLIST");
    CHECK(batch.events[1].text == "/* dw-extract mark " + nonce + " inside */ SELECT 1");
  }
}

// A reader that takes no more holds no table that it has read, and what changes meanwhile is told.
TEST_CASE("a snapshot holds nobody up, and tells of tables that changed") {
  for (const ServerKind kind : kinds()) {
    INFO(to_string(kind));
    MirrorPair& pair = fresh(kind, R"(CREATE DATABASE app; CREATE TABLE app.a (id INT PRIMARY KEY);
CREATE TABLE app.b (id INT AUTO_INCREMENT PRIMARY KEY, t TEXT); CREATE TABLE app.c (id INT PRIMARY KEY);
CREATE TABLE app.d (id INT PRIMARY KEY); INSERT INTO app.a VALUES (1); INSERT INTO app.c VALUES (1);
INSERT INTO app.d VALUES (1); INSERT INTO app.b (t) VALUES (REPEAT('x',60000)),(''),('');)");
    for (int i = 0; i < 5; ++i)
      pair.source().sql("INSERT INTO app.b (t) SELECT REPEAT('x',60000) FROM app.b");
    const std::string first = pair.file("first").string();
    std::filesystem::remove(pair.file("go"));
    std::filesystem::remove(first);
    const std::string script = std::string(DW_EXTRACT_PROGRAM) + " snapshot --config " +
                               pair.file("extract.json").string() + " | { head -c 300000 > " + first +
                               "; : > " + first + ".done; while [ ! -e " + pair.file("go").string() +
                               " ]; do sleep 0.02; done; cat > " + pair.file("second").string() + "; }";
    std::filesystem::remove(first + ".done");
    Process reader = Process::start({"sh", "-c", script});
    while (!std::filesystem::exists(first + ".done")) std::this_thread::sleep_for(Milliseconds(10));
    pair.source().sql(
        "SET lock_wait_timeout=5; ALTER TABLE app.a ADD COLUMN n INT, ALGORITHM=COPY; ALTER TABLE app.c ADD "
        "COLUMN n "
        "INT, ALGORITHM=COPY; DROP TABLE app.d");
    write_file(pair.file("go"), "", 0600);
    REQUIRE(reader.wait(std::chrono::seconds(60)));
    const auto lines = lines_of(read_file(first) + read_file(pair.file("second")));
    const auto has = [&](const char* key, const char* table) {
      const json place{{"schema", "app"}, {"table", table}};
      return std::any_of(lines.begin(), lines.end(), [&](const json& line) {
        return line.is_object() && line.contains(key) && line[key] == place;
      });
    };
    CHECK(has("done", "a"));
    CHECK(has("done", "b"));
    CHECK(has("changed", "c"));
    CHECK(has("changed", "d"));
    CHECK_FALSE(has("done", "c"));
  }
}

TEST_CASE("reading waits while production is busy") {
  for (const ServerKind kind : kinds()) {
    INFO(to_string(kind));
    MirrorPair& pair = fresh(kind, "CREATE DATABASE app; CREATE TABLE app.t (id INT PRIMARY KEY)");
    const std::string config = read_file(pair.file("extract.json"));
    std::string limited = config;
    // MySQL counts a thread of its own.
    const std::string idle = pair.source().sql("SHOW GLOBAL STATUS LIKE 'Threads_running'");
    limited.insert(limited.rfind('}'),
                   R"(, "reading": {"max_load": )" + idle.substr(idle.find('\t') + 1, 1) + "}");
    write_file(pair.file("limited.json"), limited, 0600);
    std::thread busy([&] { pair.source().sql("SELECT SLEEP(1.5)"); });
    while (pair.source().sql(
               "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE 'SELECT SLEEP%'") !=
           "1\n") {
    }
    pair.source().sql("TRUNCATE TABLE mysql.general_log");
    const auto result = run({DW_EXTRACT_PROGRAM, "snapshot", "--config", pair.file("limited.json")});
    busy.join();
    CHECK(result.exit_code == 0);
    lines_of(result.out);
    const std::string asked = pair.source().sql(
        "SELECT COUNT(*) FROM mysql.general_log WHERE CONVERT(argument USING utf8mb4) LIKE "
        "'%Threads|_running%' ESCAPE '|'");
    CHECK(std::stoi(asked) > 2);
  }
}

TEST_CASE("over HTTPS the same is answered, compressed, to who has the key") {
  for (const ServerKind kind : kinds()) {
    INFO(to_string(kind));
    MirrorPair& pair =
        fresh(kind,
              "CREATE DATABASE app; CREATE TABLE app.t (id INT PRIMARY KEY); INSERT INTO app.t "
              "VALUES (1),(2)");
    const std::string key = std::string("Authorization: Bearer ") + kApiKey;
    const auto ask = [&](const std::string& path, std::vector<std::string> more) {
      more.insert(more.end(), {"-H", key});
      return https(pair.ca_file(), pair.url() + path, more);
    };
    const HttpsAnswer catalog = ask("/v1/catalog", {});
    CHECK(catalog.status == 200);
    CHECK(catalog.headers.at("content-type") == "application/x-ndjson; charset=utf-8");
    find_line(lines_of(catalog.body), "table", "t");
    const HttpsAnswer packed = ask("/v1/snapshot", {"-H", "Accept-Encoding: gzip"});
    CHECK(packed.headers.at("content-encoding") == "gzip");
    CHECK(rows_in(lines_of(dw::gunzip(packed.body, 1 << 20))).size() == 2);
    const HttpsAnswer rest =
        ask("/v1/snapshot?after=%7B%22schema%22:%22app%22,%22table%22:%22t%22,%22key%22:%5B1%5D%7D", {});
    CHECK(rows_in(lines_of(rest.body)).size() == 1);
    const std::string body = R"({"format":1,"read":[{"schema":"app","table":"t","keys":[["2"]]}]})";
    CHECK(rows_in(lines_of(ask("/v1/read", {"--data-binary", body}).body)).size() == 1);

    CHECK(ask("/v1/read", {}).status == 405);
    CHECK(ask("/v1/catalog", {"--data-binary", "x"}).status == 405);
    CHECK(ask("/v1/read", {"--data-binary", "nonsense"}).status == 400);
    CHECK(ask("/v1/snapshot?after=nonsense", {}).status == 400);
    CHECK(ask("/v1/catalog?after=x", {}).status == 400);
    CHECK(https(pair.ca_file(), pair.url() + "/v1/snapshot").status == 401);
  }
}
