// dw-load baseline --from-dump: a dump is loaded, found in production's log, and followed.
#include "tests/support/catch.h"
#include "tests/support/mirror_pair.h"

using namespace dw::test;

namespace {

// One pair of each kind; every case makes app anew.
MirrorPair& fresh(PairOptions options, const std::string& sql) {
  static std::map<std::string, std::unique_ptr<MirrorPair>> pairs;
  options.verify = true;
  auto& one = pairs[name_of(options)];
  if (!one) one = std::make_unique<MirrorPair>(options);
  one->source().sql("DROP DATABASE IF EXISTS app; " + sql);
  one->wipe_mirror();
  return *one;
}

constexpr const char* kProduction = R"(SET NAMES utf8mb4; CREATE DATABASE app CHARACTER SET utf8mb4;
CREATE TABLE app.t (id INT AUTO_INCREMENT PRIMARY KEY, b VARBINARY(20), s VARCHAR(60), at TIMESTAMP NULL, g INT AS (CHAR_LENGTH(s)),
  d DECIMAL(10,2), f DOUBLE, bits BIT(3));
INSERT INTO app.t (id,b,s,at,d,f,bits) VALUES (1,x'00FF275C0A','it''s; "é"
-- 🐘','2026-03-29 01:30:00',1.50,0.1,b'101'),(2,NULL,NULL,NULL,NULL,NULL,NULL),(7,'','\\;','2001-01-01',-3,1e300,b'0');
CREATE TABLE app.c (n INT PRIMARY KEY, m INT, CONSTRAINT r FOREIGN KEY (m) REFERENCES app.t (id)); INSERT INTO app.c VALUES (0,1);
CREATE TABLE app.log (x INT);
CREATE VIEW app.v AS SELECT id FROM app.t;
DELIMITER //
CREATE TRIGGER app.tr AFTER INSERT ON app.t FOR EACH ROW BEGIN INSERT INTO app.log VALUES (NEW.id); END//
CREATE PROCEDURE app.p() BEGIN UPDATE app.c SET m=2; END//
CREATE EVENT app.ev ON SCHEDULE EVERY 1 DAY STARTS '2037-01-01 00:00:00' DO DELETE FROM app.t//
DELIMITER ;)";

// The source's own client, as its package has it.
std::string dump(MirrorPair& pair, const std::string& options) {
  const bool mysql = pair.source().kind() == ServerKind::mysql;
  const char* root = std::getenv("DW_MYSQL_ROOT");
  const std::string program =
      mysql ? "chroot " + std::string(root == nullptr ? "/var/cache/dw/mysql-root" : root) + " mysqldump"
            : "mariadb-dump";
  return run_or_throw({"sh", "-c",
                       program + " --no-defaults -uroot -h127.0.0.1 --protocol=tcp -P" +
                           std::to_string(pair.source().port()) + " --single-transaction " + options});
}

void check_same(MirrorPair& pair) {
  for (const char* table : {"app.t", "app.c", "app.log", "app.v"}) {
    INFO(table);
    const std::string columns = std::string(table) == "app.log" ? "x,x"
                                : std::string(table) == "app.v" ? "id,id"
                                                                : "*";
    CHECK(rows_of(pair.mirror(), table, columns) == rows_of(pair.source(), table, columns));
  }
}

std::vector<PairOptions> pairs_here() {
  std::vector<PairOptions> out;
  for (const PairOptions& options : all_pairs()) {
    if (require_server(options.source) && require_server(options.mirror)) out.push_back(options);
  }
  return out;
}

}  // namespace

