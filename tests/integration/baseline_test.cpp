// dw-load baseline: the first copy, taken while production is written to, and what follows it.
#include <atomic>
#include <chrono>
#include <thread>

#include "tests/support/catch.h"
#include "tests/support/client.h"
#include "tests/support/mirror_pair.h"
#include "tests/support/type_rows.h"

using namespace dw::test;

namespace {

PairOptions with_schemas(PairOptions options) {
  options.databases = R"(["app","other"])";
  options.retention = "none";
  return options;
}

// One pair of each kind; every test makes schemas app and other anew.
MirrorPair& pair_of(const PairOptions& options) {
  static std::map<std::string, std::unique_ptr<MirrorPair>> pairs;
  auto& one = pairs[name_of(options)];
  if (!one) one = std::make_unique<MirrorPair>(with_schemas(options));
  return *one;
}

MirrorPair& fresh(const PairOptions& options, const std::string& sql) {
  MirrorPair& pair = pair_of(options);
  pair.source().sql("DROP DATABASE IF EXISTS app; DROP DATABASE IF EXISTS other; " + sql);
  pair.wipe_mirror();
  pair.mirror().sql("DROP DATABASE IF EXISTS other");
  return pair;
}

std::vector<PairOptions> pairs_here() {
  std::vector<PairOptions> out;
  for (const PairOptions& options : all_pairs()) {
    if (require_server(options.source) && require_server(options.mirror)) out.push_back(options);
  }
  return out;
}

void copy(MirrorPair& pair) {
  const ProcessResult result = pair.load({"baseline"});
  INFO(result.out + result.err);
  REQUIRE(result.exit_code == 0);
}

// Both servers' rows as text. What they print in other ways is left to the digests of reading_test.
void check_same(MirrorPair& pair, const std::string& table, const std::string& columns = "*") {
  INFO(table);
  CHECK(rows_of(pair.mirror(), table, columns) == rows_of(pair.source(), table, columns));
}

// Of app's tables, as dw-extract reads them of either server.
std::string digests(MirrorPair& pair, const std::string& config) {
  write_file(
      pair.file("mirror.json"),
      R"({"mysql": {"defaults_file": "mirror.cnf"}, "log": {"source": "table"}, "databases": ["app"]})",
      0600);
  const ProcessResult result =
      run({DW_EXTRACT_PROGRAM, "read", "--config", pair.file(config)},
          {.stdin_text = R"({"format":1,"read":[{"schema":"app","table":"types","want":"digest"},
                             {"schema":"app","table":"floats","want":"digest"}]})"});
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
  const std::string lines = result.out.substr(result.out.find('\n'));
  CHECK_THAT(lines, Catch::Contains("\"rows\":500"));
  return lines;
}

std::string suspects(MirrorPair& pair) {
  return pair.mirror().sql(
      "SELECT schema_name, table_name, scope, reason FROM dw_meta.suspects WHERE cleared_at IS NULL");
}

// Writes to production until the object goes.
class Writer {
 public:
  Writer(MirrorPair& pair, std::string sql)
      : thread_([this, &pair, text = std::move(sql)] {
          while (!stop_) pair.source().sql(text);
        }) {}
  ~Writer() {
    stop_ = true;
    thread_.join();
  }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

