// What dw_meta.suspects says of each thing that a replay need not repeat: no more than may really differ.

#include <atomic>
#include <map>
#include <set>
#include <sstream>
#include <thread>

#include <nlohmann/json.hpp>

#include "common/log/batch.h"
#include "common/mysql/connection.h"
#include "tests/support/catch.h"
#include "tests/support/mirror_pair.h"

using namespace dw::test;

namespace {

constexpr const char* kSchema =
    "CREATE DATABASE app; USE app; "
    "CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, a VARCHAR(80), n INT, v VARBINARY(80)); "
    "CREATE TABLE code (c VARCHAR(20) PRIMARY KEY, n VARCHAR(80)); "
    "CREATE TABLE hash (h BINARY(2) PRIMARY KEY, n INT); "
    "CREATE TABLE two (a INT, b INT, n INT, UNIQUE u (n), PRIMARY KEY (a, b)); "
    "CREATE TABLE nokey (a INT, n INT); "
    "CREATE TABLE exact (id INT AUTO_INCREMENT PRIMARY KEY, at TIMESTAMP(6) DEFAULT CURRENT_TIMESTAMP(6)); "
    "CREATE TABLE m (id INT PRIMARY KEY, n INT) ENGINE=MyISAM; "
    "INSERT INTO t (id, n) VALUES (1,1),(2,2),(3,3); INSERT INTO code VALUES ('x','1'); INSERT INTO two "
    "VALUES "
    "(1,2,3); INSERT INTO nokey VALUES (1,1),(2,2)";

// One line for each open suspect: table, scope, keys, reason.
std::string suspects(MirrorPair& pair) {
  return pair.mirror().sql(
      "SELECT CONCAT(table_name, ' ', scope, ' ', COALESCE(CONCAT(`keys`, ' '), ''), reason) FROM "
      "dw_meta.suspects WHERE cleared_at IS NULL ORDER BY id");
}

void forget(MirrorPair& pair) {
  pair.mirror().sql("DELETE FROM dw_meta.suspects");
}

struct Case {
  const char* sql;
  std::string suspects;
  int exit_code = 0;
};

const std::vector<Case>& cases() {
  static const std::vector<Case> all{
      {"INSERT INTO t (a) VALUES (UUID())",
       "t ids {\"column\":\"id\",\"from\":4,\"to\":4} UUID() and the like\n"},
      {"UPDATE t SET a=LEFT(RAND(), 3) WHERE id IN (2, 3)",
       "t keys {\"columns\":[\"id\"],\"rows\":[[\"2\"],[\"3\"]]} RAND() and the like\n"},
      {"UPDATE t SET a=SYSDATE() WHERE id BETWEEN 2 AND 3",
       "t ids {\"column\":\"id\",\"from\":2,\"to\":3} SYSDATE()\n"},
      {"UPDATE code SET n=NOW(6) WHERE c='x'",
       "code keys {\"columns\":[\"c\"],\"rows\":[[\"x\"]]} fractions of a second\n"},
      {"INSERT INTO hash VALUES (x'00FF', CONNECTION_ID())",
       "hash keys {\"columns\":[\"h\"],\"rows\":[[{\"hex\":\"00FF\"}]]} CONNECTION_ID(), USER() and the "
       "like\n"},
      {"UPDATE t SET n=9 LIMIT 1", "t table LIMIT without ORDER BY\n"},
      {"UPDATE t SET n=8 WHERE id=2 LIMIT 1",
       "t keys {\"columns\":[\"id\"],\"rows\":[[\"2\"]]} LIMIT without ORDER BY\n"},
      {"UPDATE nokey SET n=RAND()*9 WHERE a=1", "nokey table RAND() and the like\n"},
      {"UPDATE t SET n=GET_LOCK('x', 0) WHERE id=3",
       "t keys {\"columns\":[\"id\"],\"rows\":[[\"3\"]]} locks that production's sessions held\n"},
      {"UPDATE t SET a=@@hostname WHERE id=3",
       "t keys {\"columns\":[\"id\"],\"rows\":[[\"3\"]]} system variables\n"},
      {"UPDATE t SET a=@@session.sql_mode IS NULL WHERE id=3", ""},
      {"INSERT INTO exact () VALUES (), ()",
       "exact ids {\"column\":\"id\",\"from\":1,\"to\":2} defaults of columns that no replay repeats\n"},
      {"INSERT INTO t (a) SELECT n FROM nokey",
       "t ids {\"column\":\"id\",\"from\":5,\"to\":6} ids in the order in which rows were read\n"},
      {"UPDATE two SET n=RAND()*99 WHERE b=2 AND a=1",
       "two keys {\"columns\":[\"a\",\"b\"],\"rows\":[[\"1\",\"2\"]]} RAND() and the like\n"},
      {"INSERT INTO code VALUES ('x', '2')",
       "code keys {\"columns\":[\"c\"],\"rows\":[[\"x\"]]} failed with error 1062\n"},
      {"INSERT INTO two VALUES (1,2,77)", "two table failed with error 1062\n"},
      {"SET NAMES latin1; INSERT INTO t (id, v) VALUES (50, '\xFF')", ""},
      {"INSERT INTO t (id, v) VALUES (51, _binary '\xFF\xFE')",
       "t keys {\"columns\":[\"id\"],\"rows\":[[\"51\"]]} not UTF-8, from a client of unknown character "
       "set\n"},
      {"BEGIN; INSERT INTO m VALUES (1,1); UPDATE m SET n=2 WHERE id=1; ROLLBACK", ""},
      {"LOAD DATA INFILE '/no/such/file' INTO TABLE t", "t table LOAD DATA: its file is not in the log\n"},
      {"SET sql_log_off=1", " all a session hid what it did (sql_log_off)\n"},
      {"SET sql_log_off=0", ""},
      {"SET GLOBAL general_log=1", ""},
      {"SET GLOBAL log_output='TABLE'", " all the general log was switched off, or to another place\n"},
  };
  return all;
}

// A log made by hand, for what real servers do only by chance. All its sessions are at home in app.
class HandmadeBatch {
 public:
  explicit HandmadeBatch(MirrorPair& pair) : pair_(pair) {
    header_.source.id = "handmade";
    header_.source.globals = {{"sql_mode", "STRICT_TRANS_TABLES"}};
    header_.generations = {dw::generation_fingerprint("handmade")};
    for (std::uint64_t thread = 1; thread <= 4; ++thread)
      add(thread, dw::Command::connect, "app@web on app using TCP/IP");
  }
  HandmadeBatch& query(std::uint64_t thread, const std::string& sql) {
    return add(thread, dw::Command::query, sql);
  }
  HandmadeBatch& execute(std::uint64_t thread, const std::string& sql) {
    return add(thread, dw::Command::execute, sql);
  }
  HandmadeBatch& at(dw::Micros behind_second) {
    time_ = (time_ / 1'000'000 + 1) * 1'000'000 + behind_second;
    return *this;
  }
  HandmadeBatch& rotate(const std::string& name) {
    header_.generations.push_back(dw::generation_fingerprint(name));
    index_ = 0;
    return *this;
  }
  // Applies what was added since the last time.
  ProcessResult apply() {
    header_.next = {header_.generations.back(), index_ + 1, time_};
    write_file(pair_.file("handmade.json"), std::move(encoder_).finish(header_));
    encoder_ = {};
    header_.after = header_.next;
    return pair_.load({"apply", pair_.file("handmade.json")});
  }
  dw::BatchHeader& header() { return header_; }

