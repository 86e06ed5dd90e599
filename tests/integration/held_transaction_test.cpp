// Transactions that stay open do not stop the mirror: they are set aside, and take place when they end.

#include <chrono>
#include <thread>

#include "tests/support/catch.h"
#include "tests/support/client.h"
#include "tests/support/mirror_pair.h"

using namespace dw::test;

namespace {

constexpr const char* kHoldAtOnce = R"(, "hold_after_seconds": 0)";

bool servers_there(const PairOptions& options) {
  return require_server(options.source) && require_server(options.mirror);
}

void must(Client& client, const std::string& packet) {
  INFO(packet);
  const unsigned error = client.query(packet);
  INFO(client.error_message());
  REQUIRE(error == 0);
}

// Production and mirror, with one table for each scenario.
class Stage {
 public:
  explicit Stage(PairOptions options) : pair_(with_hold(std::move(options))) {
    pair_.source().sql("CREATE DATABASE app");
  }

  MirrorPair& pair() { return pair_; }
  Client client() { return {pair_.source(), {.database = "app"}}; }
  void make_table(const std::string& name) {
    table_ = name;
    pair_.source().sql("CREATE TABLE app." + name + " (id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(60))");
  }
  std::string source(const std::string& columns = "*") {
    return rows_of(pair_.source(), "app." + table_, columns);
  }
  std::string mirror(const std::string& columns = "*") {
    return rows_of(pair_.mirror(), "app." + table_, columns);
  }
  std::string on_mirror(const std::string& sql) { return pair_.mirror().sql(sql); }
  // Another session's work arrives, whatever is open.
  void others_write(const std::string& value) {
    pair_.source().sql("INSERT INTO " + table_ + " (v) VALUES ('" + value + "')", "app");
    pair_.sync();
    CHECK(mirror() == source());
  }
  std::string held() { return on_mirror("SELECT COUNT(DISTINCT transaction_key) FROM dw_meta.held"); }
  std::string suspects() {
    return on_mirror("SELECT COUNT(*) FROM dw_meta.suspects WHERE table_name='" + table_ +
                     "' AND reason LIKE 'held back%'");
  }
  // The transaction has ended: the mirror is production's, and every statement has one outcome.
  void check_ended() {
    pair_.sync();
    CHECK(mirror() == source());
    CHECK(held() == "0\n");
    CHECK(on_mirror("SELECT COUNT(*) FROM dw_meta.batches WHERE received <> applied+retained+withheld+"
                    "rolled_back+`inner`+ignored+failed") == "0\n");
    CHECK(on_mirror("SELECT COUNT(*) FROM dw_meta.failures") == "0\n");
  }
  // The server has noticed that the client is gone.
  void await_end_of(std::uint64_t thread) {
    const std::string sql =
        "SET sql_log_off=1; SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE ID=" +
        std::to_string(thread);
    while (pair_.source().sql(sql) != "0\n") std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }

 private:
  static PairOptions with_hold(PairOptions options) {
    options.retention = "none";
    options.load_extra = kHoldAtOnce;
    return options;
  }

