// Statements that stored programs ran are in the log beside what set them off: the mirror runs each once.

#include <chrono>
#include <string>
#include <thread>

#include "tests/support/catch.h"
#include "tests/support/mirror_pair.h"

using namespace dw::test;

namespace {

constexpr const char* kTables =
    "DROP DATABASE IF EXISTS app; CREATE DATABASE app; USE app; "
    "CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, a VARCHAR(20) UNIQUE, n INT DEFAULT 0); "
    "CREATE TABLE audit (id INT AUTO_INCREMENT PRIMARY KEY, w VARCHAR(60), x INT); "
    "CREATE TABLE audit2 (id INT AUTO_INCREMENT PRIMARY KEY, w VARCHAR(60)); "
    "CREATE TABLE c (id INT PRIMARY KEY, n INT); INSERT INTO c VALUES (1, 0); "
    "CREATE TABLE u (id INT PRIMARY KEY, v VARCHAR(20))";

constexpr const char* kTriggers =
    "CREATE TRIGGER t_bi BEFORE INSERT ON t FOR EACH ROW SET @seen = NEW.a, NEW.n = IFNULL(NEW.n, 0) + 1//\n"
    "CREATE TRIGGER t_ai AFTER INSERT ON t FOR EACH ROW BEGIN DECLARE k INT DEFAULT 3; /* one */ insert into "
    "audit (w, x)   values (concat('ins', NEW.a), k); -- two\n"
    " SELECT COUNT(*) INTO k FROM audit2; IF k > 2 THEN UPDATE c SET n=n+1; ELSE UPDATE c SET n = n + 10; "
    "END "
    "IF; END//\n"
    "CREATE TRIGGER t_au AFTER UPDATE ON t FOR EACH ROW insert into audit (w) values (concat(OLD.a, "
    "NEW.a))//\n"
    "CREATE TRIGGER t_ad AFTER DELETE ON t FOR EACH ROW insert into audit (w) values (concat('del', "
    "OLD.a))//\n"
    "CREATE TRIGGER audit_ai AFTER INSERT ON audit FOR EACH ROW insert into audit2 (w) values ('nested')//\n";

constexpr const char* kFunctions =
    "CREATE FUNCTION f(x INT) RETURNS INT MODIFIES SQL DATA BEGIN DECLARE loc VARCHAR(10) DEFAULT 'ab''c'; "
    "DECLARE d DECIMAL(10,2) DEFAULT 1.5; DECLARE nn INT; insert into audit (w, x) values (loc, X); insert "
    "into "
    "audit (w, x) values (d, nn); insert into audit (w, x) select 'sel', x + 1 from c c1 where c1.n >= `x` - "
    "1000 limit x; SET @last = x; UPDATE c SET n=n+1; RETURN (SELECT MAX(id) FROM audit); END//\n"
    "CREATE FUNCTION g(x INT) RETURNS INT MODIFIES SQL DATA RETURN f(x) + 1//\n"
    "CREATE FUNCTION h(x INT) RETURNS INT MODIFIES SQL DATA BEGIN DECLARE i INT DEFAULT 0; DECLARE done INT "
    "DEFAULT 0; DECLARE v INT; DECLARE cur CURSOR FOR SELECT n FROM c; DECLARE CONTINUE HANDLER FOR NOT "
    "FOUND "
    "BEGIN SET done = 1; UPDATE c SET n=n+100; END; OPEN cur; WHILE done = 0 DO FETCH cur INTO v; SET i = i "
    "+ "
    "1; CASE i WHEN 1 THEN UPDATE c SET n=n+1; ELSE DO 1; END CASE; END WHILE; CLOSE cur; DELETE FROM u "
    "WHERE "
    "id = x; REPLACE INTO u VALUES (x, 'r'); RETURN i; END//\n";

constexpr const char* kProcedures =
    "CREATE PROCEDURE q() UPDATE c SET n=n+5//\n"
    "CREATE PROCEDURE p(x INT) BEGIN DECLARE v INT DEFAULT 4; INSERT INTO audit (w, x) VALUES ('p', x); SET "
    "v = "
    "f(v); PREPARE s FROM 'insert into audit2 (w) values (''prepared'')'; EXECUTE s; DEALLOCATE PREPARE s; "
    "INSERT INTO t (a) VALUES (CONCAT('p', x)); CALL q(); END//\n"
    "CREATE TRIGGER u_ai AFTER INSERT ON u FOR EACH ROW CALL q()//\n";

// One pair of servers for all cases; each begins with the same tables.
class Stage {
 public:
  explicit Stage(const PairOptions& options) : pair_(options) {}

