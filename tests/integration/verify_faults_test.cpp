// What the log does not tell is right all the same behind the next sync; and rows that never stand still are
// compared without a false alarm, and without a repair that undoes a statement.
#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/client.h"
#include "tests/support/mirror_pair.h"

namespace {

using namespace dw::test;

PairOptions verifying(PairOptions options, const std::string& seconds = "0") {
  options.retention = "archive";
  options.verify = true;
  options.load_extra = R"(, "verify": {"seconds": )" + seconds + "}";
  return options;
}

void check_equal(MirrorPair& pair, const std::vector<std::string>& tables) {
  for (const std::string& name : tables) {
    INFO(name);
    CHECK(rows_of(pair.mirror(), "app." + name) == rows_of(pair.source(), "app." + name));
  }
}

std::string open_suspects(MirrorPair& pair) {
  return pair.mirror().sql(
      "SELECT table_name, scope, reason FROM dw_meta.suspects WHERE cleared_at IS NULL ORDER BY id");
}

}  // namespace

TEST_CASE("what the log does not tell is read back in the same sync") {
  for (const PairOptions& one : all_pairs()) {
    DYNAMIC_SECTION(name_of(one)) {
      MirrorPair pair(verifying(one));
      DatabaseServer& source = pair.source();
      source.sql(
          "SET GLOBAL local_infile=1; CREATE DATABASE app; USE app;"
          "CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, a VARCHAR(64), at DATETIME(6) DEFAULT "
          "CURRENT_TIMESTAMP(6), n DOUBLE);"
          "CREATE TABLE audit (id INT PRIMARY KEY AUTO_INCREMENT, t INT, what VARCHAR(10));"
          "CREATE TABLE p (id INT PRIMARY KEY, a INT); CREATE TABLE c (id INT PRIMARY KEY, p INT, CONSTRAINT "
          "cp FOREIGN KEY (p) REFERENCES p (id) ON DELETE CASCADE);"
          "CREATE TRIGGER ti AFTER INSERT ON t FOR EACH ROW INSERT INTO audit (t,what) VALUES (NEW.id,'in');"
          "CREATE TRIGGER td AFTER DELETE ON t FOR EACH ROW INSERT INTO audit (t,what) VALUES (OLD.id,'out');"
          "INSERT INTO p VALUES (1,1),(2,2); INSERT INTO c VALUES (1,1),(2,1),(3,2)");
      const auto sync_and_compare = [&](const std::string& what) {
        INFO(what);
        const ProcessResult result = pair.load({"sync"});
        INFO(result.out << result.err);
        CHECK(result.exit_code == 0);
        check_equal(pair, {"t", "audit", "p", "c"});
        CHECK(open_suspects(pair).empty());
      };
      source.sql("USE app; INSERT INTO t (a,n) VALUES (UUID(),RAND())");
      sync_and_compare("UUID, RAND, CURRENT_TIMESTAMP(6)");

      source.sql(
          "SET sql_log_off=1; USE app; UPDATE t SET a='hidden'; INSERT INTO t (a) VALUES ('hidden too')");
      pair.mirror().sql("UPDATE dw_meta.chunks SET checked_at=NULL");
      sync_and_compare("a session that hid itself, tables with triggers");

      pair.mirror().sql("UPDATE app.p SET a=99; UPDATE dw_meta.chunks SET checked_at=NULL");
      sync_and_compare("a parent of a cascade");
      CHECK(pair.mirror().sql("SELECT COUNT(*) FROM app_archive.c") == "0\n");
      CHECK(pair.mirror().sql("SELECT COUNT(*) FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA='app' "
                              "AND TRIGGER_NAME IN ('ti','td')") == "2\n");
      CHECK(pair.mirror().sql("SELECT COUNT(*) FROM dw_meta.triggers_aside") == "0\n");
      source.sql("USE app; DELETE FROM t WHERE id=1; DELETE FROM p WHERE id=1");
      sync_and_compare("production deletes");
      CHECK(pair.mirror().sql("SELECT id, dw_reason FROM app_all.c WHERE dw_deleted_at IS NOT NULL ORDER BY "
                              "id") == "1\tcascade\n2\tcascade\n");
      // A log lost.
      source.sql("USE app; INSERT INTO t (a) VALUES ('lost')");
      source.sql("TRUNCATE TABLE mysql.general_log");
      source.sql("USE app; INSERT INTO p VALUES (7,7)");
      const ProcessResult gap = pair.load({"sync"});
      INFO(gap.out << gap.err);
      CHECK(gap.exit_code == 4);
      sync_and_compare("a gap");
      Client client(source, {.database = "app"});
      REQUIRE(client.query_with_file("LOAD DATA LOCAL INFILE 'p.tsv' INTO TABLE p", "21\t1\n22\t2\n") == 0);
      sync_and_compare("LOAD DATA LOCAL");
    }
  }
}

