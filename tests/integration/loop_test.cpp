// The loop from end to end: production's general log, dw-extract as CGI over TLS, dw-load, the mirror.

#include <algorithm>
#include <csignal>
#include <cstdio>

#include "tests/support/catch.h"
#include "tests/support/mirror_pair.h"

using namespace dw::test;

namespace {

bool servers_there(const PairOptions& options) {
  return require_server(options.source) && require_server(options.mirror);
}

constexpr const char* kSchema = R"(
  CREATE DATABASE app;
  CREATE TABLE app.customers (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(50), since DATETIME DEFAULT CURRENT_TIMESTAMP);
  CREATE TABLE app.orders (id INT AUTO_INCREMENT PRIMARY KEY, customer INT, total DECIMAL(9,2), state VARCHAR(10), KEY (customer));
)";

}  // namespace

TEST_CASE("a working day arrives on the mirror, and what was deleted stays there") {
  for (PairOptions options : all_pairs()) {
    if (!servers_there(options)) continue;
    DYNAMIC_SECTION(name_of(options)) {
      options.retention = "in-place";
      MirrorPair pair(options);
      pair.source().sql(kSchema);
      pair.sync();
      pair.source().sql(
          "INSERT INTO customers (name) VALUES ('Ann'),('Bo'),('Cy'); INSERT INTO orders "
          "(customer,total,state) VALUES "
          "(1,10.5,'new'),(2,20,'new'); UPDATE orders SET state='paid' WHERE id=1",
          "app");
      pair.source().sql(
          "BEGIN; INSERT INTO customers (name) VALUES ('never'); UPDATE orders SET total=0; ROLLBACK; "
          "INSERT INTO customers (name) VALUES ('after rollback')",
          "app");
      pair.sync();
      CHECK(rows_of(pair.mirror(), "app.customers") == rows_of(pair.source(), "app.customers"));
      CHECK(rows_of(pair.mirror(), "app.orders") == rows_of(pair.source(), "app.orders"));

      pair.source().sql(
          "DELETE FROM orders WHERE id=2; TRUNCATE orders; CREATE TABLE temp_notes (a INT); INSERT INTO "
          "temp_notes VALUES (7); "
          "DROP TABLE temp_notes; ALTER TABLE customers ADD city VARCHAR(20) DEFAULT 'Rome'; INSERT INTO "
          "customers (name, city) "
          "VALUES ('Di', 'Oslo')",
          "app");
      const ProcessResult last = pair.sync();
      CHECK_THAT(last.out, Catch::Contains("3 retained"));
      CHECK(rows_of(pair.mirror(), "app.customers") == rows_of(pair.source(), "app.customers"));
      CHECK(pair.mirror().sql("SELECT COUNT(*) FROM app.orders") == "2\n");
      CHECK(pair.mirror().sql("SELECT a FROM app.temp_notes") == "7\n");
      CHECK(pair.mirror().sql("SELECT reason FROM dw_meta.ledger ORDER BY id") ==
            "delete\ntruncate\ndrop table\n");
      CHECK(pair.mirror().sql("SELECT COUNT(*) FROM dw_meta.failures") == "0\n");
      CHECK(
          pair.mirror().sql(
              "SELECT COUNT(*) FROM dw_meta.batches WHERE received <> applied+retained+withheld+rolled_back+"
              "`inner`+ignored+failed") == "0\n");
      const std::string effects =
          "SELECT SUM(applied), SUM(retained), SUM(rolled_back), SUM(failed) FROM dw_meta.batches";
      const std::string before = pair.mirror().sql(effects);
      pair.sync();  // this test's own looking at production is all that is new
      CHECK(pair.mirror().sql(effects) == before);
    }
  }
}