  // The command line client ends a statement at // here, not at each semicolon.
  void begin(const std::string& programs) {
    pair_.source().sql(kTables);
    pair_.source().sql("DELIMITER //\n" + programs, "app");
    (void)pair_.load({"sync"});
    pair_.mirror().sql(
        "DELETE FROM dw_meta.failures; DELETE FROM dw_meta.suspects; DELETE FROM dw_meta.batches");
  }
  void run(const std::string& sql) { pair_.source().sql(sql, "app"); }

  // Brings the mirror up to date, and compares. `inner`: how many rows of the log must be inner.
  void check(int inner, const std::string& failures = "0\n") {
    const ProcessResult result = pair_.load({"sync"});
    const std::string failed =
        pair_.mirror().sql("SELECT error, message, statement FROM dw_meta.failures ORDER BY id LIMIT 5");
    CAPTURE(result.err, failed);
    for (const char* table : {"t", "audit", "audit2", "c", "u"}) {
      CAPTURE(table);
      const std::string name = std::string("app.") + table;
      CHECK(rows_of(pair_.mirror(), name) == rows_of(pair_.source(), name));
    }
    CHECK(pair_.mirror().sql("SELECT SUM(`inner`) FROM dw_meta.batches") == std::to_string(inner) + "\n");
    CHECK(pair_.mirror().sql("SELECT COUNT(*) FROM dw_meta.failures") == failures);
  }
  std::string suspects() {
    return pair_.mirror().sql("SELECT DISTINCT table_name FROM dw_meta.suspects ORDER BY 1");
  }
  MirrorPair& pair() { return pair_; }

 private:
  MirrorPair pair_;
};

template <typename Play>
void on_every_pair(const Play& play) {
  for (PairOptions options : all_pairs()) {
    if (!require_server(options.source) || !require_server(options.mirror)) continue;
    DYNAMIC_SECTION(name_of(options)) {
      options.retention = "none";
      // Whatever the mirror's scheduler, its events must not run.
      options.mirror_server = {"--event-scheduler=ON"};
      Stage stage(options);
      play(stage);
    }
  }
}

void wait_for(DatabaseServer& server, const std::string& query) {
  for (int i = 0; i < 400; ++i) {
    if (server.sql("SET sql_log_off=1; " + query) != "0\n") return;
    std::this_thread::sleep_for(std::chrono::milliseconds(25));
  }
  FAIL("the event did not run");
}

}  // namespace

TEST_CASE("what triggers run is not run again") {
  on_every_pair([](Stage& stage) {
    stage.begin(kTriggers);
    stage.run("INSERT INTO t (a) VALUES ('one'); INSERT INTO t (a) VALUES ('two'), ('three')");
    // SET, insert, insert (nested), update; the SELECT … INTO is a read
    stage.check(12);
    stage.run("UPDATE t SET a='uno' WHERE a='one'; UPDATE t JOIN c SET t.a='dos' WHERE t.a='two'");
    stage.run("INSERT INTO t (id, a) VALUES (1, 'x') ON DUPLICATE KEY UPDATE a='dup'");
    stage.run("REPLACE INTO t (id, a) VALUES (2, 'new'); DELETE t FROM t JOIN c WHERE t.id=3; DELETE FROM t");
    stage.check(12 + 4 + 3 + 6 + 2 + 4);
    CHECK(stage.suspects() == "c\n");  // IF … THEN: whether it ran, the text does not tell

    stage.run(
        "CREATE VIEW vt AS SELECT id, a FROM t; INSERT INTO vt (a) VALUES ('view'); UPDATE vt SET a='v2'");
    stage.run(
        "BEGIN; INSERT INTO t (a) VALUES ('undone'); ROLLBACK; INSERT IGNORE INTO t (a) VALUES ('v2'), "
        "('v3')");
    stage.run("PREPARE s FROM 'INSERT INTO t (a) VALUES (?)'; SET @a='prepared'; EXECUTE s USING @a");
    stage.run("SET autocommit=0; INSERT INTO t (a) VALUES ('open'); COMMIT");
    stage.check(31 + 6 + 4 + 5 + 4 + 4);
  });
}

TEST_CASE("a client may send what a trigger sends") {
  on_every_pair([](Stage& stage) {
    stage.begin("CREATE TRIGGER t_ai AFTER INSERT ON t FOR EACH ROW update c set n=n+1//\n");
    stage.run("INSERT INTO t (a) VALUES ('1'), ('2'); update c set n=n+1; update c set n=n+1");
    stage.run("CREATE TRIGGER t_au AFTER UPDATE ON t FOR EACH ROW update c set n=n+1");
    stage.check(2);
    CHECK(stage.suspects().empty());
    stage.run("UPDATE t SET n=5");
    stage.check(4);
    CHECK(stage.suspects() == "c\n");  // two rows, or one and the client's: the text does not tell
  });
}