TEST_CASE("counters that eight sessions increment without a pause are never off by one") {
  for (const PairOptions& one : all_pairs()) {
    DYNAMIC_SECTION(name_of(one)) {
      MirrorPair pair(verifying(one, "3"));
      std::string setup =
          "CREATE DATABASE app; USE app; CREATE TABLE n (id INT PRIMARY KEY, n INT); CREATE TABLE l (id INT "
          "PRIMARY KEY AUTO_INCREMENT, who INT);";
      for (int i = 1; i <= 20; ++i) setup += "INSERT INTO n VALUES (" + std::to_string(i) + ",0);";
      pair.source().sql(setup);
      pair.sync();
      std::atomic<bool> stop{false};
      std::vector<std::thread> threads;
      threads.reserve(8);
      for (int thread = 0; thread < 8; ++thread) {
        threads.emplace_back([&, thread] {
          Client client(pair.source(), {.database = "app"});
          for (int i = thread; !stop; ++i) {
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
            const std::string id = std::to_string(i % 20 + 1);
            if (thread % 2 == 0) {
              client.query("UPDATE n SET n=n+1 WHERE id=" + id);
            } else {
              client.query("BEGIN");
              client.query("UPDATE n SET n=n+1 WHERE id=" + id);
              client.query("INSERT INTO l (who) VALUES (" + std::to_string(thread) + ")");
              client.query("COMMIT");
            }
          }
        });
      }
      std::string said;
      const auto sync = [&] {
        const ProcessResult result = pair.load({"sync"});
        said += result.out + result.err;
        CHECK(result.exit_code == 0);
      };
      for (int round = 0; round < 6; ++round) {
        // By hand, so that they are repaired while they are counted up.
        if (round < 4) pair.mirror().sql("UPDATE app.n SET n=n-7 WHERE id % 4=" + std::to_string(round));
        pair.mirror().sql("UPDATE dw_meta.chunks SET checked_at=NULL");
        sync();
      }
      stop = true;
      for (std::thread& thread : threads) thread.join();
      // Nothing is mended any more: the repairs under fire were right.
      const ProcessResult counters = pair.load({"verify", "app.n"});
      INFO(said << counters.out << counters.err);
      CHECK(counters.exit_code == 0);
      CHECK(pair.mirror().sql("SELECT COUNT(*) FROM app_archive.n WHERE dw_reason='repair'") == "20\n");
      sync();
      CHECK(pair.load({"verify"}).exit_code == 0);
      check_equal(pair, {"n", "l"});
    }
  }
}