TEST_CASE(
    "a client that is killed inside its transaction leaves nothing behind, and holds nothing up for ever") {
  for (const PairOptions& options : all_pairs()) {
    if (!servers_there(options)) continue;
    DYNAMIC_SECTION(name_of(options)) {
      MirrorPair pair(options);
      pair.source().sql(kSchema);
      const auto script = pair.file("open.sql");
      write_file(script, "BEGIN; INSERT INTO customers (name) VALUES ('ghost'); SELECT SLEEP(100);");
      Process client = Process::start({"mariadb", "-h127.0.0.1", "-P" + std::to_string(pair.source().port()),
                                       "-uroot", "--skip-ssl", "app"},
                                      {.stdin_file = script,
                                       .stdout_file = pair.file("client.out"),
                                       .stderr_file = pair.file("client.err")});
      while (pair.source().sql("SET sql_log_off=1; SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE "
                               "INFO LIKE 'SELECT SLEEP%'") != "1\n") {
      }
      pair.source().sql("INSERT INTO customers (name) VALUES ('bystander')", "app");
      const ProcessResult waiting = pair.sync();
      CHECK_THAT(waiting.out, Catch::Contains("wait for 1 open transaction"));
      client.kill9();
      // The server notices the closed socket when the SLEEP ends or is killed.
      pair.source().sql(
          "SET sql_log_off=1; SET @id=(SELECT ID FROM information_schema.PROCESSLIST WHERE INFO LIKE 'SELECT "
          "SLEEP%' LIMIT 1); "
          "SET @k=CONCAT('KILL ',@id); PREPARE k FROM @k; EXECUTE k");
      while (pair.source().sql("SET sql_log_off=1; SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE "
                               "INFO LIKE 'SELECT SLEEP%'") != "0\n") {
      }
      pair.sync();
      CHECK(rows_of(pair.mirror(), "app.customers") == rows_of(pair.source(), "app.customers"));
      CHECK(pair.mirror().sql("SELECT name FROM app.customers") == "bystander\n");
    }
  }
}

TEST_CASE("a transaction that is open during one sync is there whole after the next") {
  for (const PairOptions& options : all_pairs()) {
    if (!servers_there(options)) continue;
    DYNAMIC_SECTION(name_of(options)) {
      MirrorPair pair(options);
      pair.source().sql(kSchema);
      const auto fifo = pair.file("fifo");
      run_or_throw({"mkfifo", fifo});
      Process client = Process::start({"sh", "-c",
                                       "exec mariadb -h127.0.0.1 -P" + std::to_string(pair.source().port()) +
                                           " -uroot --skip-ssl --unbuffered app < " + fifo.string()});
      std::FILE* pipe = std::fopen(fifo.c_str(), "w");
      REQUIRE(pipe != nullptr);
      const auto say = [&](const std::string& sql, const std::string& logged) {
        std::fputs((sql + "\n").c_str(), pipe);
        std::fflush(pipe);
        while (pair.source().sql("SET sql_log_off=1; SELECT COUNT(*) FROM mysql.general_log WHERE "
                                 "command_type='Query' AND argument LIKE '%" +
                                 logged + "%'") == "0\n") {
        }
      };
      say("BEGIN; INSERT INTO customers (name) VALUES ('one');", "one");
      pair.sync();
      CHECK(pair.mirror().sql("SELECT COUNT(*) FROM app.customers") == "0\n");
      say("INSERT INTO customers (name) VALUES ('two'); COMMIT; INSERT INTO customers (name) VALUES "
          "('three');",
          "three");
      std::fclose(pipe);
      client.wait(std::chrono::seconds(20));
      pair.sync();
      CHECK(rows_of(pair.mirror(), "app.customers") == rows_of(pair.source(), "app.customers"));
      CHECK(pair.mirror().sql("SELECT COUNT(*) FROM app.customers") == "3\n");
    }
  }
}

TEST_CASE("times come out as production's, whatever the server's and the session's time zone") {
  for (PairOptions options : all_pairs()) {
    if (!servers_there(options)) continue;
    options.source_server = {"--default-time-zone=+02:00"};
    DYNAMIC_SECTION(name_of(options)) {
      MirrorPair pair(options);
      pair.source().sql(
          "CREATE DATABASE app; USE app; CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, d DATETIME "
          "DEFAULT CURRENT_TIMESTAMP, "
          "s TIMESTAMP DEFAULT CURRENT_TIMESTAMP, u DATETIME); INSERT INTO t (u) VALUES (UTC_TIMESTAMP())");
      pair.source().sql(
          "SET time_zone='-05:00'; INSERT INTO t (u) VALUES (UTC_TIMESTAMP()); SET time_zone='+09:30'; "
          "INSERT INTO t (u) "
          "VALUES (UTC_TIMESTAMP()); INSERT INTO t (s, u) VALUES ('2026-06-01 12:00:00', NOW())",
          "app");
      pair.source().sql("INSERT INTO t (u) VALUES (NOW())", "app");
      pair.sync();
      CHECK(rows_of(pair.mirror(), "app.t") == rows_of(pair.source(), "app.t"));
      CHECK(pair.mirror().sql("SELECT COUNT(*) FROM app.t") == "5\n");
      CHECK(pair.mirror().sql("SELECT ABS(TIMESTAMPDIFF(SECOND, MAX(last_event_at), UTC_TIMESTAMP())) < 60 "
                              "FROM dw_meta.batches") == "1\n");
    }
  }
}

