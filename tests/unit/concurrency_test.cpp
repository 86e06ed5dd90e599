#include "loader/plan/concurrency.h"

#include <chrono>
#include <limits>
#include <memory>
#include <set>

#include <nlohmann/json.hpp>

#include "tests/support/catch.h"

using namespace dw;
using namespace dw::load;

namespace {

// app.t (id INT AUTO_INCREMENT PRIMARY KEY, a, n), app.q the same with another unique key; nothing is known
// of other tables.
const sql::TableKey* key_of(const std::string& schema, const std::string& table) {
  static const sql::TableKey key{{{"id", sql::KeyType::integer, std::numeric_limits<std::int32_t>::min(),
                                   std::numeric_limits<std::int32_t>::max()}},
                                 {"id", "a", "n"},
                                 "id",
                                 false};
  static const sql::TableKey unique{key.columns, key.table_columns, key.auto_increment, true};
  if (schema != "app") return nullptr;
  return table == "t" ? &key : table == "q" ? &unique : nullptr;
}

// A log written down by hand, all of it from sessions whose database is app.
class Log {
 public:
  Log() { batch_.header.generations = {generation_fingerprint("g")}; }

  Log& query(std::uint64_t thread, const std::string& sql) { return add(thread, Command::query, sql); }
  Log& quit(std::uint64_t thread) { return add(thread, Command::quit, ""); }

  // The doubts of all statements that change something, in order: "i", "r", "d" (what it read), "-" for none.
  std::string doubts(const std::vector<InFlight>& before = {}) {
    sweep(before);
    std::string out;
    for (std::size_t i = 0; i < plan_.units.size(); ++i) {
      const Treatment treatment = plan_.units[i].treatment;
      if (treatment != Treatment::run && treatment != Treatment::run_and_undo) continue;
      out += (out.empty() ? "" : " ") + letters(found_.of(i));
    }
    return out;
  }
  std::string carried_doubts() {
    std::string out;
    for (const std::uint8_t bits : found_.carried) out += (out.empty() ? "" : " ") + letters(bits);
    return out;
  }
  std::vector<InFlight> in_flight() {
    sweep({});
    return found_.in_flight;
  }
  // Behind the DDL in the midst of it.
  std::vector<InFlight> midway() {
    sweep({});
    return found_.midway.empty() ? std::vector<InFlight>{} : found_.midway.begin()->second;
  }
  Batch& batch() { return batch_; }

 private:
  static std::string letters(std::uint8_t bits) {
    std::string out;
    if ((bits & concurrent_ids) != 0) out += "i";
    if ((bits & concurrent_rows) != 0) out += "r";
    if ((bits & concurrent_reads) != 0) out += "d";
    if ((bits & concurrent_definition) != 0) out += "a";
    return out.empty() ? "-" : out;
  }
  Log& add(std::uint64_t thread, Command command, const std::string& text) {
    Event event;
    event.index = batch_.events.size() + 1;
    event.thread_id = thread;
    event.command = command;
    event.text = text;
    batch_.events.push_back(event);
    return *this;
  }
  void sweep(const std::vector<InFlight>& before) {
    SessionTable sessions;
    for (std::uint64_t thread = 1; thread < 20; ++thread) sessions.at(thread).database = "app";
    plan_ = make_plan(batch_, sessions, {});
    found_ = find_concurrency(batch_, plan_, before, key_of);
  }

  Batch batch_;
  Plan plan_;
  Concurrency found_;
};

const std::string kInsert = "INSERT INTO t (a) VALUES (1)";

}  // namespace

TEST_CASE("one session leaves no doubt") {
  CHECK(Log().query(1, kInsert).query(1, kInsert).query(1, "UPDATE t SET n=n+1").quit(1).doubts() == "- - -");
}

TEST_CASE("INSERTs of two sessions are in doubt only while both may run") {
  CHECK(Log().query(1, kInsert).query(2, kInsert).query(1, "SELECT 1").doubts() == "i i");
  CHECK(Log().query(1, kInsert).query(1, "SELECT 1").query(2, kInsert).doubts() == "- -");
  CHECK(Log().query(1, kInsert).quit(1).query(2, kInsert).doubts() == "- -");
  CHECK(Log().query(1, kInsert).query(2, "INSERT INTO u (a) VALUES (1)").doubts() == "- -");
  CHECK(Log().query(1, kInsert).query(2, "INSERT INTO app.t (id) VALUES (9)").doubts() == "i i");
}

TEST_CASE("INSERTs take their ids when they run, not at COMMIT") {
  CHECK(Log()
            .query(1, "BEGIN")
            .query(1, kInsert)
            .query(1, "SELECT 1")
            .query(2, kInsert)
            .query(1, "COMMIT")
            .quit(1)
            .doubts() == "- -");
  CHECK(Log().query(1, "BEGIN").query(1, kInsert).query(2, kInsert).query(1, "ROLLBACK").quit(1).doubts() ==
        "i i");
}