TEST_CASE("a definition that is another than production's is named with the ALTER that mends it") {
  for (const PairOptions& one : all_pairs()) {
    DYNAMIC_SECTION(name_of(one)) {
      MirrorPair pair(verifying(one));
      pair.source().sql(
          "CREATE DATABASE app; USE app;"
          "CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, a VARCHAR(20), b INT, c VARCHAR(20) CHARACTER "
          "SET "
          "latin1, u INT, KEY ab (a,b), UNIQUE KEY u (u));"
          "CREATE TABLE p (id INT PRIMARY KEY, n INT); CREATE TABLE c (id INT PRIMARY KEY, p INT, x INT, "
          "FOREIGN KEY (p) REFERENCES p (id), KEY x (x)) DEFAULT CHARSET=latin1;"
          "INSERT INTO t (a,b,c,u) VALUES ('one',1,'eins',1),('two',2,'zwei',2); INSERT INTO p VALUES (1,1); "
          "INSERT INTO c VALUES (1,1,1)");
      pair.sync();
      const auto expect = [&](std::vector<std::string> words, int code) {
        const ProcessResult result = pair.load(words);
        INFO(words[0] << ": " << result.out << result.err);
        CHECK(result.exit_code == code);
        return result.err;
      };
      CHECK(expect({"verify"}, 0).empty());
      pair.mirror().sql(
          "ALTER TABLE app.t MODIFY COLUMN b INT FIRST, MODIFY a VARCHAR(20) CHARACTER SET ascii, DROP KEY "
          "ab; ALTER TABLE app.c DEFAULT CHARSET=utf8mb4, DROP KEY x, ADD KEY own (x,p)");
      // Once a round: not each sync looks. What was seen is named by each.
      CHECK(expect({"sync"}, 0).empty());
      pair.mirror().sql("UPDATE dw_meta.definitions SET checked_at='2026-01-01'");
      const std::string said = expect({"sync"}, 3);
      INFO(said);
      CHECK_THAT(said, Catch::Contains("app.t differs from production's: its definition; what would mend it: "
                                       "ALTER TABLE `app`.`t` MODIFY COLUMN ") &&
                           Catch::Contains("AFTER `a`") &&
                           Catch::Contains("MODIFY COLUMN `a` varchar(20) "
                                           "CHARACTER SET ") &&
                           Catch::Contains("ADD KEY `ab` (`a`,`b`)") &&
                           Catch::Contains("ALTER TABLE `app`.`c` DEFAULT CHARSET=latin1") &&
                           Catch::Contains("ADD KEY `x` (`x`)") && !Catch::Contains("`own`"));
      CHECK(expect({"sync"}, 3) == said);
      CHECK_THAT(expect({"verify"}, 3), Catch::Contains("DROP KEY `own`"));
      expect({"verify", "--repair-schema"}, 3);  // what only the mirror has stays, and is told
      pair.mirror().sql("ALTER TABLE app.c DROP KEY own");
      CHECK(expect({"sync"}, 0).empty());
      CHECK(expect({"verify"}, 0).empty());
      check_equal(pair, {"t", "c"});
      CHECK(pair.mirror().sql("SELECT GROUP_CONCAT(COLUMN_NAME ORDER BY ORDINAL_POSITION), "
                              "MAX(CHARACTER_SET_NAME) FROM information_schema.COLUMNS WHERE "
                              "TABLE_SCHEMA='app' AND TABLE_NAME='t'") ==
            pair.source().sql("SELECT GROUP_CONCAT(COLUMN_NAME ORDER BY ORDINAL_POSITION), "
                              "MAX(CHARACTER_SET_NAME) FROM information_schema.COLUMNS WHERE "
                              "TABLE_SCHEMA='app' AND TABLE_NAME='t'"));
      // A table whose columns are others is compared at once, in whatever round.
      pair.mirror().sql("ALTER TABLE app.t DROP COLUMN b; UPDATE dw_meta.chunks SET checked_at=NULL");
      CHECK_THAT(expect({"sync"}, 3),
                 Catch::Contains("ALTER TABLE `app`.`t` ADD COLUMN `b` int") && Catch::Contains("AFTER `a`"));
      // A log without the ALTER.
      expect({"verify", "--repair-schema"}, 0);
      pair.source().sql("ALTER TABLE app.p ADD COLUMN lost INT FIRST");
      pair.source().sql("TRUNCATE TABLE mysql.general_log");
      pair.source().sql("INSERT INTO app.p VALUES (7,7,7)");
      CHECK_THAT(expect({"sync"}, 4), Catch::Contains("ALTER TABLE `app`.`p` ADD COLUMN `lost` int"));
      expect({"verify", "--repair-schema"}, 0);
      check_equal(pair, {"p"});
    }
  }
}