TEST_CASE("a dump is loaded, and the log followed from its snapshot") {
  const std::vector<std::pair<std::string, std::string>> ways{
      {"--routines --triggers --events --databases app", "dump.sql"},
      {"--skip-extended-insert --hex-blob app", "dump.sql.gz"}};
  for (const PairOptions& options : pairs_here()) {
    for (const auto& [how, name] : ways) {
      INFO(name_of(options) << " " << how);
      MirrorPair& pair = fresh(options, kProduction);
      write_file(pair.file("dump.sql"), dump(pair, how), 0600);
      if (name.ends_with(".gz")) run_or_throw({"gzip", "-f", pair.file("dump.sql")});
      pair.source().sql(
          "INSERT INTO app.t (s) VALUES ('behind it'); CALL app.p(); UPDATE app.c SET n=n+1; "
          "ALTER TABLE app.c ADD COLUMN k INT");
      const ProcessResult loaded = pair.load({"baseline", "--from-dump", pair.file(name)});
      INFO(loaded.out << loaded.err);
      REQUIRE(loaded.exit_code == 0);
      CHECK_THAT(loaded.out, Catch::Contains("loaded 3 tables, 4 rows"));
      // Before any comparison: the replay alone brings what came behind the snapshot, and once.
      CHECK(pair.mirror().sql("SELECT n FROM app.c") == "0\n");
      pair.write_load_config(pair.url(), "", R"(, "verify": {"in_sync": false})");
      pair.load({"sync"});
      check_same(pair);
      pair.write_load_config(pair.url(), "", "");
      const ProcessResult synced = pair.load({"sync"});
      INFO(synced.out << synced.err);
      CHECK(synced.exit_code == 0);
      check_same(pair);
      CHECK(pair.mirror().sql("SELECT STATUS FROM information_schema.EVENTS WHERE EVENT_SCHEMA='app'") ==
            "DISABLED\n");
      CHECK(pair.mirror().sql("SELECT reason FROM dw_meta.suspects WHERE cleared_at IS NULL").empty());
      CHECK(pair.mirror().sql("SELECT message, statement FROM dw_meta.failures").empty());
      CHECK(pair.mirror().sql("SELECT COUNT(*) FROM dw_meta.baseline") == "0\n");
    }
  }
}

TEST_CASE("a dump that is not found in the log, or is cut off, changes nothing") {
  const PairOptions options = all_pairs().front();
  if (!require_server(options.source)) return;
  MirrorPair& pair = fresh(options, kProduction);
  const std::string text = dump(pair, "app");
  write_file(pair.file("cut.sql"), text.substr(0, text.size() / 2), 0600);
  const ProcessResult cut = pair.load({"baseline", "--from-dump", pair.file("cut.sql")});
  CHECK(cut.exit_code == 1);
  CHECK_THAT(cut.err, Catch::Contains("its last line is missing"));
  write_file(pair.file("dump.sql"), text, 0600);
  pair.source().sql("TRUNCATE TABLE mysql.general_log");
  const ProcessResult lost = pair.load({"baseline", "--from-dump", pair.file("dump.sql")});
  CHECK(lost.exit_code == 4);
  CHECK_THAT(lost.err, Catch::Contains("no session of production's log") && Catch::Contains("--since TIME"));
  CHECK(pair.mirror().sql("SHOW DATABASES LIKE 'app'").empty());
  CHECK(pair.mirror().sql("SHOW DATABASES LIKE 'dw_meta'").empty());
  // The operator says since when: what the log lacks the comparison brings.
  pair.source().sql("UPDATE app.c SET n=5");
  run_or_throw({"zstd", "-q", "-f", pair.file("dump.sql")});
  const ProcessResult since =
      pair.load({"baseline", "--from-dump", pair.file("dump.sql.zst"), "--since", "2026-01-01T00:00:00Z"});
  INFO(since.err);
  CHECK(since.exit_code == 0);
  pair.load({"verify", "--repair"});
  pair.sync();
  check_same(pair);
}

TEST_CASE("a load that is killed is begun anew; stdin will do") {
  const PairOptions options = all_pairs().front();
  if (!require_server(options.source)) return;
  MirrorPair& pair = fresh(options, kProduction);
  for (int i = 0; i < 14; ++i)
    pair.source().sql("INSERT INTO app.log SELECT id FROM app.t UNION ALL SELECT x FROM app.log");
  write_file(pair.file("dump.sql"), dump(pair, "app"), 0600);
  Process run = pair.start_load({"baseline", "--from-dump", pair.file("dump.sql")});
  while (run.running() &&
         pair.mirror().sql("SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA='app'") ==
             "0\n") {
  }
  run.kill9();
  CHECK(pair.load({"sync"}).exit_code == 3);  // nothing to follow yet
  const ProcessResult again =
      dw::test::run({"sh", "-c",
                     std::string(DW_LOAD_PROGRAM) + " baseline --from-dump - --config " +
                         pair.file("load.json").string() + " < " + pair.file("dump.sql").string()});
  INFO(again.err);
  CHECK(again.exit_code == 0);
  pair.source().sql("UPDATE app.c SET n=n+1");
  pair.sync();
  check_same(pair);
}