 private:
  HandmadeBatch& add(std::uint64_t thread, dw::Command command, const std::string& text) {
    dw::Event event;
    event.generation = static_cast<std::uint32_t>(header_.generations.size() - 1);
    event.index = ++index_;
    event.time = time_;
    event.thread_id = thread;
    event.user_host = "app[app] @ web [10.0.0.5]";
    event.command = command;
    event.text = text;
    encoder_.add(event);
    time_ += 10;
    return *this;
  }

  MirrorPair& pair_;
  dw::BatchHeader header_;
  dw::BatchEncoder encoder_;
  std::uint64_t index_ = 0;
  dw::Micros time_ = 1'795'000'000'500'000;
};

constexpr int kSessions = 8;
constexpr int kStatements = 200;

std::string row_text(int worker, int seq) {
  return "(" + std::to_string(worker) + "," + std::to_string(seq) + ")";
}

// Single rows and pairs of rows, some in transactions, some of those rolled back.
void insert_rows(dw::mysql::Connection& connection, int worker, int first) {
  connection.execute("USE app");
  for (int i = 0; i < kStatements; ++i) {
    const bool transaction = i % 5 == 0;
    std::string rows = row_text(worker, first + i * 2);
    if (i % 3 == 0) rows += "," + row_text(worker, first + i * 2 + 1);
    if (transaction) connection.execute("BEGIN");
    connection.execute("INSERT INTO w (worker, seq) VALUES " + rows);
    if (transaction) connection.execute(i % 20 == 5 ? "ROLLBACK" : "COMMIT");
  }
}

// Each session has a connection of its own.
void insert_at_once(MirrorPair& pair, int first) {
  pair.source().write_option_file(pair.file("root.cnf"));
  std::vector<std::thread> threads;
  for (int worker = 0; worker < kSessions; ++worker) {
    threads.emplace_back(
        [worker, first,
         connection = dw::mysql::Connection::open({.defaults_file = pair.file("root.cnf")})]() mutable {
          insert_rows(connection, worker, first);
        });
  }
  for (auto& thread : threads) thread.join();
}

std::map<std::string, std::int64_t> ids_by_row(DatabaseServer& server) {
  std::map<std::string, std::int64_t> out;
  std::istringstream lines(server.sql("SELECT CONCAT(worker, '-', seq), id FROM app.w"));
  std::string row;
  std::int64_t id = 0;
  while (lines >> row >> id) out[row] = id;
  return out;
}

bool is_noted(const std::vector<nlohmann::json>& ranges, std::int64_t id) {
  return std::any_of(ranges.begin(), ranges.end(), [&](const nlohmann::json& range) {
    return range.at("from") <= id && (!range.contains("to") || id <= range.at("to"));
  });
}

}  // namespace

