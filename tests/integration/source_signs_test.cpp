// What a source does not say by itself: statements that its log does not show, data that went back to an
// earlier state, another server in its place. Each is found, nothing is applied wrongly, and the mirror is
// proven equal in the end.
#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/refusal_bench.h"

using namespace dw::test;

namespace {

namespace fs = std::filesystem;

PairOptions watched(PairOptions options) {
  options.retention = "archive";
  options.verify = true;
  options.load_extra = R"(, "verify": {"seconds": 0})";
  options.extract_extra = R"(, "source_id": "shop")";
  return options;
}

std::string repeated(const std::string& text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

std::string open_suspects(MirrorPair& pair) {
  return pair.mirror().sql("SELECT scope, reason FROM dw_meta.suspects WHERE cleared_at IS NULL ORDER BY id");
}

void check_equal(MirrorPair& pair, const std::vector<std::string>& tables = {"t"}) {
  for (const std::string& table : tables) {
    INFO(table);
    CHECK(rows_of(pair.mirror(), "app." + table) == rows_of(pair.source(), "app." + table));
  }
}

void copy_folder(const fs::path& from, const fs::path& to) {
  fs::remove_all(to);
  run_or_throw({"cp", "-a", "--sparse=always", from.string(), to.string()});
}

ProcessResult sync(MirrorPair& pair, int exit_code, const std::vector<std::string>& more = {}) {
  std::vector<std::string> words{"sync"};
  words.insert(words.end(), more.begin(), more.end());
  ProcessResult result = pair.load(words);
  INFO(result.out << result.err);
  CHECK(result.exit_code == exit_code);
  return result;
}

constexpr const char* kTables =
    "CREATE DATABASE app; USE app; CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, a INT); "
    "INSERT INTO t (a) VALUES (1),(2),(3); CREATE TABLE large (id INT PRIMARY KEY, b LONGBLOB)";

// Production goes on after its backup was made, and is then put back to it.
struct Restored {
  explicit Restored(const PairOptions& options) : bench(options) {
    source().sql(kTables);
    sync(pair(), 0);
    source().stop();
    copy_folder(source().data_directory(), backup);
    source().start_again();
    // More than a server writes by itself when it starts, and on disk at once.
    source().sql("SET GLOBAL innodb_flush_log_at_trx_commit=1");
    for (const char* id : {"1", "2", "3", "4", "5"})
      source().sql("INSERT INTO app.large VALUES (" + std::string(id) + ", REPEAT('x', 1000000))");
    source().sql(repeated("INSERT INTO app.t (a) VALUES (4);", 20) + "UPDATE app.t SET a=9 WHERE id=1");
    sync(pair(), 0);
    source().stop();
    copy_folder(backup, source().data_directory());
  }
  MirrorPair& pair() { return bench.pair(); }
  DatabaseServer& source() { return bench.pair().source(); }

  TempDir folder;
  fs::path backup = folder / "backup";
  RefusalBench bench;
};

// Row 4 to 23 were lost by production, and stay readable.
void accept_and_check(Restored& restored, int kept) {
  MirrorPair& pair = restored.pair();
  const ProcessResult accepted = sync(pair, 0, {"--accept-source"});
  CHECK_THAT(accepted.out, Catch::Contains("accepted source shop"));
  CHECK_THAT(accepted.out, Catch::Contains("every table is suspect"));
  check_equal(pair, {"t", "large"});
  CHECK(open_suspects(pair).empty());
  CHECK(std::stoi(pair.mirror().sql("SELECT COUNT(*) FROM app_archive.t")) >= kept);
  restored.source().sql("INSERT INTO app.t (a) VALUES (77)");
  sync(pair, 0);
  check_equal(pair);
  CHECK_THAT(sync(pair, 0, {"--accept-source"}).out, Catch::Contains("there is nothing to accept"));
}

}  // namespace

TEST_CASE("statements that the log does not show are told by the server's counters, and mended") {
  for (const PairOptions& one : all_pairs()) {
    if (!require_server(one.source) || !require_server(one.mirror)) continue;
    DYNAMIC_SECTION(name_of(one)) {
      MirrorPair pair(watched(one));
      DatabaseServer& source = pair.source();
      source.sql(kTables);
      source.sql(
          "USE app; CREATE TABLE audit (id INT PRIMARY KEY AUTO_INCREMENT, t INT);\n"
          "DELIMITER //\n"
          "CREATE TRIGGER ti AFTER INSERT ON t FOR EACH ROW INSERT INTO audit (t) VALUES (NEW.id)//\n"
          "CREATE PROCEDURE p() BEGIN DECLARE i INT DEFAULT 0; WHILE i < 30 DO INSERT INTO t (a) VALUES (i); "
          "SET i = i + 1; END WHILE; END//\n");
      sync(pair, 0);
      const auto told = [&](const std::string& what) {
        INFO(what);
        const ProcessResult result = sync(pair, 4);
        CHECK_THAT(result.err, Catch::Contains("gap in the log: production executed at least"));
        CHECK_THAT(result.err, Catch::Contains("Com_insert"));
        check_equal(pair, {"t", "audit"});
        CHECK(open_suspects(pair).empty());
        sync(pair, 0);
      };
      source.sql("USE app; PREPARE s FROM 'INSERT INTO t (a) VALUES (?)'; SET @a=1;" +
                 repeated("EXECUTE s USING @a;", 30) + "INSERT INTO t (a) SELECT a FROM t LIMIT 20;" +
                 repeated("EXPLAIN INSERT INTO t (a) VALUES (1);", 20) + "CALL p(); CALL p()");
      INFO("triggers, procedures, prepared statements");
      sync(pair, 0);

      source.sql("SET sql_log_off=1; USE app;" + repeated("INSERT INTO t (a) VALUES (5);", 1000));
      told("a session that hid itself");

      source.sql("SET GLOBAL general_log=OFF");
      source.sql("USE app;" + repeated("INSERT INTO t (a) VALUES (6);", 40));
      source.sql("SET GLOBAL general_log=ON");
      told("a log that was off for a while");

      source.sql("USE app; CALL p();" + repeated("INSERT INTO t (a) VALUES (7);", 50));
      sync(pair, 0);
      check_equal(pair, {"t", "audit"});
    }
  }
}

TEST_CASE("production restored from a backup is refused until that is accepted") {
  struct Case {
    std::string name;
    std::string since;    // what production does behind its restoration
    std::string refusal;  // what the refusal says beside --accept-source
    int kept;             // rows of app.t that the archive has at least
  };
  const std::vector<Case> cases = {
      {"its log is behind the mirror's place", "INSERT INTO app.t (a) VALUES (50)", "restored from a backup",
       19},
      {"its log has grown beyond the mirror's place", repeated("INSERT INTO app.t (a) VALUES (50);", 2000),
       "restored from a backup", 1},
      {"its log is new", "TRUNCATE TABLE mysql.general_log; INSERT INTO app.t (a) VALUES (50)",
       "went back to an earlier state", 19}};
  for (const PairOptions& one : all_pairs()) {
    if (!require_server(one.source) || !require_server(one.mirror)) continue;
    for (const Case& restored_so : cases) {
      DYNAMIC_SECTION(name_of(one) << ": " << restored_so.name) {
        Restored restored(watched(one));
        restored.source().start_again();
        restored.source().sql(restored_so.since);
        restored.bench.refuses(3, {"--accept-source", restored_so.refusal});
        accept_and_check(restored, restored_so.kept);
      }
    }
  }
}

TEST_CASE("another server in production's place is refused until that is accepted") {
  for (const PairOptions& one : all_pairs()) {
    if (!require_server(one.source) || !require_server(one.mirror)) continue;
    DYNAMIC_SECTION(name_of(one)) {
      RefusalBench bench(watched(one));
      MirrorPair& pair = bench.pair();
      pair.source().sql(kTables);
      sync(pair, 0);
      pair.source().sql("INSERT INTO app.t (a) VALUES (4)");
      pair.source().stop();
      DatabaseServer other = DatabaseServer::start(one.source, {.general_log_table = true});
      other.stop();
      copy_folder(pair.source().data_directory(), other.data_directory());
      fs::remove(other.data_directory() / "auto.cnf");
      other.start_again();
      // It was a replica, with a log of its own.
      if (one.source == ServerKind::mariadb) other.sql("TRUNCATE TABLE mysql.general_log");
      other.sql("INSERT INTO app.t (a) VALUES (5)");
      bench.edit("extract.cnf", "port=" + std::to_string(pair.source().port()),
                 "port=" + std::to_string(other.port()));
      bench.refuses(3, {"another server answers for source shop", "--accept-source"});
      const ProcessResult accepted = sync(pair, 0, {"--accept-source"});
      CHECK_THAT(accepted.out, Catch::Contains("accepted source shop"));
      CHECK(rows_of(pair.mirror(), "app.t") == rows_of(other, "app.t"));
      CHECK(open_suspects(pair).empty());
      other.sql("UPDATE app.t SET a=a+1");
      sync(pair, 0);
      CHECK(rows_of(pair.mirror(), "app.t") == rows_of(other, "app.t"));
    }
  }
}

TEST_CASE("without verification an accepted source stays unproven, and says so") {
  PairOptions options = watched(PairOptions{});
  options.load_extra.clear();
  options.verify = false;
  Restored restored(options);
  restored.source().start_again();
  CHECK_THAT(sync(restored.pair(), 3, {"--accept-source"}).err, Catch::Contains("run dw-load verify"));
  CHECK(restored.pair().load({"verify", "--repair"}).exit_code == 0);
  check_equal(restored.pair());
}

TEST_CASE("a statement that only production understands is recorded, and its table mended") {
  for (const PairOptions& one : all_pairs()) {
    if (!require_server(one.source) || !require_server(one.mirror)) continue;
    DYNAMIC_SECTION(name_of(one)) {
      MirrorPair pair(watched(one));
      DatabaseServer& source = pair.source();
      source.sql(kTables);
      // On servers of one kind: a function that the log never showed.
      source.sql(
          "SET sql_log_off=1; USE app; CREATE FUNCTION f() RETURNS INT DETERMINISTIC NO SQL RETURN 42");
      sync(pair, 0);
      const bool translated = one.source != one.mirror;
      source.sql(translated ? "WITH c AS (SELECT 42 AS a) UPDATE app.t, c SET t.a=c.a WHERE t.id=2"
                            : "UPDATE app.t SET a=app.f() WHERE id=2");
      const ProcessResult result = pair.load({"sync"});
      INFO(result.out << result.err);
      CHECK((result.exit_code == 0 || result.exit_code == 3));
      CHECK(pair.mirror().sql("SELECT COUNT(*) FROM dw_meta.failures") != "0\n");
      check_equal(pair);
      CHECK(rows_of(pair.mirror(), "app.t", "id, a").find("2\t42") != std::string::npos);
      CHECK(open_suspects(pair).empty());
      sync(pair, 0);
    }
  }
}