TEST_CASE("changes of rows: the narrower of two bounds the doubt") {
  const auto two = [](const std::string& one, const std::string& other) {
    return Log().query(1, one).query(2, other).quit(1).quit(2).doubts();
  };
  CHECK(two("UPDATE t SET n=n*2 WHERE id=5", "UPDATE t SET n=n+1 WHERE id=6") == "- -");
  CHECK(two("UPDATE t SET n=n*2 WHERE id=5", "UPDATE t SET n=n+1 WHERE id=5") == "r r");
  CHECK(two("UPDATE t SET n=n*2 WHERE id IN (4,5)", "DELETE FROM t WHERE id=5") == "r r");
  CHECK(two("UPDATE t SET n=n*2 WHERE id=5", "UPDATE t SET n=n+1 WHERE a=5") == "r -");
  CHECK(two("UPDATE t SET n=n*2 WHERE a=1", "UPDATE t SET n=n+1 WHERE id=5") == "- r");
  CHECK(two("UPDATE t SET n=n*2 WHERE a=1", "UPDATE t SET n=n+1") == "r r");
  CHECK(two("UPDATE t SET n=n*2 WHERE id<9", "UPDATE t SET n=n+1 WHERE id=5") == "- r");
  CHECK(two("UPDATE t SET n=n*2 WHERE id<5", "UPDATE t SET n=n+1 WHERE id=5") == "- -");
  CHECK(two("UPDATE t SET n=n*2 WHERE a=1 ORDER BY id LIMIT 1", "UPDATE t SET n=n+1 WHERE id=5") == "r r");
  CHECK(two(kInsert, "UPDATE t SET n=n+1 WHERE id=5") == "- -");
  CHECK(two(kInsert, "UPDATE t SET n=n+1 WHERE a=1") == "r -");
  CHECK(two("UPDATE u SET n=1 WHERE id=1", "UPDATE u SET n=2 WHERE id=2") == "r r");  // no key is known of u
}

TEST_CASE("TRUNCATE and DDL wait for transactions that may write again: every row is in doubt") {
  const auto second_write = [](const std::string& ddl) {
    return Log()
        .query(1, "BEGIN")
        .query(1, "UPDATE t SET n=1 WHERE id=5")
        .query(2, ddl)
        .query(1, "UPDATE t SET n=1 WHERE id=6")
        .query(1, "COMMIT")
        .quit(1)
        .quit(2)
        .doubts();
  };
  CHECK(second_write("TRUNCATE t") == "r ra r");
  CHECK(second_write("ALTER TABLE t ADD COLUMN b INT") == "r ra r");
  CHECK(second_write("RENAME TABLE t TO old, u TO t") == "r ra r");
  CHECK(second_write("CREATE TABLE w (id INT)") == "- - -");
  CHECK(Log().query(1, kInsert).quit(1).query(2, "TRUNCATE t").quit(2).doubts() == "- -");
}

TEST_CASE("an index that production gave up to make, for another session's transaction held the table") {
  const auto behind = [](const std::string& held_by, const std::string& end) {
    return Log()
        .query(1, "BEGIN")
        .query(1, held_by)
        .query(1, "SELECT 1")
        .query(2, "CREATE INDEX i ON t (a)")
        .query(1, end)
        .quit(1)
        .quit(2)
        .doubts();
  };
  CHECK(behind("UPDATE t SET n=1 WHERE id=5", "ROLLBACK") == "- a");
  CHECK(behind("SELECT * FROM t", "COMMIT") == "a");
  CHECK(behind("SELECT * FROM u", "COMMIT") == "-");
}

TEST_CASE("IGNORE leaves rows out that collide on another unique key") {
  const auto two = [](const std::string& one, const std::string& other) {
    return Log().query(1, one).query(2, other).quit(1).quit(2).doubts();
  };
  CHECK(two("INSERT IGNORE INTO q (id, a) VALUES (1, 5)", "INSERT INTO q (id, a) VALUES (2, 5)") == "ir ir");
  CHECK(two("UPDATE IGNORE q SET a=5 WHERE id=1", "UPDATE q SET a=5 WHERE id=2") == "r r");
  CHECK(two("INSERT INTO q (id, a) VALUES (1, 5)", "INSERT INTO q (id, a) VALUES (2, 5)") == "i i");
  CHECK(two("UPDATE IGNORE t SET a=5 WHERE id=1", "UPDATE t SET a=5 WHERE id=2") == "- -");
}

TEST_CASE("row locks keep the order of statements that have ended until COMMIT") {
  CHECK(Log()
            .query(1, "BEGIN")
            .query(1, "UPDATE t SET n=1")
            .query(1, "SELECT 1")
            .query(2, "UPDATE t SET n=2")
            .query(1, "COMMIT")
            .quit(1)
            .quit(2)
            .doubts() == "- -");
}