TEST_CASE("text and bytes of every character set come out as production's") {
  for (const PairOptions& options : all_pairs()) {
    if (!servers_there(options)) continue;
    DYNAMIC_SECTION(name_of(options)) {
      MirrorPair pair(options);
      pair.source().sql(
          "CREATE DATABASE app CHARACTER SET utf8mb4; USE app; CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY "
          "KEY, a VARCHAR(50) CHARACTER SET utf8mb4, "
          "b VARCHAR(50) CHARACTER SET latin1, c BLOB)");
      pair.source().sql(
          "SET NAMES utf8mb4; INSERT INTO t (a, b) VALUES ('\xF0\x9F\x98\x80 emoji', 'caf\xC3\xA9'); "
          "SET NAMES latin1; INSERT INTO t (a, b) VALUES ('caf\xE9', 'caf\xE9'); "
          "SET NAMES utf8mb4; INSERT INTO t (c) VALUES (_binary'\xFF\xFE\\0\x80'); INSERT INTO t (a) VALUES "
          "('back\\\\slash \xE2\x82\xAC')",
          "app");
      pair.sync();
      const char* hex = "id, HEX(a), HEX(b), HEX(c)";
      CHECK(rows_of(pair.mirror(), "app.t", hex) == rows_of(pair.source(), "app.t", hex));
      CHECK(pair.mirror().sql("SELECT COUNT(*) FROM app.t") == "4\n");
      CHECK(pair.mirror().sql("SELECT COUNT(*) FROM dw_meta.failures") == "0\n");
    }
  }
}

TEST_CASE("a statement that is not understood is never run, and the run says so") {
  const PairOptions options;
  MirrorPair pair(options);
  pair.source().sql("CREATE DATABASE app; CREATE TABLE app.t (a INT)");
  // MariaDB logs a text before it finds it wrong.
  CHECK_THROWS(pair.source().sql("FROBNICATE t", "app"));
  pair.source().sql("INSERT INTO app.t VALUES (1)");
  const ProcessResult run = pair.load({"sync"});
  CHECK(run.exit_code == 3);
  CHECK_THAT(run.err, Catch::Contains("1 statements were not understood"));
  CHECK(pair.mirror().sql("SELECT error, statement FROM dw_meta.failures") == "0\tFROBNICATE t\n");
  CHECK(pair.mirror().sql("SELECT COUNT(*) FROM app.t") == "1\n");
  CHECK(pair.load({"sync"}).exit_code == 0);
}

TEST_CASE("batches of any size give the same mirror") {
  PairOptions options;
  MirrorPair pair(options);
  pair.source().sql(kSchema);
  std::string load;
  for (int i = 0; i < 300; ++i)
    load += "INSERT INTO customers (name) VALUES ('c" + std::to_string(i) +
            "'); BEGIN; UPDATE customers SET name='u' WHERE id=" + std::to_string(i) + "; COMMIT;";
  pair.source().sql(load, "app");
  const std::string whole = rows_of(pair.source(), "app.customers");
  pair.sync();
  CHECK(whole == rows_of(pair.mirror(), "app.customers"));
  const std::string sums = outcome_sums(pair.mirror());
  for (const char* size : {"1", "500", "20000"}) {
    pair.wipe_mirror();
    pair.write_load_config(pair.url(), std::string(", \"max_batch_bytes\": ") + size, "");
    pair.sync();
    INFO(size);
    CHECK(rows_of(pair.mirror(), "app.customers") == whole);
    CHECK(outcome_sums(pair.mirror()) == sums);
  }
}

