// kill -9 of the loader and of the mirror's server, at any instant: the next run makes it as if nothing had
// happened.

#include <chrono>
#include <random>
#include <sstream>
#include <thread>

#include "tests/support/catch.h"
#include "tests/support/client.h"
#include "tests/support/mirror_pair.h"

using namespace dw::test;

namespace {

constexpr int kStatements = 6000;

// A log with everything in it: autocommit, transactions, rollbacks, DDL, deletes, failures, triggers,
// functions, procedures, variables of the session. Another session's transaction is open all the while.
// `taking`: also much that takes rows away.
void fill_log(DatabaseServer& source, bool taking) {
  std::string text =
      "USE app; CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, a INT, b "
      "VARCHAR(40)); CREATE TABLE "
      "counter (id INT PRIMARY KEY, n INT); INSERT INTO counter VALUES (1, 0);\n"
      "CREATE TABLE other (id INT AUTO_INCREMENT PRIMARY KEY, a INT, b VARCHAR(40)); CREATE TABLE fired (n "
      "INT); "
      "INSERT INTO fired VALUES (0);\n"
      "CREATE TRIGGER other_ai AFTER INSERT ON other FOR EACH ROW UPDATE fired SET n=n+1;\n"
      "DELIMITER //\nCREATE FUNCTION up(x INT) RETURNS INT DETERMINISTIC MODIFIES SQL DATA BEGIN UPDATE "
      "fired "
      "SET n=n+x; RETURN x; END//\nDELIMITER ;\n"
      "CREATE PROCEDURE twice(x INT) UPDATE fired SET n=n+x+x;\nSET @last='none';\n";
  for (int i = 0; i < kStatements; ++i) {
    const std::string n = std::to_string(i);
    switch (i % 12) {
      case 0:
        text += "BEGIN; INSERT INTO t (a) VALUES (" + n + "); UPDATE counter SET n=n+1; COMMIT;\n";
        break;
      case 1:
        text += "BEGIN; INSERT INTO t (a) VALUES (" + n + "); UPDATE counter SET n=n+100; ROLLBACK;\n";
        break;
      case 2:
        text += "DELETE FROM t WHERE a=" + n + ";\n";
        break;
      case 3:
        text += "UPDATE counter SET n=n+1;\n";
        break;
      case 5:
        text +=
            "INSERT INTO other (a,b) VALUES (" + n + ",@last); SET @last=CONCAT('of ',LAST_INSERT_ID());\n";
        break;
      case 6:
        text += "INSERT INTO other (a) VALUES (up(3)); CALL twice(2);\n";
        break;
      case 4:
        text += "INSERT INTO t (a,b) VALUES (" + n + ",'it\\'s'),(" + n + ",'two');\n";
        break;
      default:
        text += "INSERT INTO t (a,b) VALUES (" + n + ",'x'); UPDATE counter SET n=n+1;\n";
    }
    if (i % 500 == 250)
      text += "ALTER TABLE t ADD c" + n + " INT DEFAULT " + n + "; CREATE TABLE t" + n +
              " (a INT); INSERT INTO t" + n + " VALUES (1);\n";
    if (taking && i % 500 == 400) {
      const std::string m = std::to_string(i - 150);
      text += "DELETE FROM t WHERE id % 11 = 5; REPLACE INTO counter VALUES (1, " + n + "); TRUNCATE t" + m +
              "; INSERT INTO t" + m + " VALUES (4); RENAME TABLE t" + m + " TO r" + m + "; DELETE FROM r" +
              m + "; INSERT INTO r" + m + " VALUES (5); DROP TABLE r" + m + "; ALTER TABLE t DROP COLUMN c" +
              m + ";\n";
    }
  }
  source.sql(text);
}

// Every row of every table of the archive.
std::string archive_of(DatabaseServer& mirror) {
  std::string out;
  std::istringstream tables(mirror.sql(
      "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA='app_archive' ORDER BY 1"));
  for (std::string table; std::getline(tables, table);)
    out += table + "\n" +
           mirror.sql("SELECT dw_event, dw_reason, t.* FROM app_archive." + table + " t ORDER BY 1, 2, 3");
  return out;
}

struct Outcome {
  std::string rows;
  std::string archive;
  std::string schema;
  std::string sums;
  std::string checkpoint;
  std::string ledger;
  bool operator==(const Outcome&) const = default;
};

Outcome outcome_of(DatabaseServer& mirror) {
  Outcome out;
  out.rows = rows_of(mirror, "app.t") + rows_of(mirror, "app.counter", "n, id") +
             rows_of(mirror, "app.other") + rows_of(mirror, "app.held") +
             rows_of(mirror, "app.fired", "n, n");
  out.archive = archive_of(mirror);
  out.schema = mirror.sql(
      "SELECT TABLE_NAME, COLUMN_NAME, COLUMN_TYPE FROM information_schema.COLUMNS WHERE TABLE_SCHEMA='app' "
      "ORDER BY 1, 2");
  out.sums = outcome_sums(mirror);
  out.checkpoint =
      mirror.sql("SELECT log_cursor, statements_done, sessions, intent IS NULL FROM dw_meta.checkpoint");
  out.ledger = mirror.sql("SELECT log_cursor, action, reason, statement FROM dw_meta.ledger ORDER BY id") +
               mirror.sql("SELECT log_cursor, error, statement FROM dw_meta.failures ORDER BY id");
  return out;
}

// Compared part by part, so that a difference is named.
void check_same(const Outcome& now, const Outcome& undisturbed) {
  CHECK(now.sums == undisturbed.sums);
  CHECK(now.checkpoint == undisturbed.checkpoint);
  CHECK(now.schema == undisturbed.schema);
  CHECK((now.rows == undisturbed.rows));
  CHECK((now.archive == undisturbed.archive));
  CHECK((now.ledger == undisturbed.ledger));
}

class Scene {
 public:
  explicit Scene(PairOptions options) : pair_(prepared(std::move(options))) {
    pair_.source().sql(
        "CREATE DATABASE app; CREATE TABLE app.held (id INT AUTO_INCREMENT PRIMARY KEY, a INT)");
    Client open(pair_.source(), {.database = "app"});
    REQUIRE(open.query("BEGIN; INSERT INTO held (a) VALUES (1)") == 0);
    fill_log(pair_.source(), pair_.options().retention != "none");
    REQUIRE(open.query("UPDATE held SET a=a+1; INSERT INTO held (a) VALUES (5); COMMIT") == 0);
    pair_.source().sql("UPDATE app.held SET a=a+10");
    // The log stands still from here on, but for what the extractor adds, which never reaches the mirror: a
    // file of batches would do as well, but the kill must be able to hit the fetching, too.
    freeze();
    apply_all();
    undisturbed_ = outcome_of(pair_.mirror());
  }