TEST_CASE("what reads another table is in doubt until the writer's COMMIT has ended") {
  const std::string copy = "INSERT INTO u (a) SELECT a FROM t";
  const std::string write = "UPDATE t SET n=1 WHERE id=1";
  CHECK(Log()
            .query(1, "BEGIN")
            .query(1, write)
            .query(1, "SELECT 1")
            .query(2, copy)
            .query(1, "COMMIT")
            .quit(1)
            .doubts() == "- d");
  CHECK(Log().query(1, "BEGIN").query(1, write).query(1, "COMMIT").query(2, copy).quit(1).doubts() == "- d");
  CHECK(Log()
            .query(1, "BEGIN")
            .query(1, write)
            .query(1, "COMMIT")
            .query(1, "SELECT 1")
            .query(2, copy)
            .doubts() == "- -");
  CHECK(Log().query(2, copy).query(1, write).quit(2).doubts() == "d -");
  CHECK(Log().query(2, copy).query(2, "SELECT 1").query(1, write).quit(2).doubts() == "- -");
  CHECK(Log().query(1, write).quit(1).query(2, copy).doubts() == "- -");
}

TEST_CASE("a CALL may touch whatever its schema has") {
  CHECK(Log().query(1, "CALL p()").query(2, "UPDATE t SET n=1 WHERE id=1").quit(1).doubts() == "d -");
  CHECK(Log().query(1, "CALL p()").query(2, "CALL p()").quit(1).doubts() == "d d");
  CHECK(Log().query(1, "CALL p()").quit(1).query(2, "UPDATE t SET n=1 WHERE id=1").doubts() == "- -");
}

TEST_CASE("a session's last statement goes on into the next batch") {
  Log first;
  first.query(1, kInsert).query(2, "INSERT INTO t (a) VALUES (2)").quit(2);
  std::vector<InFlight> left = first.in_flight();
  REQUIRE(left.size() == 1);
  CHECK(left[0].thread == 1);
  CHECK(left[0].unit == 0U);
  left[0].first_id = 7;
  left = in_flight_from_json(nlohmann::json::parse(to_json(left).dump()));
  CHECK(left[0].first_id == 7);

  Log second;
  CHECK(second.query(2, kInsert).query(1, "SELECT 1").query(2, kInsert).doubts(left) == "i -");
  CHECK(second.carried_doubts() == "i");
  Log third;
  CHECK(third.query(1, kInsert).query(2, "SELECT 1").doubts(left) == "-");
  CHECK(third.carried_doubts() == "-");
}

TEST_CASE("a carried statement keeps its keys") {
  std::vector<InFlight> left = Log().query(1, "UPDATE t SET n=1 WHERE id=5").in_flight();
  left = in_flight_from_json(nlohmann::json::parse(to_json(left).dump()));
  REQUIRE(left.size() == 1);
  CHECK(left[0].keys.rows == std::vector<sql::KeyRow>{{"5"}});
  Log next;
  CHECK(next.query(2, "UPDATE t SET n=2 WHERE id=6").query(2, "UPDATE t SET n=2 WHERE id=5").doubts(left) ==
        "- r");
  CHECK(next.carried_doubts() == "r");
}

TEST_CASE("a carried statement's keys are dropped when its table has another key by now") {
  std::vector<InFlight> left = Log().query(1, "UPDATE t SET n=1 WHERE id=5").in_flight();
  REQUIRE(left.size() == 1);
  left[0].keys.rows = {{"5", "of a key with two columns"}};
  CHECK(Log().query(2, "UPDATE t SET n=2 WHERE id=6").doubts(left) == "r");

  left[0].table = "renamed";  // and with it the table's key went away
  CHECK(Log().query(2, "UPDATE renamed SET n=2 WHERE id=6").doubts(left) == "r");
}

TEST_CASE("what is in flight where DDL commits in the midst of a plan") {
  Log log;
  log.query(1, "insert into t (n) values (1)").query(2, "insert into t (n) values (2)").query(2, "select 1");
  log.query(3, "create table x (a int)").query(1, "insert into t (n) values (3)");
  std::set<std::uint64_t> threads;
  for (const InFlight& one : log.midway()) threads.insert(one.thread);
  CHECK(threads == std::set<std::uint64_t>{1, 3});
}

TEST_CASE("what is in flight where DDL that waited for a lock commits") {
  Log log;
  log.query(1, "LOCK TABLES x WRITE").query(2, "drop table x").query(3, "insert into t (n) values (1)");
  log.query(1, "UNLOCK TABLES").query(3, "insert into t (n) values (2)");
  const std::vector<InFlight> midway = log.midway();
  REQUIRE(midway.size() == 1);
  CHECK(midway[0].thread == 3);
}