TEST_CASE("spooled batches rebuild the mirror, and applying them twice changes nothing") {
  PairOptions options;
  options.source_extra = R"(, "max_batch_bytes": 2000)";
  MirrorPair pair(options);
  pair.source().sql(kSchema);
  for (int i = 0; i < 50; ++i) pair.source().sql("INSERT INTO customers (name) VALUES ('x')", "app");
  pair.sync();
  const std::string rows = rows_of(pair.mirror(), "app.customers");
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(pair.file("spool"))) {
    if (entry.path().extension() != ".gz") continue;
    files.push_back(entry.path());
    CHECK((std::filesystem::status(entry.path()).permissions() & std::filesystem::perms(077)) ==
          std::filesystem::perms::none);
  }
  std::sort(files.begin(), files.end());
  REQUIRE(files.size() > 3);
  pair.mirror().sql("DROP DATABASE app; DROP DATABASE dw_meta");
  std::vector<std::string> arguments{"apply"};
  arguments.insert(arguments.end(), files.begin(), files.end());
  for (int round = 0; round < 2; ++round) {
    CHECK(pair.load(arguments).exit_code == 0);
    CHECK(rows_of(pair.mirror(), "app.customers") == rows);
  }
  CHECK(pair.load({"apply", files[0]}).exit_code == 0);
  CHECK(rows_of(pair.mirror(), "app.customers") == rows);
  pair.sync();  // and the source goes on from there
  CHECK(rows_of(pair.mirror(), "app.customers") == rows);

  pair.mirror().sql("DROP DATABASE app; DROP DATABASE dw_meta");
  CHECK(pair.load({"apply", files[0]}).exit_code == 0);
  const ProcessResult hole = pair.load({"apply", files[2]});
  CHECK(hole.exit_code == 4);
  CHECK_THAT(hole.err, Catch::Contains("does not follow"));
}

TEST_CASE("a first sync may start at the log's end, with sessions that were there before") {
  for (const PairOptions& options : all_pairs()) {
    if (!servers_there(options)) continue;
    DYNAMIC_SECTION(name_of(options)) {
      MirrorPair pair(options);
      pair.source().sql(kSchema);
      pair.mirror().sql(kSchema);
      const auto fifo = pair.file("fifo");
      run_or_throw({"mkfifo", fifo});
      Process client = Process::start({"sh", "-c",
                                       "exec mariadb -h127.0.0.1 -P" + std::to_string(pair.source().port()) +
                                           " -uroot --skip-ssl --unbuffered app < " + fifo.string()});
      std::FILE* pipe = std::fopen(fifo.c_str(), "w");
      std::fputs("INSERT INTO customers (name) VALUES ('before');\n", pipe);
      std::fflush(pipe);
      while (pair.source().sql("SET sql_log_off=1; SELECT COUNT(*) FROM app.customers") != "1\n") {
      }
      const std::string status = pair.extract({"status"}).out;
      const auto at = status.find("\"end\": \"") + 8;
      const std::string cursor = status.substr(at, status.find('"', at) - at);
      std::fputs("INSERT INTO customers (name) VALUES ('behind');\n", pipe);
      std::fflush(pipe);
      while (pair.source().sql("SET sql_log_off=1; SELECT COUNT(*) FROM app.customers") != "2\n") {
      }
      const ProcessResult first = pair.load({"sync", "--after", cursor});
      CHECK(first.exit_code == 0);
      CHECK(pair.mirror().sql("SELECT name FROM app.customers") == "behind\n");
      CHECK(pair.load({"sync", "--after", cursor}).exit_code == 2);  // only the first run may choose
      std::fclose(pipe);
      client.wait(std::chrono::seconds(20));
    }
  }
}

TEST_CASE("a second run is kept out while the first one works") {
  PairOptions options;
  MirrorPair pair(options);
  pair.source().sql(kSchema);
  Process first = pair.start_load({"sync", "--follow", "1"});
  while (pair.mirror().sql("SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA='app'") !=
         "2\n") {
  }
  const ProcessResult second = pair.load({"sync"});
  CHECK(second.exit_code == 5);
  CHECK_THAT(second.err, Catch::Contains("another dw-load"));
  first.send_signal(SIGTERM);
  const auto end = first.wait(std::chrono::seconds(20));
  REQUIRE(end);
  CHECK(end->exit_code == 0);
}