  MirrorPair& pair() { return pair_; }
  const Outcome& undisturbed() const { return undisturbed_; }
  std::vector<std::string> run() const {
    std::vector<std::string> out{"apply"};
    out.insert(out.end(), files_.begin(), files_.end());
    return out;
  }
  void apply_all() {
    const ProcessResult result = pair_.load(run());
    INFO(result.err);
    REQUIRE(result.exit_code == 0);
  }

 private:
  static PairOptions prepared(PairOptions options) {
    options.web = Web::none;
    options.load_extra = R"(, "hold_after_seconds": 0)";
    return options;
  }

  // The whole log as batch files of some 100 kB, as dw-extract writes them.
  void freeze() {
    std::vector<std::string> arguments{"batch", "--max-bytes", "100000"};
    for (int i = 0;; ++i) {
      const ProcessResult batch = pair_.extract(arguments);
      REQUIRE(batch.exit_code == 0);
      files_.push_back(pair_.file("batch" + std::to_string(100 + i) + ".json"));
      write_file(files_.back(), batch.out);
      if (batch.out.find("\"more\":true") == std::string::npos) break;
      const auto at = batch.out.find("\"next\":\"") + 8;
      arguments = {"batch", "--max-bytes", "100000", "--after",
                   batch.out.substr(at, batch.out.find('"', at) - at)};
    }
  }