TEST_CASE("what a DDL statement made here that production gave up for a lock is undone") {
  for (const PairOptions& one : all_pairs()) {
    DYNAMIC_SECTION(name_of(one)) {
      MirrorPair pair(verifying(one));
      pair.source().sql(
          "CREATE DATABASE app; USE app; CREATE TABLE t (id INT PRIMARY KEY, a MEDIUMINT, b INT);"
          "INSERT INTO t VALUES (1,10,100),(2,20,200)");
      pair.sync();
      Client holder(pair.source(), {.database = "app"});
      Client client(pair.source(), {.database = "app"});
      REQUIRE(client.query("SET lock_wait_timeout=1") == 0);
      const auto give_up = [&](const std::vector<std::string>& statements) {
        REQUIRE(holder.query("BEGIN") == 0);
        REQUIRE(holder.query("UPDATE t SET b=b+1 WHERE id=1") == 0);
        for (const std::string& sql : statements) REQUIRE(client.query(sql) == 1205);
        REQUIRE(holder.query("COMMIT") == 0);
        REQUIRE(holder.query("INSERT INTO t (id, a) SELECT MAX(id) + 1, 30 FROM t") == 0);
      };
      const auto columns_and_keys = [&](DatabaseServer& server) {
        return server.sql(
            "SELECT GROUP_CONCAT(COLUMN_NAME, DATA_TYPE ORDER BY ORDINAL_POSITION) FROM "
            "information_schema.COLUMNS WHERE TABLE_SCHEMA='app' AND TABLE_NAME='t';"
            "SELECT GROUP_CONCAT(INDEX_NAME ORDER BY INDEX_NAME) FROM information_schema.STATISTICS WHERE "
            "TABLE_SCHEMA='app' AND TABLE_NAME='t'");
      };
      give_up({"ALTER TABLE t CHANGE a r7 BIGINT", "CREATE INDEX i6 ON t (b)"});
      const ProcessResult synced = pair.load({"sync"});
      INFO(synced.out << synced.err);
      CHECK(synced.exit_code == 0);
      CHECK(columns_and_keys(pair.mirror()) == columns_and_keys(pair.source()));
      check_equal(pair, {"t"});
      // A key of the mirror's own is none that such a statement made.
      pair.mirror().sql("CREATE INDEX own ON app.t (a)");
      give_up({"ALTER TABLE t ADD COLUMN d INT, ADD KEY k (b)"});
      const ProcessResult kept = pair.load({"sync"});
      INFO(kept.out << kept.err);
      CHECK(kept.exit_code == 3);
      CHECK_THAT(kept.err, Catch::Contains("DROP KEY `own`") && !Catch::Contains("`k`"));
      pair.mirror().sql("DROP INDEX own ON app.t");
      CHECK(pair.load({"sync"}).exit_code == 0);
      CHECK(columns_and_keys(pair.mirror()) == columns_and_keys(pair.source()));
      check_equal(pair, {"t"});
    }
  }
}

TEST_CASE(
    "a column that MySQL does not rename, for a generated one depends on it, is renamed back on MariaDB") {
  for (const PairOptions& one : all_pairs()) {
    DYNAMIC_SECTION(name_of(one)) {
      MirrorPair pair(verifying(one));
      pair.source().sql(
          "CREATE DATABASE app; USE app; CREATE TABLE t (id INT PRIMARY KEY, a MEDIUMINT, g BIGINT AS (a * "
          "2) "
          "STORED); INSERT INTO t (id, a) VALUES (1,10),(2,20)");
      pair.sync();
      Client client(pair.source(), {.database = "app"});
      const bool refused = client.query("ALTER TABLE t CHANGE a r7 BIGINT NULL") != 0;
      CHECK(refused == (one.source == ServerKind::mysql));
      client.query("INSERT INTO t (id, a) VALUES (3, 30)");
      const ProcessResult synced = pair.load({"sync"});
      INFO(synced.out << synced.err);
      CHECK(synced.exit_code == 0);
      check_equal(pair, {"t"});
    }
  }
}