 private:
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace

TEST_CASE("every type is copied exactly") {
  for (const PairOptions& options : pairs_here()) {
    INFO(name_of(options));
    MirrorPair& pair = fresh(options, type_rows() + float_rows());
    copy(pair);
    CHECK(digests(pair, "mirror.json") == digests(pair, "extract.json"));
    check_same(pair, "app.types", "id,gv,gs,HEX(sj),ts");
    CHECK(suspects(pair).empty());
    pair.source().sql("UPDATE app.types SET i8=5 WHERE id=4");
    pair.sync();
    CHECK(pair.mirror().sql("SELECT i8 FROM app.types WHERE id=4") == "5\n");
  }
}

TEST_CASE("schemas come with all that is in them") {
  for (const PairOptions& options : pairs_here()) {
    INFO(name_of(options));
    MirrorPair& pair = fresh(options, R"(SET NAMES utf8mb4;
CREATE DATABASE app CHARACTER SET latin1; CREATE DATABASE other;
CREATE TABLE other.z (id INT PRIMARY KEY, `od``d na'me` TEXT);
CREATE TABLE app.a (id INT AUTO_INCREMENT PRIMARY KEY, p INT, n VARCHAR(20), KEY (p),
  CONSTRAINT up FOREIGN KEY (p) REFERENCES other.z (id)) AUTO_INCREMENT=100; INSERT INTO other.z VALUES (1,'x'),(0,'zero');
INSERT INTO app.a VALUES (5,1,'five'); INSERT INTO app.a (p,n) VALUES (1,'hundred');
CREATE TABLE app.part (id INT PRIMARY KEY, d DATE) PARTITION BY HASH(id) PARTITIONS 3; INSERT INTO app.part VALUES (1,NULL);
CREATE TABLE app.bag (x INT); INSERT INTO app.bag VALUES (1),(1),(NULL);
CREATE VIEW app.v1 AS SELECT 1 AS one; CREATE VIEW app.v0 AS SELECT * FROM app.v1;
CREATE FUNCTION app.f(x INT) RETURNS INT DETERMINISTIC RETURN x+1;
DELIMITER //
CREATE PROCEDURE other.p() BEGIN INSERT INTO other.z VALUES (77,'é'); END//
CREATE TRIGGER app.t1 BEFORE INSERT ON app.a FOR EACH ROW BEGIN SET NEW.n=CONCAT(NEW.n,'1'); END//
CREATE TRIGGER app.t2 BEFORE INSERT ON app.a FOR EACH ROW SET NEW.n=CONCAT(NEW.n,'2')//
DELIMITER ;
CREATE EVENT app.ev ON SCHEDULE EVERY 1 DAY STARTS '2037-01-01 00:00:00' DO INSERT INTO other.z VALUES (99,'no');)");
    copy(pair);
    for (const char* table : {"app.a", "other.z", "app.part"}) check_same(pair, table);
    check_same(pair, "app.bag", "x,x");
    check_same(pair, "app.v0", "one,one");
    CHECK(pair.mirror().sql(
              "SELECT DEFAULT_CHARACTER_SET_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME='app'") ==
          "latin1\n");
    CHECK(pair.mirror().sql("SELECT STATUS FROM information_schema.EVENTS WHERE EVENT_SCHEMA='app'") ==
          "DISABLED\n");
    CHECK(pair.mirror().sql("SELECT app.f(1)") == "2\n");
    CHECK(suspects(pair).empty());
    // What follows runs as in production: counter, triggers in their order, routines.
    pair.source().sql("INSERT INTO app.a (p,n) VALUES (1,'next'); CALL other.p()");
    pair.sync();
    for (const char* table : {"app.a", "other.z"}) check_same(pair, table);
    CHECK(pair.mirror().sql("SELECT n FROM app.a WHERE id=101") == "next12\n");
    CHECK(pair.mirror().sql("SELECT message, statement FROM dw_meta.failures").empty());
  }
}

TEST_CASE("what was under way is neither lost nor there twice") {
  for (const PairOptions& options : pairs_here()) {
    INFO(name_of(options));
    MirrorPair& pair = fresh(options, R"(CREATE DATABASE app; CREATE TABLE app.t (id INT PRIMARY KEY, n INT);
CREATE TABLE app.c (n INT); INSERT INTO app.c VALUES (0);
INSERT INTO app.t VALUES (1,0),(2,0),(3,0);)");
    // One transaction is open before, during and after the copy, as long as a lock is held; others commit
    // before and behind it.
    Client gate(pair.source(), {});
    REQUIRE(gate.query("DO GET_LOCK('go',0)") == 0);
    std::thread open([&] {
      pair.source().sql(
          "BEGIN; INSERT INTO app.t VALUES (10,1); UPDATE app.t SET n=n+1 WHERE id=1; DO "
          "GET_LOCK('ready',0); DO GET_LOCK('go',300); UPDATE app.t SET n=n+10 WHERE id=1; COMMIT");
    });
    const auto until = std::chrono::steady_clock::now() + std::chrono::minutes(2);
    while (pair.source().sql("SELECT IS_USED_LOCK('ready') IS NULL") == "1\n" &&
           std::chrono::steady_clock::now() < until)
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    pair.source().sql("UPDATE app.t SET n=n+100 WHERE id=2; UPDATE app.c SET n=n+1");
    copy(pair);
    CHECK(gate.query("DO RELEASE_LOCK('go')") == 0);
    open.join();
    pair.source().sql(
        "UPDATE app.t SET n=n+1000 WHERE id=3; UPDATE app.c SET n=n+1; INSERT INTO app.t VALUES (11,1)");
    pair.sync();
    check_same(pair, "app.t");
    check_same(pair, "app.c", "n,n");
    CHECK(suspects(pair).empty());
    CHECK(pair.mirror().sql("SELECT COUNT(*) FROM dw_meta.failures") == "0\n");
    CHECK(pair.mirror().sql("SELECT COUNT(*) FROM dw_meta.baseline") == "0\n");
  }
}

TEST_CASE("production is written to all the while") {
  for (const PairOptions& options : pairs_here()) {
    INFO(name_of(options));
    MirrorPair& pair = fresh(
        options,
        R"(CREATE DATABASE app; CREATE TABLE app.t (id INT AUTO_INCREMENT PRIMARY KEY, n INT, s VARCHAR(100));
CREATE TABLE app.u LIKE app.t; INSERT INTO app.t (n,s) VALUES (0,REPEAT('x',100)),(0,''),(0,''),(0,'');)");
    for (int i = 0; i < 10; ++i) pair.source().sql("INSERT INTO app.t (n,s) SELECT n,s FROM app.t");
    pair.source().sql("INSERT INTO app.u SELECT * FROM app.t");
    {
      const Writer one(
          pair,
          "INSERT INTO app.t (n,s) VALUES (1,'a'); UPDATE app.u SET n=n+1 WHERE id<50; BEGIN; UPDATE app.t "
          "SET "
          "n=n+1 WHERE id=3; INSERT INTO app.u (n,s) VALUES (2,'b'); COMMIT; BEGIN; DELETE FROM app.u WHERE "
          "id=2; ROLLBACK");
      copy(pair);
    }
    pair.sync();
    // At the instant of the opening the log does not tell (facts.md): a suspect says so then.
    if (suspects(pair).empty()) {
      check_same(pair, "app.t");
      check_same(pair, "app.u");
    } else {
      CHECK_THAT(suspects(pair), Catch::Contains("under way when production was copied"));
    }
  }
}

TEST_CASE("a copy that is killed goes on, and is exact") {
  for (const PairOptions& options : pairs_here()) {
    INFO(name_of(options));
    MirrorPair& pair = fresh(options, R"(CREATE DATABASE app; CREATE TABLE app.a (id INT PRIMARY KEY, n INT);
CREATE TABLE app.b (id INT AUTO_INCREMENT PRIMARY KEY, n INT, s TEXT); CREATE TABLE app.c (id INT PRIMARY KEY, n INT);
CREATE TABLE app.d (n INT);
INSERT INTO app.a VALUES (1,0); INSERT INTO app.c VALUES (1,0); INSERT INTO app.d VALUES (0);
INSERT INTO app.b (n,s) VALUES (0,REPEAT('x',2000)),(0,REPEAT('y',2000)),(0,REPEAT('z',2000)),(0,'');)");
    for (int i = 0; i < 11; ++i) pair.source().sql("INSERT INTO app.b (n,s) SELECT n,s FROM app.b");
    int kills = 0;
    for (; kills < 3; ++kills) {
      Process run = pair.start_load({"baseline"});
      const std::string want = kills == 0 ? "1" : "0";
      while (run.running()) {
        const std::string rows = pair.mirror().sql(
            "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA='dw_meta' AND "
            "TABLE_NAME='baseline'");
        if (rows != "1\n") continue;
        const std::string done =
            pair.mirror().sql("SELECT COUNT(*) FROM dw_meta.baseline WHERE table_name='b' AND row_count>0");
        if (done == "1\n") break;
      }
      run.kill9();
      CHECK(pair.load({"sync"}).exit_code == 3);  // nothing to follow yet
      // Between two snapshots: each table is to have each of these once.
      pair.source().sql(
          "UPDATE app.a SET n=n+1; UPDATE app.b SET n=n+1 WHERE id<5; UPDATE app.c SET n=n+1; UPDATE app.d "
          "SET n=n+1; "
          "INSERT INTO app.b (n,s) VALUES (7,'new')");
    }
    copy(pair);
    pair.source().sql(
        "UPDATE app.a SET n=n+1; UPDATE app.d SET n=n+1; INSERT INTO app.b (n,s) VALUES (8,'last')");
    pair.sync();
    INFO(suspects(pair));
    for (const char* table : {"app.a", "app.b", "app.c"}) check_same(pair, table);
    check_same(pair, "app.d", "n,n");
    CHECK(suspects(pair).empty());
    CHECK(pair.mirror().sql("SELECT COUNT(*) FROM dw_meta.failures") == "0\n");
  }
}

// Its rows are then of two instants, and only a comparison can tell which are right.
TEST_CASE("a large table goes on where it was, and is suspect") {
  const PairOptions options = all_pairs().front();
  if (!require_server(options.source)) return;
  MirrorPair& pair =
      fresh(options,
            "CREATE DATABASE app; CREATE TABLE app.t (s VARCHAR(20) CHARACTER SET latin1, id INT, b "
            "LONGTEXT, PRIMARY KEY (s, id)); INSERT INTO app.t VALUES (x'E9', 0, REPEAT('x', 20000))");
  for (int i = 0; i < 12; ++i)
    pair.source().sql("INSERT INTO app.t SELECT s, id + (SELECT COUNT(*) FROM app.t), b FROM app.t");
  {
    Process run = pair.start_load({"baseline"});
    const std::string far =
        "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA='dw_meta' AND "
        "TABLE_NAME='baseline'";
    while (run.running() && pair.mirror().sql(far) != "1\n") {
    }
    while (run.running() &&
           pair.mirror().sql("SELECT COUNT(*) FROM dw_meta.baseline WHERE byte_count>34e6") != "1\n") {
    }
    run.kill9();
  }
  const std::string before =
      pair.mirror().sql("SELECT row_count>0 AND step='copying' FROM dw_meta.baseline WHERE table_name='t'");
  CHECK(before == "1\n");
  copy(pair);
  CHECK(pair.mirror().sql("CHECKSUM TABLE app.t") == pair.source().sql("CHECKSUM TABLE app.t"));
  CHECK_THAT(suspects(pair), Catch::Contains("copied in two parts"));
}

TEST_CASE("a mirror that is not empty is left alone") {
  const PairOptions options = all_pairs().front();
  if (!require_server(options.source)) return;
  MirrorPair& pair = fresh(options, "CREATE DATABASE app; CREATE TABLE app.t (id INT PRIMARY KEY)");
  pair.mirror().sql("CREATE DATABASE app; CREATE TABLE app.mine (id INT)");
  const ProcessResult refused = pair.load({"baseline"});
  CHECK(refused.exit_code == 2);
  CHECK_THAT(refused.err, Catch::Contains("not empty") && Catch::Contains("mine"));
  CHECK(pair.mirror().sql("SHOW TABLES FROM app") == "mine\n");
  pair.mirror().sql("DROP TABLE app.mine");
  copy(pair);
  const ProcessResult again = pair.load({"baseline"});
  CHECK(again.exit_code == 2);
  CHECK_THAT(again.err, Catch::Contains("follows production already"));
}

TEST_CASE("a log that is off, and a definition that the mirror refuses, are told") {
  const PairOptions options = all_pairs().front();
  if (!require_server(options.source)) return;
  MirrorPair& pair =
      fresh(options,
            "CREATE DATABASE app; CREATE TABLE app.t (id INT PRIMARY KEY); CREATE TABLE app.gone "
            "(id INT PRIMARY KEY); CREATE VIEW app.bad AS SELECT * FROM app.gone; DROP TABLE "
            "app.gone; SET GLOBAL general_log=0");
  const ProcessResult off = pair.load({"baseline"});
  pair.source().sql("SET GLOBAL general_log=1");
  CHECK(off.exit_code == 4);
  CHECK_THAT(off.err, Catch::Contains("no place in its log"));
  const ProcessResult result = pair.load({"baseline"});
  CHECK(result.exit_code == 3);
  CHECK_THAT(result.out, Catch::Contains("refused view bad of app"));
  CHECK(pair.mirror().sql("SELECT database_name FROM dw_meta.failures") == "app\n");
  pair.source().sql("INSERT INTO app.t VALUES (1)");
  pair.sync();
  check_same(pair, "app.t", "id,id");
}
