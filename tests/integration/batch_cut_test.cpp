// Where a log is cut into batches makes no difference: each row in a batch of its own gives the same mirror
// as all rows in one.

#include "tests/support/catch.h"
#include "tests/support/client.h"
#include "tests/support/mirror_pair.h"

using namespace dw::test;

namespace {

void must(Client& client, const std::string& packet) {
  INFO(packet);
  const unsigned error = client.query(packet);
  INFO(client.error_message());
  REQUIRE(error == 0);
}

constexpr const char* kTables[] = {"app.t", "app.audit", "app.total", "app.child"};

void define(Client& a) {
  must(a,
       "CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(60), s VARCHAR(10) DEFAULT '');"
       "CREATE TABLE audit (id INT AUTO_INCREMENT PRIMARY KEY, tid INT);"
       "CREATE TABLE total (id INT PRIMARY KEY, n INT); INSERT INTO total VALUES (1, 0), (2, 0), (3, 0);"
       "CREATE TABLE child (id INT AUTO_INCREMENT PRIMARY KEY, parent INT, v VARCHAR(60))");
  must(a, "CREATE TRIGGER t_ai AFTER INSERT ON t FOR EACH ROW INSERT INTO audit (tid) VALUES (NEW.id)");
  must(a, "CREATE TRIGGER t_au AFTER UPDATE ON t FOR EACH ROW UPDATE total SET n = n + 1 WHERE id = 1");
  must(a,
       "CREATE FUNCTION count_up(x INT) RETURNS INT DETERMINISTIC MODIFIES SQL DATA BEGIN UPDATE total SET n "
       "= "
       "n + x WHERE id = 2; RETURN x; END");
  must(a, "CREATE PROCEDURE add_row(x VARCHAR(20)) INSERT INTO child (parent, v) VALUES (0, x)");
}

void play(Client& a, Client& b) {
  must(b, "BEGIN; INSERT INTO t (v) VALUES ('b opens')");
  must(a, "INSERT INTO t (v) VALUES ('one'), ('two')");
  must(a, "INSERT INTO child (parent, v) VALUES (LAST_INSERT_ID(), 'of one')");
  must(a, "SET @name = 'kept', @n = 3");
  must(b, "SET @name = 'of b'");
  must(a,
       "INSERT INTO child (parent, v) VALUES (@n, @name); SET @n = @n + 1; UPDATE total SET n = n + @n WHERE "
       "id = 3");
  must(b,
       "INSERT INTO child (parent, v) VALUES (LAST_INSERT_ID(), 'of b'); SAVEPOINT s; INSERT INTO t (v) "
       "VALUES "
       "('undone'); ROLLBACK TO s");
  must(a,
       "UPDATE t SET v = CONCAT(v, '!') WHERE id > 1; INSERT INTO child (parent, v) VALUES (count_up(5), "
       "'counted')");
  must(b, "COMMIT");
  must(
      a,
      "BEGIN; INSERT INTO t (v) VALUES ('rolled back'); UPDATE total SET n = n + 100 WHERE id = 3; ROLLBACK");
  must(a, "CREATE TEMPORARY TABLE mine (v VARCHAR(60)); INSERT INTO mine VALUES ('x'), ('y')");
  must(b, "CREATE TEMPORARY TABLE mine (v VARCHAR(60)); INSERT INTO mine VALUES ('of b')");
  must(a, "INSERT INTO t (v) SELECT v FROM mine ORDER BY v");
  must(b, "INSERT INTO t (v) SELECT v FROM mine; DROP TEMPORARY TABLE mine");
  must(a, "CALL add_row('called')");
  must(a, "SET sql_mode = 'ANSI_QUOTES'; INSERT INTO \"t\" (v) VALUES ('ansi'); SET sql_mode = DEFAULT");
  must(b, "ALTER TABLE t ADD c INT DEFAULT 7; INSERT INTO t (v, c) VALUES ('wide', 8)");
  CHECK(a.query("INSERT INTO total VALUES (1, 1); INSERT INTO t (v) VALUES ('not reached')") != 0);
  must(a, "INSERT INTO child (parent, v) VALUES (LAST_INSERT_ID(), @name); DO count_up(1)");
}

// A transaction that fills a batch is held, and what its trigger inserts gets an id later than in production.
std::string columns_of(const std::string& table) {
  return table == "app.audit" ? "tid, tid" : "*";
}

std::string outcome_of(MirrorPair& pair) {
  std::string out;
  for (const char* table : kTables) out += rows_of(pair.mirror(), table, columns_of(table));
  // Each pull has session events of its own.
  return out + pair.mirror().sql(
                   "SELECT SUM(applied), SUM(withheld), SUM(rolled_back), SUM(`inner`), "
                   "SUM(failed) FROM dw_meta.batches");
}

}  // namespace

TEST_CASE("a log cut at every row gives the mirror of the same log in one batch") {
  for (PairOptions options : all_pairs()) {
    if (!require_server(options.source) || !require_server(options.mirror)) continue;
    INFO(name_of(options));
    options.retention = "none";
    MirrorPair pair(options);
    pair.source().sql("CREATE DATABASE app");
    {
      Client a(pair.source(), {.database = "app"});
      Client b(pair.source(), {.database = "app"});
      define(a);
      play(a, b);
    }
    pair.sync();
    const std::string whole = outcome_of(pair);
    for (const char* table : kTables) CHECK(rows_of(pair.mirror(), table) == rows_of(pair.source(), table));
    for (const char* bytes : {"1", "600", "2000"}) {
      INFO("max_batch_bytes " << bytes);
      pair.wipe_mirror();
      pair.write_load_config(pair.url(), std::string(R"(, "max_batch_bytes": )") + bytes,
                             R"(, "hold_after_seconds": 100000)");
      pair.sync();
      CHECK(outcome_of(pair) == whole);
    }
  }
}