TEST_CASE("what functions run is not run again") {
  on_every_pair([](Stage& stage) {
    stage.begin(kFunctions);
    stage.run("SELECT f(5); DO f(6); SET @r = f(7); INSERT INTO u VALUES (f(8), 'u'); SELECT g(9)");
    stage.run("UPDATE t SET n = f(1); INSERT INTO t (a, n) VALUES ('f', f(2)); UPDATE t SET n = f(3)");
    stage.check(5 * 7);
    stage.run("SELECT h(11)");
    stage.check(35 + 5);
  });
}

TEST_CASE("procedures run once, and what they fire") {
  on_every_pair([](Stage& stage) {
    stage.begin(std::string(kFunctions) + kProcedures);
    stage.run("CALL p(1); CALL q(); INSERT INTO u VALUES (1, 'x'); CALL p(f(2))");
    stage.check(1 + 5);
    if (stage.pair().options().source != ServerKind::mariadb) return;
    stage.run("SET SESSION log_disabled_statements=''; CALL p(3); CALL q(); CALL q()");
    stage.run("SET GLOBAL log_disabled_statements=''; INSERT INTO u VALUES (2, 'y')");
    stage.run("CALL p(4); UPDATE c SET n=n+5");
    const int inner_of_p = 1 + 5 + 3 + 1 + 2;  // insert, f, PREPARE and so on, insert, CALL q and its update
    stage.check(6 + inner_of_p + 2 + 1 + inner_of_p);
    stage.run("SET GLOBAL log_disabled_statements='sp'");
  });
}

TEST_CASE("a statement and what it ran may come in two batches") {
  on_every_pair([](Stage& stage) {
    stage.begin(std::string(kTriggers) + kFunctions);
    stage.pair().write_load_config(stage.pair().url(), R"(, "max_batch_bytes": 1000)", "");
    stage.run("INSERT INTO t (a) VALUES ('1'), ('2'), ('3'), ('4'), ('5'); SELECT f(5); UPDATE t SET n=1");
    stage.check(5 * 4 + 5 + 3 + 10);
  });
}

TEST_CASE("what the mirror has no body for is not run") {
  on_every_pair([](Stage& stage) {
    stage.begin("");
    stage.run(
        "SET sql_log_off=1; CREATE TRIGGER hidden AFTER INSERT ON u FOR EACH ROW INSERT INTO audit (w) "
        "VALUES "
        "(NEW.v); SET sql_log_off=0; INSERT INTO u VALUES (1, 'v')");
    CHECK(stage.pair().load({"sync"}).exit_code == 3);
    CHECK(stage.suspects() == "\naudit\n");  // the first: everything, for the session hid itself
    CHECK(stage.pair().mirror().sql("SELECT COUNT(*) FROM app.audit") == "0\n");
  });
}

TEST_CASE("scheduled events run in their schema, and never by themselves on the mirror") {
  on_every_pair([](Stage& stage) {
    stage.begin(
        std::string(kTriggers) +
        "CREATE FUNCTION k(x INT) RETURNS INT MODIFIES SQL DATA BEGIN UPDATE c SET n=n+x; RETURN x; END//\n"
        "CREATE PROCEDURE r() INSERT INTO u VALUES (9, 'by r')//\n");
    stage.run("SET GLOBAL event_scheduler=ON");
    // One behind the other: at the same time their rows' ids would be anyone's.
    stage.run(
        "CREATE EVENT one ON SCHEDULE AT CURRENT_TIMESTAMP ON COMPLETION PRESERVE DO INSERT INTO t (a) "
        "VALUES ('by one')");
    wait_for(stage.pair().source(), "SELECT COUNT(*)=1 FROM app.t");
    stage.run(
        "DELIMITER //\nCREATE EVENT many ON SCHEDULE EVERY 1 DAY COMMENT 'enable' DO BEGIN DECLARE v INT "
        "DEFAULT 3; INSERT INTO t (a, n) VALUES ('by many', v); SET v = k(7); UPDATE c SET n=n+v; CALL r(); "
        "INSERT INTO u VALUES (99, 'end'); END//\n");
    wait_for(stage.pair().source(), "SELECT COUNT(*)=2 FROM app.u");
    stage.run("CREATE EVENT gone ON SCHEDULE AT CURRENT_TIMESTAMP DO INSERT INTO u VALUES (98, 'once')");
    wait_for(stage.pair().source(), "SELECT COUNT(*)=3 FROM app.u");
    stage.run("SET GLOBAL event_scheduler=OFF; ALTER EVENT many DISABLE; ALTER EVENT many ENABLE");
    stage.check(2 * 4);
    CHECK(stage.pair().mirror().sql(
              "SELECT EVENT_NAME, STATUS FROM information_schema.EVENTS WHERE EVENT_SCHEMA='app' "
              "AND STATUS<>'DISABLED'") == "");
  });
}