TEST_CASE("each reason makes suspect what it may have changed, and no more") {
  for (PairOptions options : all_pairs()) {
    if (!require_server(options.source) || !require_server(options.mirror)) continue;
    DYNAMIC_SECTION(name_of(options)) {
      options.retention = "none";
      MirrorPair pair(options);
      pair.source().sql(kSchema);
      pair.sync();
      CHECK(suspects(pair).empty());
      for (const Case& one : cases()) {
        INFO(one.sql);
        try {
          pair.source().sql(one.sql, "app");
        } catch (const std::exception& error) {  // a duplicate key, a file that is not there
          INFO(error.what());
        }
        CHECK(pair.load({"sync"}).exit_code == one.exit_code);
        CHECK(suspects(pair) == one.suspects);
        forget(pair);
      }
      CHECK(rows_of(pair.mirror(), "app.m") == rows_of(pair.source(), "app.m"));
    }
  }
}

TEST_CASE("a session that inserts and updates by itself leaves nothing suspect") {
  for (const PairOptions& options : all_pairs()) {
    if (!require_server(options.source) || !require_server(options.mirror)) continue;
    DYNAMIC_SECTION(name_of(options)) {
      MirrorPair pair(options);
      pair.source().sql(kSchema);
      for (int run = 0; run < 3; ++run) {
        std::string script;
        for (int i = 0; i < 50; ++i) {
          script += "INSERT INTO t (a, n) VALUES ('x', " + std::to_string(i) +
                    "); UPDATE t SET n=n+1 WHERE a='x'; ";
          script += i % 10 == 0 ? "BEGIN; INSERT INTO t (a) VALUES ('undone'); ROLLBACK; " : "";
        }
        pair.source().sql(script, "app");
        pair.sync();
      }
      CHECK(rows_of(pair.mirror(), "app.t") == rows_of(pair.source(), "app.t"));
      CHECK(suspects(pair).empty());
      CHECK(pair.load({"status"}).out.find("suspects      0\n") != std::string::npos);
    }
  }
}

