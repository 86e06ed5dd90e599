#include <string>
#include <vector>

#include "common/util/error.h"
#include "loader/dump/dump_session.h"
#include "loader/dump/dump_statements.h"
#include "tests/support/catch.h"

using namespace dw;
using namespace dw::load;

namespace {

// Statements one a line, those of programs in brackets; whole, and byte by byte.
std::vector<std::string> cut(const std::string& text) {
  std::vector<std::string> whole;
  std::vector<std::string> bytewise;
  const auto into = [](std::vector<std::string>& out) {
    return [&out](std::string_view statement, bool in_program) {
      out.push_back(in_program ? "[" + std::string(statement) + "]" : std::string(statement));
    };
  };
  DumpStatements one(into(whole));
  one.feed(text);
  one.finish();
  DumpStatements other(into(bytewise));
  for (const char c : text) other.feed(std::string(1, c));
  other.finish();
  CHECK(whole == bytewise);
  return whole;
}

constexpr Micros kMinute = 60'000'000;
const Micros kEnded = *parse_time("2026-11-21T15:00:07.9Z");

DumpSession session(std::uint64_t thread, Micros ended) {
  DumpSession out;
  out.thread = thread;
  out.ended = ended;
  out.databases = {"app"};
  return out;
}

DumpComments comments(const char* completed) {
  DumpComments out;
  out.take("-- Host: localhost    Database: app");
  out.take(std::string("-- Dump completed on ") + completed);
  return out;
}

Event event(std::uint64_t thread, Command command, const std::string& text, Micros time) {
  Event out;
  out.thread_id = thread;
  out.command = command;
  out.text = text;
  out.time = time;
  return out;
}

}  // namespace

TEST_CASE("a dump is cut where a statement ends with its line") {
  CHECK(cut("-- a;\n\n/*M!999999\\- enable the sandbox mode */ \n/* b; */\nCREATE TABLE t (\n  a INT\n) "
            "COMMENT='x;\n-- y;\n';\n"
            "INSERT INTO t VALUES (1,'a;b'),\n(2,'\\';\n');\n") ==
        std::vector<std::string>{"CREATE TABLE t (\n  a INT\n) COMMENT='x;\n-- y;\n'",
                                 "INSERT INTO t VALUES (1,'a;b'),\n(2,'\\';\n')"});
  CHECK(cut("DELIMITER ;;\nCREATE PROCEDURE p() BEGIN\nSELECT 1;\nEND ;;\nDELIMITER ;\nSELECT 1 ;\r\n") ==
        std::vector<std::string>{"[CREATE PROCEDURE p() BEGIN\nSELECT 1;\nEND ]", "SELECT 1 "});
  CHECK(cut("SELECT 1") == std::vector<std::string>{});
}

TEST_CASE("a dump says what it is of, and when it was whole") {
  DumpStatements dump([](std::string_view, bool) {});
  dump.feed("-- Host: db    Database: my app\nSELECT '-- Dump completed on 2020-01-01  1:00:00\n';\n");
  CHECK(dump.comments().database == "my app");
  CHECK_FALSE(dump.comments().complete);
  dump.feed("-- Dump completed on 2026-11-21  9:05:01");
  CHECK_FALSE(dump.comments().complete);
  dump.finish();
  CHECK(dump.comments().complete);
  CHECK(dump.comments().completed == parse_time("2026-11-21T09:05:01Z"));
  DumpComments bare;
  bare.take("-- Dump completed");
  CHECK(bare.complete);
  CHECK_FALSE(bare.completed);
}

TEST_CASE("a dump's session is found by its schema and its end") {
  Batch batch;
  batch.header.generations = {"0123456789abcdef0123456789abcdef"};
  batch.header.next = Cursor{"0123456789abcdef0123456789abcdef", 9, kEnded};
  batch.events = {event(4, Command::connect, "root@localhost on  using Socket", kEnded - kMinute),
                  event(4, Command::query, std::string(kDumpSnapshot), kEnded - kMinute),
                  event(5, Command::init_db, "other", kEnded),
                  event(4, Command::init_db, "app", kEnded),
                  event(4, Command::quit, "", kEnded),
                  event(6, Command::query, "START TRANSACTION", kEnded)};
  DumpSessions sessions;
  sessions.take(batch);
  REQUIRE(sessions.found().size() == 1);
  CHECK(sessions.found()[0].thread == 4);
  CHECK(sessions.found()[0].databases == std::set<std::string>{"app"});
  CHECK(sessions.found()[0].ended == kEnded);
  CHECK(session_of(sessions.found(), comments("2026-11-21 15:00:08"), std::nullopt).thread == 4);
  // The dump's machine is two hours, or five and a half, ahead of UTC.
  CHECK(session_of(sessions.found(), comments("2026-11-21 17:00:08"), std::nullopt).thread == 4);
  CHECK(session_of(sessions.found(), comments("2026-11-21 20:30:08"), std::nullopt).thread == 4);
  CHECK_THROWS_AS(session_of(sessions.found(), comments("2026-11-21 15:07:08"), std::nullopt), Error);
  CHECK_THROWS_AS(session_of({}, comments("2026-11-21 15:00:08"), std::nullopt), Error);
  DumpComments foreign = comments("2026-11-21 15:00:08");
  foreign.database = "crm";
  CHECK_THROWS_AS(session_of(sessions.found(), foreign, std::nullopt), Error);
}

TEST_CASE("of dumps that are made each hour this machine's clock picks the one") {
  const std::vector<DumpSession> hourly{session(1, kEnded - 60 * kMinute), session(2, kEnded),
                                        session(3, kEnded + 60 * kMinute)};
  const DumpComments dump = comments("2026-11-21 16:00:08");
  CHECK(session_of(hourly, dump, kEnded).thread == 2);
  CHECK(session_of(hourly, dump, dump.completed).thread == 3);
  CHECK_THROWS_WITH(session_of(hourly, dump, std::nullopt), Catch::Contains("several sessions"));
}
