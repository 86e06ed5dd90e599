// dw-extract read with want "checksum": what the server computes is the same on MariaDB and MySQL for equal
// rows, and another for rows that differ.
#include <memory>
#include <sstream>

#include <nlohmann/json.hpp>

#include "tests/support/catch.h"
#include "tests/support/mirror_pair.h"
#include "tests/support/type_rows.h"

using namespace dw::test;
using nlohmann::json;

namespace {

MirrorPair& pair_of(ServerKind kind) {
  static std::map<ServerKind, std::unique_ptr<MirrorPair>> pairs;
  auto& one = pairs[kind];
  if (!one) {
    PairOptions options;
    options.source = kind;
    options.web = Web::none;
    options.extract_extra = R"(, "reading": {"chunk_milliseconds": 1})";
    one = std::make_unique<MirrorPair>(options);
  }
  return *one;
}

MirrorPair& fresh(ServerKind kind, const std::string& sql) {
  MirrorPair& pair = pair_of(kind);
  pair.source().sql("DROP DATABASE IF EXISTS app;" + sql);
  return pair;
}

bool servers_there() {
  return require_server(ServerKind::mariadb) && require_server(ServerKind::mysql);
}

// The answers to the items, without their numbers.
std::vector<json> answers_to(MirrorPair& pair, json items) {
  for (json& item : items) {
    item["schema"] = "app";
    item["want"] = "checksum";
  }
  const ProcessResult result = run({DW_EXTRACT_PROGRAM, "read", "--config", pair.file("extract.json")},
                                   {.stdin_text = json{{"format", 1}, {"read", items}}.dump()});
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
  std::vector<json> out;
  std::istringstream in(result.out);
  for (std::string line; std::getline(in, line);) {
    json answer = json::parse(line);
    if (!answer.contains("item")) continue;
    CHECK(answer["item"] == out.size());
    answer.erase("item");
    out.push_back(answer);
  }
  REQUIRE(out.size() == items.size());
  return out;
}

json answer_to(MirrorPair& pair, const json& item) {
  return answers_to(pair, json::array({item})).front();
}

std::string checksum_of(MirrorPair& pair, const std::string& table, const std::string& other = "mysql",
                        const json& columns = json::array()) {
  const json answer = answer_to(pair, {{"table", table}, {"other", other}, {"columns", columns}});
  INFO(answer.dump());
  REQUIRE(answer.contains("checksum"));
  return answer["rows"].dump() + " " + answer["checksum"].get<std::string>();
}

// Of the table types: all that both servers print alike.
const json kAlike = {"id", "i8", "u64", "i64", "zf", "n", "nz", "b1", "b64", "c",  "t",  "l",
                     "w",  "sj", "vb",  "b4",  "bl", "e", "s",  "da", "dt",  "ts", "ti", "y"};

}  // namespace

TEST_CASE("equal rows have the same checksum on both servers") {
  if (!servers_there()) return;
  MirrorPair& mariadb = fresh(ServerKind::mariadb, type_rows());
  MirrorPair& mysql = fresh(ServerKind::mysql, type_rows());
  CHECK(checksum_of(mariadb, "types", "mysql", kAlike) == checksum_of(mysql, "types", "mariadb", kAlike));
}

TEST_CASE("a value that one server writes otherwise than the other is left to the digest of its rows") {
  if (!servers_there()) return;
  for (const ServerKind kind : {ServerKind::mariadb, ServerKind::mysql}) {
    const bool mariadb = kind == ServerKind::mariadb;
    MirrorPair& pair = fresh(kind, type_rows());
    for (const char* column : {"f", "ff", "d", "dd", "j", "g"}) {
      INFO(to_string(kind) << " " << column);
      const json columns = {"id", column};
      const json answer = answer_to(
          pair, {{"table", "types"}, {"other", mariadb ? "mysql" : "mariadb"}, {"columns", columns}});
      CHECK(answer.contains("digest"));
      if (std::string(column) != "g") checksum_of(pair, "types", mariadb ? "mariadb" : "mysql", columns);
    }
  }
}