TEST_CASE("every id that differs after eight sessions inserted at once lies in a range that was noted") {
  for (const PairOptions& options : all_pairs()) {
    if (!require_server(options.source) || !require_server(options.mirror)) continue;
    DYNAMIC_SECTION(name_of(options)) {
      MirrorPair pair(options);
      pair.source().sql(
          "CREATE DATABASE app; CREATE TABLE app.w (id INT AUTO_INCREMENT PRIMARY KEY, worker INT, "
          "seq INT)");
      pair.sync();
      // The first run is pulled while it goes on, so that statements are in flight between batches.
      std::atomic<bool> running{true};
      std::thread load([&] {
        insert_at_once(pair, 0);
        running = false;
      });
      while (running) pair.load({"sync"});
      load.join();
      insert_at_once(pair, 10'000);
      pair.sync();

      std::vector<nlohmann::json> ranges;
      std::istringstream lines(
          pair.mirror().sql("SELECT `keys` FROM dw_meta.suspects WHERE table_name='w' AND scope='ids'"));
      for (std::string line; std::getline(lines, line);) ranges.push_back(nlohmann::json::parse(line));
      CHECK(pair.mirror().sql("SELECT COUNT(*) FROM dw_meta.suspects WHERE scope<>'ids'") == "0\n");

      const auto there = ids_by_row(pair.source());
      const auto here = ids_by_row(pair.mirror());
      REQUIRE(there.size() == here.size());
      std::size_t differ = 0;
      std::size_t missed = 0;
      for (const auto& [row, id] : there) {
        const auto found = here.find(row);
        REQUIRE(found != here.end());
        if (found->second == id) continue;
        ++differ;
        if (!is_noted(ranges, id) || !is_noted(ranges, found->second)) ++missed;
      }
      CHECK(missed == 0);
      CHECK(ranges.size() <= 64);
      WARN(name_of(options) << ": " << there.size() << " rows, " << differ << " ids differ, " << ranges.size()
                            << " suspects");
    }
  }
}

TEST_CASE("what only chance brings about, from a log made by hand") {
  for (PairOptions options : all_pairs()) {
    if (!require_server(options.mirror) || options.source != options.mirror) continue;
    DYNAMIC_SECTION(to_string(options.mirror)) {
      options.web = Web::none;
      options.retention = "none";
      MirrorPair pair(options);
      pair.mirror().sql(kSchema);
      HandmadeBatch log(pair);

      log.query(1, "INSERT INTO t (a) VALUES ('one')").query(2, "INSERT INTO t (a) VALUES ('other')");
      log.query(1, "SELECT 1").query(1, "INSERT INTO t (a) VALUES ('alone')").query(1, "SELECT 1");
      log.query(2, "SELECT 1");
      REQUIRE(log.apply().exit_code == 0);
      CHECK(suspects(pair) ==
            "t ids {\"column\":\"id\",\"from\":4,\"to\":6} ids given while other sessions inserted\n");
      forget(pair);

      // Statement 7 is in flight between the batches; what fails or is undone takes ids as well.
      log.query(1, "INSERT INTO t (a) VALUES ('in flight')");
      REQUIRE(log.apply().exit_code == 0);
      CHECK(suspects(pair).empty());
      log.query(2, "INSERT INTO t (a) VALUES ('beside it')").query(1, "SELECT 1").query(2, "SELECT 1");
      REQUIRE(log.apply().exit_code == 0);
      CHECK(suspects(pair) ==
            "t ids {\"column\":\"id\",\"from\":7,\"to\":8} ids given while other sessions inserted\n");
      forget(pair);
      log.query(1, "BEGIN").query(1, "INSERT INTO t (a) VALUES ('undone')");
      log.query(2, "INSERT INTO t (a) VALUES ('kept')").query(2, "SELECT 1").query(1, "ROLLBACK");
      log.query(3, "INSERT INTO t (a) SELECT n FROM nokey").query(4, "INSERT INTO t (a) VALUES ('x')");
      log.query(3, "SELECT 1").query(4, "SELECT 1");
      REQUIRE(log.apply().exit_code == 0);
      CHECK(suspects(pair).find("t ids {\"column\":\"id\",\"from\":9} ids given") == 0);
      forget(pair);

      log.query(1, "UPDATE t SET n=n*2 WHERE id=2").query(2, "UPDATE t SET n=n+1 WHERE id=2");
      log.query(3, "UPDATE t SET n=n+1 WHERE id=3").query(1, "SELECT 1").query(2, "SELECT 1");
      log.query(3, "SELECT 1");
      REQUIRE(log.apply().exit_code == 0);
      CHECK(suspects(pair) ==
            "t keys {\"columns\":[\"id\"],\"rows\":[[\"2\"]]} changed while other sessions changed "
            "the same rows\n");
      forget(pair);
      log.query(1, "UPDATE t SET n=n*2 WHERE a='x'")
          .query(2, "UPDATE t SET n=n+1 WHERE id=2")
          .query(1, "SELECT 1");
      log.query(2, "SELECT 1");
      log.query(1, "UPDATE nokey SET n=1")
          .query(2, "UPDATE nokey SET n=2")
          .query(1, "SELECT 1")
          .query(2, "SELECT 1");
      REQUIRE(log.apply().exit_code == 0);
      CHECK(suspects(pair) ==
            "nokey table changed while other sessions changed the same rows\n"
            "t keys {\"columns\":[\"id\"],\"rows\":[[\"2\"]]} changed while other sessions changed the same "
            "rows\n");
      forget(pair);
      log.query(1, "BEGIN").query(1, "UPDATE nokey SET n=5").query(1, "SELECT 1");
      log.query(2, "INSERT INTO code SELECT 'y', COUNT(*) FROM nokey")
          .query(1, "COMMIT")
          .query(1, "SELECT 1");
      log.query(2, "SELECT 1");
      REQUIRE(log.apply().exit_code == 0);
      CHECK(suspects(pair) == "code table read what other sessions were changing\n");
      forget(pair);

      log.at(900)
          .query(1, "UPDATE code SET n=NOW() WHERE c='x'")
          .query(1, "INSERT INTO exact (id) VALUES (90)");
      log.at(90'000).query(1, "UPDATE code SET n=NOW() WHERE c='y'");
      REQUIRE(log.apply().exit_code == 0);
      CHECK(
          suspects(pair).find("code keys {\"columns\":[\"c\"],\"rows\":[[\"x\"]]} the second turned while it "
                              "began\n") != std::string::npos);
      CHECK(suspects(pair).find("\"y\"") == std::string::npos);
      forget(pair);

      log.execute(1, "INSERT INTO t (id, a) VALUES (?,?)");
      REQUIRE(log.apply().exit_code == 0);
      CHECK(suspects(pair) == "t table bulk execution: its values are not in the log\n");
      CHECK(pair.mirror().sql("SELECT message FROM dw_meta.failures ORDER BY id DESC LIMIT 1") ==
            "bulk execution: its values are not in the log\n");

      // The same doubt again is the same row; a cleared one comes anew.
      log.execute(1, "INSERT INTO t (id, a) VALUES (?,?)");
      const ProcessResult again = log.apply();
      REQUIRE(again.exit_code == 0);
      CHECK(again.out.find("; suspect: 1 table\n") != std::string::npos);
      CHECK(pair.mirror().sql("SELECT COUNT(*), MAX(times), MAX(thread_id), MAX(event_at) IS NULL FROM "
                              "dw_meta.suspects") == "1\t2\t1\t0\n");
      pair.mirror().sql("UPDATE dw_meta.suspects SET cleared_at=NOW()");
      log.execute(1, "INSERT INTO t (id, a) VALUES (?,?)");
      REQUIRE(log.apply().exit_code == 0);
      CHECK(pair.mirror().sql("SELECT COUNT(*) FROM dw_meta.suspects") == "2\n");
      forget(pair);

      // Thousands of doubts of one kind are one row.
      for (int i = 0; i < 3000; ++i) log.query(1, "UPDATE t SET v=RAND() WHERE id=" + std::to_string(i + 1));
      REQUIRE(log.apply().exit_code == 0);
      CHECK(suspects(pair) == "t ids {\"column\":\"id\",\"from\":1,\"to\":3000} RAND() and the like\n");
      forget(pair);

      log.header().dropped["rds"] = 3;
      log.rotate("newer").query(1, "INSERT INTO t (a) VALUES ('around it')");
      REQUIRE(log.apply().exit_code == 0);
      CHECK(suspects(pair) == " all Amazon RDS switches the log off while it rotates it\n");
    }
  }
}

TEST_CASE("a mirror of an earlier version gets the columns that it lacks") {
  for (PairOptions options : all_pairs()) {
    if (!require_server(options.mirror) || options.source != options.mirror) continue;
    DYNAMIC_SECTION(to_string(options.mirror)) {
      MirrorPair pair(options);
      pair.source().sql(kSchema);
      pair.sync();
      pair.mirror().sql(
          "ALTER TABLE dw_meta.checkpoint DROP COLUMN in_flight; ALTER TABLE dw_meta.suspects DROP COLUMN "
          "scope, "
          "DROP COLUMN `keys`, DROP COLUMN event_at, DROP COLUMN thread_id, DROP COLUMN times, DROP KEY "
          "digest, "
          "DROP COLUMN digest; INSERT INTO dw_meta.suspects (schema_name, table_name, reason, log_cursor, "
          "noted_at) "
          "VALUES ('', '', 'gap', 'x', NOW()), ('app', 't', 'old', 'x', NOW())");
      pair.mirror().sql(
          "REVOKE ALL ON `dw\\_meta`.* FROM dw_load@'%'; GRANT SELECT, INSERT, UPDATE, DELETE, CREATE ON "
          "dw_meta.* TO "
          "dw_load@'%'");
      CHECK(pair.load({"status"}).out.find("suspects      2\n  all         1\n") != std::string::npos);
      pair.source().sql("INSERT INTO code VALUES ('u', UUID())", "app");
      const ProcessResult refused = pair.load({"sync"});
      CHECK(refused.exit_code == 7);
      CHECK(refused.err.find("scripts/sql/mirror-account.sql") != std::string::npos);
      pair.mirror().sql("GRANT ALTER ON dw_meta.* TO dw_load@'%'");
      pair.sync();
      CHECK(suspects(pair) ==
            " all gap\nt table old\n"
            "code keys {\"columns\":[\"c\"],\"rows\":[[\"u\"]]} UUID() and the like\n");
    }
  }
}
