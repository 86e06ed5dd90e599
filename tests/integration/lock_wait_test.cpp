// Statements that wait for another session's LOCK TABLES: the log has them where they were received, the
// mirror runs them where they ran. gh-ost's cut-over is made of one.

#include <algorithm>
#include <chrono>
#include <thread>

#include "tests/support/catch.h"
#include "tests/support/client.h"
#include "tests/support/mirror_pair.h"

using namespace dw::test;

namespace {

constexpr const char* kQuiet =
    "SET sql_log_off=1; SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE ";

void await(DatabaseServer& server, const std::string& condition, const std::string& count) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (server.sql(kQuiet + condition) != count + "\n") {
    if (std::chrono::steady_clock::now() > deadline)
      throw std::runtime_error("not " + count + ": " + condition);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

// Until the server runs a statement with this in its text, which waits for a table.
void await_waiting(DatabaseServer& server, const std::string& text) {
  await(server, "STATE LIKE 'Waiting for table%' AND INFO LIKE '%" + text + "%'", "1");
}

// A session of production whose statements may have to wait.
class Waiter {
 public:
  explicit Waiter(MirrorPair& pair) : pair_(pair), client_(pair.source(), {.database = "app"}) {}
  ~Waiter() {
    if (running_.joinable()) client_.cut();  // a test that failed
    ended();
  }
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  // Returns when it waits.
  void begin(const std::string& sql) {
    running_ = std::thread([this, sql] { error_ = client_.query(sql); });
    await_waiting(pair_.source(), sql.substr(0, 18));
  }
  // Its error, 0 when it ran.
  unsigned ended() {
    if (running_.joinable()) running_.join();
    return error_;
  }
  Client& client() { return client_; }

 private:
  MirrorPair& pair_;
  Client client_;
  std::thread running_;
  unsigned error_ = 0;
};

void must(Client& client, const std::string& packet) {
  INFO(packet);
  const unsigned error = client.query(packet);
  INFO(client.error_message());
  REQUIRE(error == 0);
}

Client session(MirrorPair& pair) {
  return {pair.source(), {.database = "app"}};
}

std::string failures(MirrorPair& pair) {
  return pair.mirror().sql("SELECT statement, message FROM dw_meta.failures");
}

std::string held(MirrorPair& pair) {
  return pair.mirror().sql("SELECT COUNT(*) FROM dw_meta.held");
}

std::string suspects(MirrorPair& pair, const std::string& table) {
  return pair.mirror().sql("SELECT DISTINCT reason FROM dw_meta.suspects WHERE table_name='" + table + "'");
}

void check_equal(MirrorPair& pair, const std::vector<std::string>& tables) {
  const std::string names =
      "SELECT table_name FROM information_schema.tables WHERE table_schema='app' ORDER BY 1";
  CHECK(pair.mirror().sql(names) == pair.source().sql(names));
  for (const std::string& table : tables) {
    INFO(table);
    CHECK(rows_of(pair.mirror(), "app." + table) == rows_of(pair.source(), "app." + table));
  }
  CHECK(pair.mirror().sql("SELECT COUNT(*) FROM dw_meta.batches WHERE received <> applied+retained+withheld+"
                          "rolled_back+`inner`+ignored+failed") == "0\n");
  CHECK(held(pair) == "0\n");
}

void make_tables(MirrorPair& pair) {
  pair.source().sql(
      "USE app; DROP TABLE IF EXISTS t, t_old, t_new, w; CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, "
      "v "
      "VARCHAR(20)); CREATE TABLE t_new LIKE t; CREATE TABLE w LIKE t; INSERT INTO t (v) VALUES ('a'),('b'); "
      "INSERT INTO t_new (v) VALUES ('A'),('B')");
}

// Changes of definitions come before changes of rows, in whatever order they were sent.
void order_of_release(MirrorPair& pair) {
  Client locker = session(pair);
  Waiter rows(pair);
  Waiter swap(pair);
  Waiter more(pair);
  must(locker, "LOCK TABLES t WRITE");
  must(locker, "UPDATE t SET v='locked' WHERE id=1");
  rows.begin("INSERT INTO t (v) VALUES ('first')");
  swap.begin("RENAME TABLE t TO t_old, t_new TO t");
  more.begin("UPDATE t SET v=CONCAT(v,'+') WHERE id=2");
  pair.sync();
  CHECK(held(pair) == "3\n");
  must(locker, "INSERT INTO t (v) VALUES ('of the holder')");
  must(locker, "UNLOCK TABLES");
  CHECK(rows.ended() == 0);
  CHECK(swap.ended() == 0);
  CHECK(more.ended() == 0);
  CHECK(rows_of(pair.source(), "app.t") == "1\tA\n2\tB+\n3\tfirst\n");
  pair.sync();
  check_equal(pair, {"t", "t_old", "w"});
  CHECK_THAT(suspects(pair, "t"), Catch::Contains("the order is not known"));
  CHECK_THAT(suspects(pair, "t_old"), Catch::Contains("the order is not known"));
}

// READ keeps others from writing, and the holder may read.
void read_locks(MirrorPair& pair) {
  Client one = session(pair);
  Client two = session(pair);
  Waiter rows(pair);
  must(one, "LOCK TABLES t READ, w WRITE");
  must(two, "LOCK TABLES t READ");
  rows.begin("DELETE FROM t WHERE id=1");
  pair.sync();
  must(one, "INSERT INTO w SELECT * FROM t");
  must(one, "START TRANSACTION; COMMIT");
  pair.sync();
  CHECK(held(pair) == "1\n");
  must(two, "SELECT * FROM t; UNLOCK TABLES");
  CHECK(rows.ended() == 0);
  pair.sync();
  CHECK(rows_of(pair.mirror(), "app.w") == "1\ta\n2\tb\n");
  check_equal(pair, {"t", "w"});
}

// What its session does behind it sees what it did: LAST_INSERT_ID(), and a transaction around it.
void inside_a_transaction(MirrorPair& pair) {
  Client locker = session(pair);
  Waiter waiter(pair);
  must(locker, "LOCK TABLES t WRITE");
  must(waiter.client(), "SET @v='variable'; BEGIN; INSERT INTO w (v) VALUES ('before')");
  waiter.begin("INSERT INTO t (v) VALUES (@v)");
  must(locker, "INSERT INTO t (v) VALUES ('of the holder')");
  pair.sync();
  must(locker, "UNLOCK TABLES");
  CHECK(waiter.ended() == 0);
  must(waiter.client(), "INSERT INTO w (v) VALUES (LAST_INSERT_ID()); COMMIT");
  pair.sync();
  CHECK(rows_of(pair.source(), "app.t") == "1\ta\n2\tb\n3\tof the holder\n4\tvariable\n");
  check_equal(pair, {"t", "w"});
}

// The log has no row of that: the batch that tells of it is empty.
void holder_dies(MirrorPair& pair) {
  Client locker = session(pair);
  Waiter swap(pair);
  Waiter empties(pair);
  must(locker, "LOCK TABLES t WRITE, t_new WRITE, w WRITE");
  must(locker, "INSERT INTO t (v) VALUES ('of the holder'); INSERT INTO w (v) VALUES ('kept')");
  swap.begin("RENAME TABLE t TO t_old, t_new TO t");
  empties.begin("TRUNCATE TABLE w");
  pair.sync();
  CHECK(held(pair) == "2\n");
  locker.cut();
  CHECK(swap.ended() == 0);
  CHECK(empties.ended() == 0);
  pair.sync();
  check_equal(pair, {"t", "t_old", "w"});
  CHECK(pair.mirror().sql("SELECT v FROM app_all.w WHERE dw_reason='truncate'") == "kept\n");
  CHECK_THAT(suspects(pair, "t"), Catch::Contains("when that was unlocked the log does not tell"));
}

void killed_while_it_waits(MirrorPair& pair) {
  for (const bool whole_session : {true, false}) {
    Client locker = session(pair);
    Waiter swap(pair);
    must(locker, "LOCK TABLES t WRITE");
    swap.begin("RENAME TABLE t TO t_old, t_new TO t");
    pair.sync();
    const std::string thread = std::to_string(swap.client().thread_id());
    must(locker, std::string(whole_session ? "KILL " : "KILL QUERY ") + thread);
    CHECK(swap.ended() != 0);
    if (whole_session) await(pair.source(), "ID=" + thread, "0");
    must(locker, "INSERT INTO t (v) VALUES ('of the holder'); UNLOCK TABLES");
    pair.sync();
    check_equal(pair, {"t", "t_new"});
    CHECK_THAT(suspects(pair, "t"), Catch::Contains("and was killed"));
  }
}

// MariaDB notices at once, and the statement does not run; MySQL does when it has run.
void client_dies_while_it_waits(MirrorPair& pair) {
  Client locker = session(pair);
  Waiter swap(pair);
  must(locker, "LOCK TABLES t WRITE");
  swap.begin("RENAME TABLE t TO t_old, t_new TO t");
  const std::string connection = "ID=" + std::to_string(swap.client().thread_id());
  swap.client().cut();
  swap.ended();
  const bool notices = pair.options().source == ServerKind::mariadb;
  if (notices) await(pair.source(), connection, "0");
  pair.sync();
  CHECK(held(pair) == (notices ? "0\n" : "1\n"));
  must(locker, "UNLOCK TABLES");
  await(pair.source(), connection, "0");
  pair.sync();
  check_equal(pair, {"t"});
  CHECK_THAT(suspects(pair, "t"), Catch::Contains("ended without a word"));
}

void gives_up(MirrorPair& pair) {
  Client locker = session(pair);
  Waiter swap(pair);
  must(swap.client(), "SET lock_wait_timeout=3");
  must(locker, "LOCK TABLES t WRITE");
  must(locker, "UPDATE t SET v='locked' WHERE id=1");
  swap.begin("RENAME TABLE t TO t_old, t_new TO t");
  CHECK(swap.ended() == 1205);
  must(swap.client(), "INSERT INTO w (v) VALUES ('gave up')");
  pair.sync();
  CHECK(held(pair) == "0\n");
  must(locker, "UNLOCK TABLES");
  pair.sync();
  check_equal(pair, {"t", "t_new", "w"});
  CHECK_THAT(suspects(pair, "t"), Catch::Contains("and gave up"));
}

void lock_tables_failed(MirrorPair& pair) {
  Client locker = session(pair);
  Client other = session(pair);
  CHECK(locker.query("LOCK TABLES t WRITE, nosuch WRITE") != 0);
  must(locker, "INSERT INTO t (v) VALUES ('not locked')");
  must(other, "RENAME TABLE t TO t_old, t_new TO t");
  must(other, "INSERT INTO t (v) VALUES ('other')");
  must(locker, "UNLOCK TABLES");
  pair.sync();
  check_equal(pair, {"t", "t_old"});
}

}  // namespace

TEST_CASE("what waits for LOCK TABLES runs where it ran in production") {
  for (PairOptions options : all_pairs()) {
    INFO(name_of(options));
    if (!require_server(options.source) || !require_server(options.mirror)) continue;
    options.retention = "archive";
    MirrorPair pair(options);
    pair.source().sql("CREATE DATABASE app");
    for (const auto& play :
         {order_of_release, read_locks, inside_a_transaction, holder_dies, killed_while_it_waits,
          client_dies_while_it_waits, gives_up, lock_tables_failed}) {
      make_tables(pair);
      pair.sync();
      play(pair);
    }
    CHECK(failures(pair).empty());
  }
}

namespace {

enum class Meanwhile { nothing, sync, kill_early, kill_late };

// A text about the table t@, where @ is the round.
std::string in_round(std::string text, Meanwhile round) {
  const char digit = static_cast<char>('0' + static_cast<int>(round));
  std::replace(text.begin(), text.end(), '@', digit);
  return text;
}

void change_as_gh_ost_does(MirrorPair& pair, Meanwhile round) {
  pair.source().sql(
      in_round(
          "create /* gh-ost */ table `app`.`_t@_gho` like `app`.`t@`; alter /* gh-ost */ table "
          "`app`.`_t@_gho` ADD COLUMN w INT DEFAULT 7; insert /* gh-ost `app`.`t@` */ ignore into "
          "`app`.`_t@_gho` (`id`, `v`) (select `id`, `v` from `app`.`t@` force index (`PRIMARY`) where "
          "(((`id` > _binary'1') or ((`id` = _binary'1'))) and ((`id` < _binary'9') or ((`id` = "
          "_binary'9')))) lock in share mode); DELETE FROM t@ WHERE id=2; UPDATE t@ SET v='changed' WHERE "
          "id=3; START TRANSACTION; delete /* gh-ost `app`.`_t@_gho` */ from `app`.`_t@_gho` where ((`id` "
          "= 2)); update /* gh-ost `app`.`_t@_gho` */ `app`.`_t@_gho` set `id`=3, `v`=_binary'changed' "
          "where ((`id` = 3)); replace /* gh-ost `app`.`_t@_gho` */ into `app`.`_t@_gho` (`id`, `v`) "
          "values (4, _binary'd'); COMMIT",
          round),
      "app");
}

// dw-load is killed while its RENAME waits for a table that somebody reads; or when it has run, before that
// could be noted: the next step waits for dw_meta.archives.
void kill_in_it(MirrorPair& pair, Meanwhile round) {
  Client reader(pair.mirror(), {.database = "app"});
  Client archives(pair.mirror(), {.database = "dw_meta"});
  REQUIRE(reader.query(in_round("BEGIN; SELECT * FROM t@", round)) == 0);
  Process run = pair.start_load({"sync"});
  await_waiting(pair.mirror(), "rename /* gh-ost");
  if (round == Meanwhile::kill_late) {
    REQUIRE(archives.query("LOCK TABLES archives WRITE") == 0);
    REQUIRE(reader.query("COMMIT") == 0);
    await_waiting(pair.mirror(), "dw_meta.archives");
  }
  run.kill9();
}

// The cut-over of gh-ost 1.1 (its doc/cut-over.md and go/logic/applier.go): the RENAME is sent, and logged,
// while a table stands where it renames to and another session locks both; it runs when that is gone, and
// before what the application wants of the table.
void cut_over(MirrorPair& pair, Meanwhile round) {
  Client locker = session(pair);
  Waiter application(pair);
  Waiter renamer(pair);
  must(locker, in_round("create /* gh-ost */ table `app`.`_t@_del` (id int auto_increment primary key) "
                        "engine=InnoDB comment='ghost-cut-over-sentry'",
                        round));
  must(locker, in_round("lock /* gh-ost */ tables `app`.`t@` write, `app`.`_t@_del` write", round));
  if (round != Meanwhile::nothing)
    application.begin(in_round("INSERT INTO t@ (v) VALUES ('meanwhile')", round));
  renamer.begin(in_round(
      "rename /* gh-ost */ table `app`.`t@` to `app`.`_t@_del`, `app`.`_t@_gho` to `app`.`t@`", round));
  if (round != Meanwhile::nothing) pair.sync();
  must(locker, in_round("drop /* gh-ost */ table if exists `app`.`_t@_del`", round));
  // Time for the RENAME to go from waiting for t@_del to waiting for t@, before the application gets at that.
  if (round != Meanwhile::nothing) pair.sync();
  must(locker, "unlock tables");
  CHECK(renamer.ended() == 0);
  CHECK(application.ended() == 0);
  if (round == Meanwhile::kill_early || round == Meanwhile::kill_late) kill_in_it(pair, round);
}

void gh_ost(MirrorPair& pair, Meanwhile round) {
  const auto sql = [&](const std::string& text) { pair.source().sql(in_round(text, round), "app"); };
  sql("CREATE TABLE t@ (id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(20)); INSERT INTO t@ (v) VALUES "
      "('a'),('b'),('c'),('d')");
  pair.sync();
  change_as_gh_ost_does(pair, round);
  cut_over(pair, round);
  sql("DELETE FROM t@ WHERE id=4; INSERT INTO t@ (v) VALUES ('e'); drop /* gh-ost */ table if exists "
      "`app`.`_t@_del`");
  pair.sync();
  check_equal(pair, {in_round("t@", round)});
  // What left the table, and what left the new one while it was filled.
  CHECK(pair.mirror().sql(in_round("SELECT id, v, w, dw_reason FROM app_all.t@ WHERE dw_deleted_at IS NOT "
                                   "NULL ORDER BY id, dw_deleted_at, w",
                                   round)) ==
        "2\tb\tNULL\tdelete\n2\tb\t7\tdelete\n4\td\t7\treplace\n4\td\t7\tdelete\n");
}

}  // namespace

TEST_CASE("gh-ost: the table's history goes on") {
  for (PairOptions options : all_pairs()) {
    INFO(name_of(options));
    if (!require_server(options.source) || !require_server(options.mirror)) continue;
    options.retention = "archive";
    MirrorPair pair(options);
    pair.source().sql("CREATE DATABASE app");
    for (const Meanwhile round :
         {Meanwhile::nothing, Meanwhile::sync, Meanwhile::kill_early, Meanwhile::kill_late}) {
      INFO("round " << static_cast<int>(round));
      gh_ost(pair, round);
    }
    CHECK(failures(pair).empty());
  }
}