  MirrorPair pair_;
  std::vector<std::string> files_;
  Outcome undisturbed_;
};

PairOptions pair_with_mirror(ServerKind kind) {
  PairOptions options;
  options.source = kind;  // MariaDB's dialect on MySQL is no pair of ours
  options.mirror = kind;
  return options;
}

// Kills dw-load so often, at random instants, and lets it end.
void kill_and_finish(Scene& scene, int times) {
  std::mt19937 random(20261121);
  int kills = 0;
  scene.pair().wipe_mirror();
  while (kills < times) {
    Process run = scene.pair().start_load(scene.run());
    const auto pause = std::chrono::microseconds(1000 + random() % 120'000);
    std::this_thread::sleep_for(pause);  // the instant is the test's subject, not a wait for something
    if (run.wait(std::chrono::milliseconds(0))) {
      check_same(outcome_of(scene.pair().mirror()), scene.undisturbed());
      scene.pair().wipe_mirror();
      continue;
    }
    run.kill9();
    ++kills;
  }
  scene.apply_all();
  check_same(outcome_of(scene.pair().mirror()), scene.undisturbed());
}

}  // namespace

TEST_CASE("dw-load killed at 20 random instants leaves the mirror of an undisturbed run") {
  for (const auto kind : {ServerKind::mariadb, ServerKind::mysql}) {
    if (!require_server(kind)) continue;
    DYNAMIC_SECTION(to_string(kind)) {
      Scene scene(pair_with_mirror(kind));
      kill_and_finish(scene, 20);
    }
  }
}

TEST_CASE("dw-load killed while rows leave: the archive has each of them once") {
  for (const auto kind : {ServerKind::mariadb, ServerKind::mysql}) {
    if (!require_server(kind)) continue;
    DYNAMIC_SECTION(to_string(kind)) {
      PairOptions options = pair_with_mirror(kind);
      options.retention = "archive";
      Scene scene(options);
      CHECK(scene.undisturbed().archive.find("truncate") != std::string::npos);
      kill_and_finish(scene, 15);
    }
  }
}

TEST_CASE("dw-load killed while rows that stay are taken out and put back") {
  for (const auto kind : {ServerKind::mariadb, ServerKind::mysql}) {
    if (!require_server(kind)) continue;
    DYNAMIC_SECTION(to_string(kind)) {
      PairOptions options = pair_with_mirror(kind);
      options.retention = "in-place";
      Scene scene(options);
      kill_and_finish(scene, 10);
    }
  }
}

TEST_CASE("the mirror's server killed at 5 instants leaves the mirror of an undisturbed run") {
  for (const auto kind : {ServerKind::mariadb, ServerKind::mysql}) {
    if (!require_server(kind)) continue;
    DYNAMIC_SECTION(to_string(kind)) {
      Scene scene(pair_with_mirror(kind));
      std::mt19937 random(7);
      int kills = 0;
      scene.pair().wipe_mirror();
      while (kills < 5) {
        Process run = scene.pair().start_load(scene.run());
        std::this_thread::sleep_for(std::chrono::microseconds(30'000 + random() % 250'000));
        if (run.wait(std::chrono::milliseconds(0))) {
          check_same(outcome_of(scene.pair().mirror()), scene.undisturbed());
          scene.pair().wipe_mirror();
          continue;
        }
        scene.pair().mirror().kill9();
        const auto end = run.wait(std::chrono::seconds(30));
        REQUIRE(end);
        CHECK(end->exit_code == 7);
        scene.pair().mirror().start_again();
        ++kills;
      }
      scene.apply_all();
      check_same(outcome_of(scene.pair().mirror()), scene.undisturbed());
    }
  }
}

TEST_CASE("ids that the crash of the mirror's server took back are given again") {
  for (const auto kind : {ServerKind::mariadb, ServerKind::mysql}) {
    if (!require_server(kind)) continue;
    DYNAMIC_SECTION(to_string(kind)) {
      MirrorPair pair(pair_with_mirror(kind));
      pair.source().sql(
          "CREATE DATABASE app; CREATE TABLE app.fresh (id INT AUTO_INCREMENT PRIMARY KEY, a INT); CREATE "
          "TABLE app.used LIKE app.fresh; INSERT INTO app.used (a) VALUES (1)");
      pair.sync();
      Client cut_off(pair.mirror(), {.database = "app"});  // as dw-load was, in the midst of a transaction
      REQUIRE(cut_off.query("BEGIN; INSERT INTO fresh (a) VALUES (1); INSERT INTO used (a) VALUES (2)") == 0);
      pair.mirror().sql("CREATE TABLE app.later (a INT)");  // the redo log is written up to here
      pair.mirror().kill9();
      pair.mirror().start_again();
      pair.source().sql("INSERT INTO app.fresh (a) VALUES (1); INSERT INTO app.used (a) VALUES (2)");
      pair.sync();
      CHECK(rows_of(pair.mirror(), "app.fresh") == "1\t1\n");
      CHECK(rows_of(pair.mirror(), "app.used") == "1\t1\n2\t2\n");
    }
  }
}

TEST_CASE("dw-load killed while it pulls from a source that is written to loses nothing") {
  PairOptions options;
  options.source_extra = R"(, "max_batch_bytes": 20000)";
  MirrorPair pair(options);
  pair.source().sql("CREATE DATABASE app; CREATE TABLE app.t (id INT AUTO_INCREMENT PRIMARY KEY, a INT)");
  std::string inserts;
  for (int i = 0; i < 20000; ++i) inserts += "INSERT INTO app.t (a) VALUES (" + std::to_string(i) + ");\n";
  write_file(pair.file("inserts.sql"), inserts);
  Process writer = Process::start(
      {"mariadb", "-h127.0.0.1", "-P" + std::to_string(pair.source().port()), "-uroot", "--skip-ssl"},
      {.stdin_file = pair.file("inserts.sql")});
  std::mt19937 random(1);
  for (int kills = 0; kills < 8; ++kills) {
    Process run = pair.start_load({"sync", "--follow", "1"});
    std::this_thread::sleep_for(std::chrono::microseconds(20'000 + random() % 300'000));
    run.kill9();
  }
  REQUIRE(writer.wait(std::chrono::seconds(60)));
  pair.sync();
  CHECK((rows_of(pair.mirror(), "app.t") == rows_of(pair.source(), "app.t")));
  CHECK(pair.mirror().sql("SELECT COUNT(*) FROM app.t") == "20000\n");
  CHECK(pair.mirror().sql("SELECT SUM(applied) FROM dw_meta.batches") == "20002\n");
}

TEST_CASE("a repair that is killed is done by the next run, and what it displaces is archived once") {
  for (PairOptions options : all_pairs()) {
    if (!require_server(options.source) || !require_server(options.mirror)) continue;
    DYNAMIC_SECTION(name_of(options)) {
      options.retention = "archive";
      options.verify = true;
      MirrorPair pair(options);
      // The trigger must not fire for a repair, and must be there behind it.
      std::string setup =
          "CREATE DATABASE app; USE app; CREATE TABLE t (id INT PRIMARY KEY, n INT, s VARCHAR(200)); CREATE "
          "TABLE l (id INT PRIMARY KEY AUTO_INCREMENT, t INT); CREATE TRIGGER ti AFTER INSERT ON t FOR EACH "
          "ROW INSERT INTO l (t) VALUES (NEW.id); INSERT INTO t VALUES (0,0,REPEAT('s',200));";
      for (int i = 1; i < 32768; i *= 2)
        setup += "INSERT INTO t SELECT id+" + std::to_string(i) + ", id, s FROM t;";
      pair.source().sql(setup);
      pair.sync();
      pair.mirror().sql("UPDATE app.t SET n=-1 WHERE id % 2=0");
      int in_repair = 0;
      for (int kill = 0; kill < 8; ++kill) {
        Process run = pair.start_load({"verify", "--repair"});
        // The table is made by the first repair that needs it.
        const auto is_at_work = [&] {
          return pair.mirror().sql("SHOW TABLES FROM dw_meta LIKE 'triggers_aside'") == "triggers_aside\n" &&
                 pair.mirror().sql("SELECT COUNT(*) FROM dw_meta.triggers_aside") == "1\n";
        };
        while (run.running() && !is_at_work()) {
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(60 * kill));
        in_repair += run.running() && is_at_work() ? 1 : 0;
        run.kill9();
        pair.source().sql("UPDATE app.t SET s='changed' WHERE id=" + std::to_string(1000 * kill));
      }
      INFO(in_repair << " kills while a repair was under way");
      CHECK(in_repair > 0);
      const ProcessResult last = pair.load({"verify", "--repair"});
      INFO(last.out << last.err);
      CHECK(last.exit_code == 0);
      CHECK((rows_of(pair.mirror(), "app.t") == rows_of(pair.source(), "app.t")));
      CHECK((rows_of(pair.mirror(), "app.l") == rows_of(pair.source(), "app.l")));
      CHECK(pair.mirror().sql(
                "SELECT COUNT(*), COUNT(DISTINCT id) FROM app_archive.t WHERE dw_reason='repair'") ==
            "16384\t16384\n");
      CHECK(pair.mirror().sql("SELECT COUNT(*) FROM app_archive.l") == "0\n");
      CHECK(pair.mirror().sql("SELECT COUNT(*) FROM dw_meta.triggers_aside") == "0\n");
      CHECK(pair.mirror().sql("SELECT COUNT(*) FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA='app' "
                              "AND TRIGGER_NAME='ti'") == "1\n");
    }
  }
}