TEST_CASE("rows named by keys are read when production has time, and nobody gives up meanwhile") {
  for (PairOptions one : all_pairs()) {
    DYNAMIC_SECTION(name_of(one)) {
      one = verifying(one);
      one.source_extra = R"(, "timeout_seconds": 3, "attempts": 1)";
      MirrorPair pair(one);
      pair.source().sql(
          "CREATE DATABASE app; CREATE TABLE app.t (id INT PRIMARY KEY, a VARCHAR(40)); INSERT INTO app.t "
          "VALUES (1,'')");
      pair.sync();
      // MySQL counts a thread of its own.
      const std::string idle = pair.source().sql("SHOW GLOBAL STATUS LIKE 'Threads_running'");
      std::string config = read_file(pair.file("extract.json"));
      config.insert(config.rfind('}'),
                    R"(, "reading": {"max_load": )" + idle.substr(idle.find('\t') + 1, 1) + "}");
      write_file(pair.file("extract.json"), config, 0600);
      pair.web().give_to_cgi_user(pair.file("extract.json"));
      pair.source().sql("UPDATE app.t SET a=UUID() WHERE id=1");
      const auto is_busy = [&] {
        return pair.source().sql(
                   "SET sql_log_off=1; SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE "
                   "'SELECT SLEEP%'") == "1\n";
      };
      std::thread busy([&] { pair.source().sql("SET sql_log_off=1; SELECT SLEEP(8)"); });
      while (!is_busy()) std::this_thread::yield();
      const ProcessResult result = pair.load({"sync"});
      const bool waited = !is_busy();
      busy.join();
      INFO(result.out << result.err);
      CHECK(result.exit_code == 0);
      CHECK(waited);
      check_equal(pair, {"t"});
      CHECK(open_suspects(pair).empty());
    }
  }
}

// As daylight saving does where time_zone is SYSTEM: the batch says what the clock's offset is, not what it
// was.
TEST_CASE("local times that were logged before production's clock changed its offset are read back") {
  for (const PairOptions& one : all_pairs()) {
    DYNAMIC_SECTION(name_of(one)) {
      MirrorPair pair(verifying(one));
      pair.source().sql(
          "SET GLOBAL time_zone='+01:00'; CREATE DATABASE app; CREATE TABLE app.t (id INT PRIMARY KEY, ts "
          "TIMESTAMP NULL, dt DATETIME)");
      pair.sync();
      pair.source().sql("INSERT INTO app.t VALUES (1,'2026-03-28 12:00:00',NULL),(2,NULL,NOW())");
      pair.source().sql("SET time_zone='+05:00'; INSERT INTO app.t VALUES (3,'2026-03-28 12:00:00',NULL)");
      pair.source().sql("SET sql_log_off=1; SET GLOBAL time_zone='+02:00'");
      const ProcessResult result = pair.load({"sync"});
      INFO(result.out << result.err);
      CHECK(result.exit_code == 0);
      check_equal(pair, {"t"});
      CHECK(
          pair.mirror().sql("SELECT `keys`, reason FROM dw_meta.suspects WHERE reason LIKE '%time zone%'") ==
          "{\"columns\":[\"id\"],\"rows\":[[\"1\"],[\"2\"]]}\tthe source's time zone changed meanwhile, or "
          "its clock's offset\n");
      CHECK(open_suspects(pair).empty());
      pair.source().sql("INSERT INTO app.t VALUES (4,'2026-03-28 12:00:00',NULL)");
      pair.sync();
      check_equal(pair, {"t"});
      CHECK(pair.mirror().sql("SELECT COUNT(*) FROM dw_meta.suspects WHERE reason LIKE '%time zone%'") ==
            "1\n");
    }
  }
}