TEST_CASE("every value that changes shows") {
  for (const ServerKind kind : {ServerKind::mariadb, ServerKind::mysql}) {
    if (!require_server(kind)) continue;
    INFO(to_string(kind));
    const std::string same(to_string(kind));
    MirrorPair& pair = fresh(kind, type_rows() + R"(
ALTER TABLE app.types DROP COLUMN g, ADD COLUMN m MEDIUMTEXT;
CREATE TABLE app.texts (id INT PRIMARY KEY, a VARCHAR(20), b VARCHAR(20), c VARCHAR(20) COLLATE utf8mb4_bin,
  d VARCHAR(20)) DEFAULT CHARACTER SET utf8mb4;
INSERT INTO app.texts VALUES (1,'one','two','x',''), (2,'three','four',NULL,NULL);)");
    std::string before = checksum_of(pair, "types", same);
    for (const char* change : {"i8=i8+1",
                               "u64=u64-1",
                               "zf=7",
                               "n=n+0.0000000001",
                               "nz=1.23",
                               "f=0.10000001",
                               "ff=1.235",
                               "d=0.1+2e-17",
                               "b1=b'0'",
                               "b64=b64+1",
                               "c='x'",
                               "c=''",
                               "c=NULL",
                               "t='x '",
                               "t='x'",
                               "l='X'",
                               "w=''",
                               "sj='y'",
                               "vb=x'00'",
                               "b4='ac'",
                               "bl=x'00'",
                               "e='a'",
                               "s='y'",
                               "j='{}'",
                               "j=NULL",
                               "da='2026-11-22'",
                               "dt='2026-11-21 01:02:03.456788'",
                               "ts=ts + INTERVAL 1 MICROSECOND",
                               "ti='1:0'",
                               "y=2027",
                               "m=''",
                               "m=REPEAT('x',100000)"}) {
      INFO(change);
      pair.source().sql(std::string("SET sql_mode=''; UPDATE app.types SET ") + change + " WHERE id=1");
      const std::string now = checksum_of(pair, "types", same);
      CHECK(now != before);
      before = now;
    }
    // What a checksum by CRC32 takes for equal, and values whose borders could be mistaken.
    before = checksum_of(pair, "texts", same);
    for (const char* change : {"a=IF(id=1,'oen','three')", "a=IF(id=1,'three','oen')",
                               "a=IF(id=1,'one,two','a'), b=''", "a=IF(id=1,'one','a'), b=IF(id=1,'two',',')",
                               "c=d", "d=''", "d=NULL", "c=''", "a='2,2', b='a'", "a='2', b='2,a'"}) {
      INFO(change);
      pair.source().sql(std::string("UPDATE app.texts SET ") + change);
      const std::string now = checksum_of(pair, "texts", same);
      CHECK(now != before);
      before = now;
    }
  }
}

TEST_CASE("a JSON or LONGTEXT stands beside texts of any collation") {
  if (!servers_there()) return;
  for (const char* collation : {"utf8mb4_general_ci", "utf8mb4_unicode_ci", "utf8mb4_bin",
                                "latin1_german1_ci", "sjis_bin", "utf32_general_ci"}) {
    INFO(collation);
    const std::string charset = std::string(collation).substr(0, std::string(collation).find('_'));
    const std::string sql =
        "CREATE DATABASE app; CREATE TABLE app.t (id INT PRIMARY KEY, v VARCHAR(9) CHARACTER SET " + charset +
        " COLLATE " + collation + ", l LONGTEXT CHARACTER SET utf8mb4 COLLATE " +
        "utf8mb4_unicode_ci, j JSON); INSERT INTO app.t VALUES (1,'a','b','[1]'), (2,NULL,NULL,NULL)";
    MirrorPair& mariadb = fresh(ServerKind::mariadb, sql);
    MirrorPair& mysql = fresh(ServerKind::mysql, sql);
    const json without_json = {"id", "v", "l"};
    CHECK(checksum_of(mariadb, "t", "mysql", without_json) ==
          checksum_of(mysql, "t", "mariadb", without_json));
    checksum_of(mariadb, "t", "mariadb");
    checksum_of(mysql, "t", "mysql");
  }
}