  MirrorPair pair_;
  std::string table_;
};

void committed(Stage& stage) {
  stage.make_table("committed");
  Client open = stage.client();
  must(open,
       "BEGIN; SAVEPOINT first; INSERT INTO committed (v) VALUES ('one'), ('two'); SAVEPOINT s; INSERT INTO "
       "committed (v) VALUES ('undone')");
  stage.others_write("other 1");
  CHECK(stage.held() == "1\n");
  CHECK_THAT(stage.pair().sync().out, Catch::Contains("1 transaction held since"));
  CHECK_THAT(stage.pair().load({"status", "--json"}).out, Catch::Contains("\"transactions\": 1"));
  must(open, "ROLLBACK TO s; SET sql_mode='ANSI_QUOTES'");
  must(open, "INSERT INTO \"committed\" (v) VALUES ('three')");
  stage.others_write("other 2");
  CHECK(open.query("ROLLBACK TO nosuch") != 0);
  must(open, "UPDATE committed SET v='four' WHERE id=2");
  stage.others_write("other 3");
  must(open, "COMMIT");
  stage.check_ended();
  CHECK(stage.suspects() == "1\n");
}

void rolled_back(Stage& stage) {
  stage.make_table("undone");
  Client open = stage.client();
  must(open, "START TRANSACTION; INSERT INTO undone (v) VALUES ('never'), ('never')");
  stage.others_write("other 1");
  must(open, "INSERT INTO undone (v) VALUES ('never')");
  stage.others_write("other 2");
  must(open, "ROLLBACK");
  stage.others_write("behind");
  stage.check_ended();
  CHECK(stage.suspects() == "0\n");
}

void ended_by_ddl(Stage& stage) {
  stage.make_table("by_ddl");
  Client open = stage.client();
  must(open, "SET autocommit=0; INSERT INTO by_ddl (v) VALUES ('kept')");
  stage.others_write("other");
  must(open, "INSERT INTO by_ddl (v) VALUES ('too')");
  must(open, "CREATE TABLE made_inside (a INT); INSERT INTO by_ddl (v) VALUES ('open again')");
  stage.others_write("other 2");
  CHECK(stage.held() == "1\n");
  must(open, "ROLLBACK");
  stage.check_ended();
}

void client_dies(Stage& stage) {
  stage.make_table("dies");
  Client open = stage.client();
  const std::uint64_t thread = open.thread_id();
  must(open, "BEGIN; INSERT INTO dies (v) VALUES ('ghost')");
  stage.others_write("other");
  CHECK(stage.held() == "1\n");
  open.cut();
  stage.await_end_of(thread);
  stage.others_write("behind");
  stage.check_ended();
}

void prepared(Stage& stage) {
  stage.make_table("xa_table");
  {
    Client open = stage.client();
    const std::uint64_t thread = open.thread_id();
    must(open, "XA START 'ab', 'cd'; INSERT INTO xa_table (v) VALUES ('prepared')");
    stage.others_write("other 1");
    must(open, "INSERT INTO xa_table (v) VALUES ('too'); XA END X'6162', 'cd'; XA PREPARE 'ab', 'cd', 1");
    stage.others_write("other 2");
    open = stage.client();
    stage.await_end_of(thread);
  }
  stage.others_write("other 3");
  CHECK(stage.held() == "1\n");
  stage.pair().source().sql("XA COMMIT 0x6162, 'cd'");
  stage.check_ended();
  CHECK(stage.suspects() == "1\n");
}

// A batch of 64 KiB cannot hold it: it is set aside without waiting for its time.
void too_large(Stage& stage) {
  stage.make_table("large");
  stage.pair().write_load_config(stage.pair().url(), R"(, "max_batch_bytes": 65536)",
                                 R"(, "hold_after_seconds": 86400)");
  Client open = stage.client();
  must(open, "BEGIN");
  const std::string filler(50, 'x');
  for (int i = 0; i < 1500; ++i)
    must(open, "INSERT INTO large (v) VALUES ('" + std::to_string(i) + filler + "')");
  stage.others_write("other");
  CHECK(stage.held() == "1\n");
  must(open, "DELETE FROM large WHERE id % 3 = 0; COMMIT");
  stage.check_ended();
  stage.pair().write_load_config(stage.pair().url(), "", kHoldAtOnce);
}

void loader_killed(Stage& stage) {
  stage.make_table("killed");
  Client open = stage.client();
  must(open, "BEGIN");
  for (int i = 0; i < 400; ++i) must(open, "INSERT INTO killed (v) VALUES ('" + std::to_string(i) + "')");
  for (int kills = 0; kills < 6; ++kills) {
    if (kills == 3) must(open, "COMMIT");
    stage.pair().source().sql("INSERT INTO killed (v) VALUES ('other')", "app");
    Process run = stage.pair().start_load({"sync"});
    std::this_thread::sleep_for(std::chrono::milliseconds(20 + 25 * kills));  // the instant is the subject
    run.kill9();
  }
  stage.check_ended();
  CHECK(stage.suspects() <= "1\n");
}

// Each row of the log in a batch of its own: what the trigger of a held statement ran is in the next one.
void trigger_behind_a_cut(Stage& stage) {
  stage.make_table("fires");
  stage.pair().source().sql(
      "CREATE TABLE fired (id INT AUTO_INCREMENT PRIMARY KEY, n INT); CREATE TRIGGER fires_ai AFTER INSERT "
      "ON "
      "fires FOR EACH ROW INSERT INTO fired (n) VALUES (1)",
      "app");
  stage.pair().sync();
  stage.pair().write_load_config(stage.pair().url(), R"(, "max_batch_bytes": 1)", kHoldAtOnce);
  Client open = stage.client();
  must(open, "BEGIN; INSERT INTO fires (v) VALUES ('one')");
  stage.others_write("other");
  CHECK(stage.held() == "1\n");
  must(open, "COMMIT");
  stage.check_ended();
  CHECK(stage.on_mirror("SELECT COUNT(*) FROM app.fired") == "2\n");
  stage.pair().write_load_config(stage.pair().url(), "", kHoldAtOnce);
}

// What a function of a SET changes is its transaction's: not there before COMMIT, never behind ROLLBACK.
void function_of_a_set(Stage& stage) {
  stage.make_table("by_function");
  stage.pair().source().sql(
      "CREATE TABLE added (v VARCHAR(60) PRIMARY KEY);\nDELIMITER //\nCREATE FUNCTION adds(what VARCHAR(60)) "
      "RETURNS INT DETERMINISTIC MODIFIES SQL DATA BEGIN "
      "INSERT INTO added VALUES (what); RETURN 7; END//",
      "app");
  Client open = stage.client();
  must(open, "BEGIN; INSERT INTO by_function (v) VALUES ('first'); SET @seven = adds('never')");
  stage.others_write("other 1");
  CHECK(stage.held() == "1\n");
  must(open, "ROLLBACK");
  stage.check_ended();
  must(open, "BEGIN; INSERT INTO by_function (v) VALUES ('second'); SET @seven = adds('kept') + 1");
  must(open, "INSERT INTO by_function (v) VALUES (CONCAT('in the transaction ', @seven))");
  stage.others_write("other 2");
  CHECK(stage.on_mirror("SELECT * FROM app.added").empty());
  must(open, "COMMIT; INSERT INTO by_function (v) VALUES (CONCAT('behind it ', @seven))");
  stage.check_ended();
  CHECK(stage.on_mirror("SELECT * FROM app.added") == "kept\n");
}

// The held transaction needs a temporary table back, which commits what ran of it; then it is tried again.
void temporary_table_and_deadlocks(Stage& stage) {
  stage.make_table("counted");
  stage.pair().source().sql("INSERT INTO counted (v) VALUES (''); CREATE TABLE blocked (n INT)", "app");
  Client open = stage.client();
  must(open,
       "CREATE TEMPORARY TABLE mine (v VARCHAR(60)); INSERT INTO mine VALUES ('own'); BEGIN; UPDATE counted "
       "SET v = CONCAT(v, '+') WHERE id = 1; INSERT INTO counted (v) SELECT v FROM mine; INSERT INTO blocked "
       "VALUES (1)");
  stage.others_write("other");
  stage.pair().sync();
  stage.on_mirror(
      "CREATE TRIGGER app.refuses BEFORE INSERT ON app.blocked FOR EACH ROW SIGNAL SQLSTATE '40001' SET "
      "MYSQL_ERRNO = 1213");
  must(open, "COMMIT");
  CHECK(stage.pair().load({"sync"}).exit_code == 7);
  stage.on_mirror("DROP TRIGGER app.refuses");
  stage.pair().sync();
  CHECK(stage.on_mirror("SELECT v FROM app.counted WHERE id = 1") == "+\n");
  CHECK(stage.held() == "0\n");
  // Known defect: the id that the INSERT … SELECT took is another session's by then. It fails, and says so.
  CHECK(stage.on_mirror("SELECT GROUP_CONCAT(error) FROM dw_meta.failures") == "1062\n");
  CHECK(stage.suspects() >= "1\n");
  stage.on_mirror("DELETE FROM dw_meta.failures");
}

// A MEMORY table keeps what was put into it to take ids.
void memory_table(Stage& stage) {
  stage.make_table("from_memory");
  Client open = stage.client();
  must(open,
       "CREATE TEMPORARY TABLE kept (v VARCHAR(60)) ENGINE=MEMORY; BEGIN; INSERT INTO kept VALUES ('x')");
  must(open, "INSERT INTO from_memory (v) SELECT v FROM kept");
  stage.pair().sync();
  must(open, "INSERT INTO from_memory (v) SELECT CONCAT(v, v) FROM kept; COMMIT");
  stage.pair().sync();
  CHECK(stage.mirror("v, 1") == stage.source("v, 1"));
}

// The second byte of the character is a backslash, and before it a version comment that the server skips.
void other_character_set(Stage& stage) {
  stage.make_table("characters");
  Client open = stage.client();
  must(open, "SET NAMES gbk; BEGIN");
  must(open, "INSERT INTO characters (v) VALUES /*!999999 ; */ ('\xD5\x5C')");
  stage.others_write("other");
  must(open, "COMMIT");
  stage.check_ended();
}

// With the right to see the process list and without: thread numbers begin anew, and no Quit row tells.
void server_restarts(Stage& stage) {
  stage.make_table("restart");
  stage.pair().source().sql("SET sql_log_off=1; REVOKE PROCESS ON *.* FROM dw_extract@'%'");
  Client open = stage.client();
  Client xa = stage.client();
  const auto connected = std::chrono::steady_clock::now();
  must(open, "BEGIN; INSERT INTO restart (v) VALUES ('never')");
  must(xa,
       "XA START 'survivor'; INSERT INTO restart (v) VALUES ('prepared'); XA END 'survivor'; XA PREPARE "
       "'survivor'");
  stage.others_write("other");
  CHECK(stage.held() == "2\n");
  // A start is known to the second: what connected within the last two before it is told from the process
  // list.
  std::this_thread::sleep_until(connected + std::chrono::milliseconds(2500));
  stage.pair().source().kill9();
  stage.pair().source().start_again();
  stage.others_write("behind");
  CHECK(stage.held() == "1\n");
  stage.pair().source().sql("XA COMMIT 'survivor'");
  stage.check_ended();
}

}  // namespace

TEST_CASE("transactions that stay open are set aside, and take place when they end") {
  for (const PairOptions& options : all_pairs()) {
    if (!servers_there(options)) continue;
    Stage stage(options);
    INFO(name_of(options));
    committed(stage);
    rolled_back(stage);
    ended_by_ddl(stage);
    client_dies(stage);
    prepared(stage);
    too_large(stage);
    loader_killed(stage);
    trigger_behind_a_cut(stage);
    function_of_a_set(stage);
    temporary_table_and_deadlocks(stage);
    memory_table(stage);
    other_character_set(stage);
    server_restarts(stage);
  }
}
