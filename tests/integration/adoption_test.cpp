// dw-load baseline --adopt: a copy that the mirror has already is taken over, compared and mended.
#include "tests/support/catch.h"
#include "tests/support/mirror_pair.h"

using namespace dw::test;

namespace {

PairOptions with_archive(PairOptions options) {
  options.retention = "archive";
  options.verify = true;
  options.databases = R"(["app","other"])";
  return options;
}

constexpr const char* kProduction = R"(CREATE DATABASE app; CREATE DATABASE other;
CREATE TABLE app.orders (id INT AUTO_INCREMENT PRIMARY KEY, note VARCHAR(40), KEY (note));
INSERT INTO app.orders VALUES (1,'now'),(2,'b'),(4,'d');
CREATE TABLE app.wide (id INT PRIMARY KEY, a INT, b VARCHAR(20), KEY (b)); INSERT INTO app.wide VALUES (1,1,'new'),(2,2,NULL);
CREATE TABLE app.missing (id INT PRIMARY KEY, n INT); INSERT INTO app.missing VALUES (1,10),(2,20);
CREATE TABLE other.t (id INT PRIMARY KEY); INSERT INTO other.t VALUES (5);
CREATE VIEW app.v AS SELECT id FROM app.orders;
CREATE TRIGGER app.tr AFTER INSERT ON app.orders FOR EACH ROW UPDATE app.missing SET n=n+1 WHERE id=1;
CREATE EVENT app.ev ON SCHEDULE EVERY 1 DAY STARTS '2037-01-01 00:00:00' DO DELETE FROM app.orders;)";

// Kept rows, one that came out otherwise, one that is not there; a table of which production knows nothing.
constexpr const char* kCopy = R"(CREATE DATABASE app;
CREATE TABLE app.orders (id INT AUTO_INCREMENT PRIMARY KEY, note VARCHAR(40), KEY (note));
INSERT INTO app.orders VALUES (1,'then'),(2,'b'),(3,'deleted');
CREATE TABLE app.wide (id INT PRIMARY KEY, a INT); INSERT INTO app.wide VALUES (1,1),(2,2);
CREATE TABLE app.old (id INT PRIMARY KEY); INSERT INTO app.old VALUES (9);)";

// On MySQL what root has made only root may drop (SYSTEM_USER).
constexpr const char* kEventOfCopy =
    "CREATE EVENT app.ev ON SCHEDULE EVERY 1 DAY STARTS '2037-01-01 00:00:00' DO DELETE FROM app.orders";

void check_same(MirrorPair& pair, const std::string& table) {
  INFO(table);
  CHECK(rows_of(pair.mirror(), table) == rows_of(pair.source(), table));
}

std::string open_suspects(MirrorPair& pair) {
  return pair.mirror().sql("SELECT scope, reason FROM dw_meta.suspects WHERE cleared_at IS NULL");
}

}  // namespace