TEST_CASE("a checksum is the same in one piece or many, along a key of any columns") {
  if (!servers_there()) return;
  std::vector<std::string> sums;
  for (const ServerKind kind : {ServerKind::mariadb, ServerKind::mysql}) {
    MirrorPair& pair = fresh(kind, R"(CREATE DATABASE app;
CREATE TABLE app.t (a INT, b INT, v INT, id INT NOT NULL, PRIMARY KEY (a, b), UNIQUE KEY (id));
INSERT INTO app.t WITH RECURSIVE s(i) AS (SELECT 0 UNION ALL SELECT i+1 FROM s WHERE i<999)
SELECT i DIV 7, i % 7, i*i, i FROM s;
INSERT INTO app.t SELECT a+1000, b, v, id+1000 FROM app.t; INSERT INTO app.t SELECT a+2000, b, v, id+2000 FROM app.t;
CREATE TABLE app.bag (v INT); INSERT INTO app.bag VALUES (1),(1);
CREATE TABLE app.large_bag (v INT); INSERT INTO app.large_bag SELECT v FROM app.t UNION ALL SELECT v FROM app.t
UNION ALL SELECT v FROM app.t;)");
    const std::string whole = checksum_of(pair, "t");
    CHECK(whole.starts_with("4000 "));
    sums.push_back(whole);
    // Ranges that follow each other, which go into a SELECT together: many, the last with most of the rows,
    // and one behind a gap.
    json ranges = json::array();
    for (int i = -1; i < 40; ++i)
      ranges.push_back({{"table", "t"},
                        {"other", "mysql"},
                        {"after", {i * 5}},
                        {"through", {i == 39 ? 9000 : i * 5 + 5}}});
    ranges.push_back({{"table", "t"}, {"other", "mysql"}, {"after", {3}}, {"through", {5}}});
    const auto parts = answers_to(pair, ranges);
    std::uint64_t rows = 0;
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
      rows += parts[i]["rows"].get<std::uint64_t>();
      sum ^= std::stoull(parts[i]["checksum"].get<std::string>());
    }
    CHECK(std::to_string(rows) + " " + std::to_string(sum) == whole);
    CHECK(parts[4]["rows"] == 35);
    CHECK(parts.back()["rows"] == 14);
    // By another column than the key's: in one SELECT.
    const json one = answer_to(
        pair,
        {{"table", "t"}, {"other", "mysql"}, {"key", {"id"}}, {"after", {"-1"}}, {"through", {"4000"}}});
    CHECK(one["rows"].dump() + " " + one["checksum"].get<std::string>() == whole);
    const json part = answer_to(
        pair, {{"table", "t"}, {"other", "mysql"}, {"after", {"10", "3"}}, {"through", {"20", "1"}}});
    CHECK(part["rows"] == 68);
    CHECK(answer_to(pair, {{"table", "t"}, {"other", "mysql"}, {"after", {"9000"}}})["checksum"] == "0");
    CHECK(answer_to(pair, {{"table", "bag"}, {"other", "mysql"}}).contains("digest"));
    // More rows than there are between two signs of life, in one SELECT.
    CHECK(answer_to(pair, {{"table", "large_bag"}, {"other", "mysql"}})["rows"] == 12000);
    CHECK(answer_to(pair,
                    {{"table", "t"}, {"other", "mysql"}, {"keys", json::array({json::array({"1", "1"})})}})
              .contains("digest"));
  }
  CHECK(sums.front() == sums.back());
}