TEST_CASE("a copy is taken over, made equal, and followed") {
  for (const PairOptions& options : all_pairs()) {
    if (!require_server(options.source) || !require_server(options.mirror)) continue;
    INFO(name_of(options));
    MirrorPair pair(with_archive(options));
    pair.source().sql(kProduction);
    pair.mirror().sql(kCopy);
    if (options.mirror == ServerKind::mariadb) pair.mirror().sql(kEventOfCopy);

    const ProcessResult plain = pair.load({"baseline"});
    CHECK(plain.exit_code == 2);
    CHECK_THAT(plain.err, Catch::Contains("the mirror is not empty") &&
                              Catch::Contains("take it over as it is: dw-load baseline --adopt app"));
    const ProcessResult unknown = pair.load({"baseline", "--adopt", "app,shop"});
    CHECK(unknown.exit_code == 2);
    CHECK_THAT(unknown.err, Catch::Contains("production has no schema shop"));
    const ProcessResult nothing = pair.load({"baseline", "--adopt", "app,other"});
    CHECK(nothing.exit_code == 2);
    CHECK_THAT(nothing.err, Catch::Contains("nothing in schema other"));
    CHECK(pair.mirror().sql("SHOW DATABASES LIKE 'dw_meta'").empty());

    const ProcessResult taken = pair.load({"baseline", "--adopt", "app"});
    INFO(taken.out << taken.err);
    CHECK(taken.exit_code == 3);
    CHECK_THAT(taken.err,
               Catch::Contains("production has no table app.old: the mirror's stays until you drop it"));
    CHECK_THAT(taken.out, Catch::Contains("took over 1 schema with 2 tables; made 2 tables"));
    for (const char* table : {"app.orders", "app.wide", "app.missing", "other.t"}) {
      INFO(table);
      CHECK(pair.mirror().sql(std::string("SELECT * FROM ") + table + " ORDER BY 1") ==
            pair.source().sql(std::string("SELECT * FROM ") + table + " ORDER BY 1"));
    }
    CHECK(pair.mirror().sql("SELECT id, note, dw_reason FROM " +
                            newest_archive_of(pair.mirror(), "app.orders") + " ORDER BY id") ==
          "1\tthen\trepair\n3\tdeleted\tabsent\n");
    CHECK(pair.mirror().sql("SELECT id FROM app.old") == "9\n");
    CHECK(pair.mirror().sql("SELECT STATUS FROM information_schema.EVENTS WHERE EVENT_SCHEMA='app'") ==
          "DISABLED\n");
    // It is the user's to say what becomes of it.
    pair.mirror().sql("DELETE FROM app.old; DROP TABLE app.old");
    CHECK(pair.mirror().sql("SELECT id FROM app_archive.old") == "9\n");
    CHECK(pair.load({"verify", "--repair"}).exit_code == 0);
    CHECK(open_suspects(pair).empty());

    pair.source().sql("INSERT INTO app.orders (note) VALUES ('next'); DELETE FROM app.wide WHERE id=2");
    pair.sync();
    for (const char* table : {"app.orders", "app.missing", "app.wide"}) check_same(pair, table);
    CHECK(pair.mirror().sql("SELECT message, statement FROM dw_meta.failures").empty());
    const ProcessResult again = pair.load({"baseline", "--adopt", "app"});
    CHECK(again.exit_code == 2);
    CHECK_THAT(again.err, Catch::Contains("follows production already"));
  }
}

TEST_CASE("a take-over that is killed is finished by the next run") {
  const PairOptions options = all_pairs().front();
  if (!require_server(options.source)) return;
  MirrorPair pair(with_archive(options));
  pair.source().sql(kProduction);
  pair.mirror().sql(kCopy);
  for (const char* far : {"SHOW DATABASES LIKE 'dw_meta'", "SHOW TABLES FROM app LIKE 'missing'"}) {
    Process run = pair.start_load({"baseline", "--adopt", "app"});
    while (run.running() && pair.mirror().sql(far).empty()) {
    }
    run.kill9();
    if (pair.mirror().sql("SHOW DATABASES LIKE 'dw_meta'").empty()) continue;
    if (!pair.mirror().sql("SHOW TABLES FROM dw_meta LIKE 'checkpoint'").empty() &&
        pair.mirror().sql("SELECT COUNT(*) FROM dw_meta.checkpoint") == "1\n")
      break;
  }
  const ProcessResult again = pair.load({"baseline", "--adopt", "app"});
  INFO(again.err);
  if (again.exit_code == 2) {
    CHECK_THAT(again.err, Catch::Contains("follows production already"));
  } else {
    CHECK(again.exit_code == 3);
  }
  CHECK(pair.mirror().sql("SELECT id FROM app.old") == "9\n");
  pair.mirror().sql("DROP TABLE app.old");
  CHECK(pair.load({"verify", "--repair-schema"}).exit_code == 0);
  for (const char* table : {"app.orders", "app.wide", "app.missing"}) check_same(pair, table);
  CHECK(open_suspects(pair).empty());
}
