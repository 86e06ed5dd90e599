#include "extractor/filter.h"
#include "tests/support/catch.h"

using namespace dw;
using namespace dw::extract;

namespace {

// A filter that mirrors `app`, run by the account dwx, and rows to show it.
class Log {
 public:
  explicit Log(bool rds = false, std::vector<std::string> databases = {"app"})
      : filter_({std::move(databases), "dwx", rds}) {}

  Verdict row(const char* command, const std::string& text, std::uint64_t thread = 1,
              const std::string& user = "shop[shop] @ localhost []") {
    LogRow row;
    row.command_type = command;
    row.text = text;
    row.thread_id = thread;
    row.user_host = user;
    return filter_.judge(row);
  }
  Verdict query(const std::string& text) { return row("Query", text); }
  Verdict own(const char* command, const std::string& text) {
    return row(command, text, 7, "dwx[dwx] @ localhost [127.0.0.1]");
  }

 private:
  Filter filter_;
};

}  // namespace

TEST_CASE("ReadsAreDroppedAndChangesAreKept") {
  Log log;
  CHECK(log.query("SELECT * FROM t") == Verdict::read);
  CHECK(log.query("SHOW TABLES") == Verdict::read);
  CHECK(log.query("/* ping */ SELECT 1") == Verdict::read);
  CHECK(log.query("INSERT INTO t VALUES (1)") == Verdict::keep);
  CHECK(log.query("SET autocommit=0") == Verdict::keep);
  CHECK(log.query("COMMIT") == Verdict::keep);
  CHECK(log.query("gibberish that nobody understands") == Verdict::keep);
  CHECK(log.row("Execute", "SELECT * FROM t WHERE id=1") == Verdict::read);
  CHECK(log.row("Execute", "DELETE FROM t WHERE id=1") == Verdict::keep);
}

TEST_CASE("PacketOfReadsAndChangesIsKept") {
  Log log;
  CHECK(log.query("SELECT 1; SELECT 2") == Verdict::read);
  CHECK(log.query("SELECT 1; DELETE FROM t") == Verdict::keep);
}

TEST_CASE("ReadThatIsNoneUnderAnotherSqlModeIsKept") {
  Log log;
  CHECK(log.query("SELECT 'a''b'") == Verdict::read);
  // Under NO_BACKSLASH_ESCAPES the string ends at the second quote, and a DELETE follows.
  CHECK(log.query("SELECT 'a\\'; DELETE FROM t; -- '") == Verdict::keep);
}

TEST_CASE("CommandsThatChangeNothingAreReads") {
  Log log;
  for (const char* command :
       {"Prepare", "Close stmt", "Reset stmt", "Long Data", "Field List", "Statistics", "Ping"}) {
    CHECK(log.row(command, "INSERT INTO t VALUES (?)") == Verdict::read);
  }
  for (const char* command : {"Init DB", "Change user", "Reset Connection", "Quit", "Connect", "Drop DB"}) {
    CHECK(log.row(command, "app") == Verdict::keep);
  }
}

TEST_CASE("OwnTrafficIsDropped") {
  Log log;
  CHECK(log.own("Connect", "dwx@localhost on  using Socket") == Verdict::own);
  CHECK(log.own("Query", "/* dw-extract */ SELECT 1") == Verdict::own);
  CHECK(log.own("Quit", "") == Verdict::own);
  // The session of an earlier batch's end.
  CHECK(log.own("Quit", "") == Verdict::own);
}

TEST_CASE("MarkerOfAnotherAccountHidesNothing") {
  Log log;
  CHECK(log.query("/* dw-extract */ DELETE FROM t") == Verdict::keep);
}

TEST_CASE("WhatTheOwnAccountDoesOtherwiseIsKept") {
  Log log;
  CHECK(log.own("Connect", "dwx@localhost on app using Socket") == Verdict::keep);
  CHECK(log.own("Query", "DELETE FROM t") == Verdict::keep);
  CHECK(log.own("Quit", "") == Verdict::keep);
}

TEST_CASE("AmazonsTrafficIsDroppedOnAmazonOnly") {
  Log amazon(true);
  CHECK(amazon.row("Query", "DELETE FROM app.t", 1, "rdsadmin[rdsadmin] @ localhost []") == Verdict::rds);
  CHECK(amazon.query("INSERT INTO mysql.rds_heartbeat2(id, value) VALUES (1,2)") == Verdict::rds);
  Log elsewhere;
  CHECK(elsewhere.row("Query", "DELETE FROM app.t", 1, "rdsadmin[rdsadmin] @ localhost []") == Verdict::keep);
}

TEST_CASE("QualifiedTablesOfOtherSchemasAreDropped") {
  Log log;
  CHECK(log.query("INSERT INTO other.t VALUES (1)") == Verdict::schema);
  CHECK(log.query("INSERT INTO other.t SELECT * FROM app.t") == Verdict::keep);
  CHECK(log.query("INSERT INTO t VALUES (1)") == Verdict::keep);
  CHECK(log.query("INSERT INTO APP.t VALUES (1)") == Verdict::keep);
  CHECK(log.query("UPDATE other.t SET a=@x") == Verdict::keep);
}

TEST_CASE("SchemaChangesOfOtherSchemasAreKeptBecauseTheyCommit") {
  Log log;
  CHECK(log.query("CREATE TABLE other.t (a INT)") == Verdict::keep);
  CHECK(log.query("TRUNCATE other.t") == Verdict::keep);
}

TEST_CASE("UnqualifiedTablesFollowTheSessionsSchema") {
  Log log;
  log.row("Connect", "shop@localhost on other using Socket");
  CHECK(log.query("INSERT INTO t VALUES (1)") == Verdict::schema);
  CHECK(log.query("USE app") == Verdict::keep);
  CHECK(log.query("INSERT INTO t VALUES (1)") == Verdict::keep);
}

TEST_CASE("UseThatTheServerMayHaveRefusedProvesNothing") {
  Log log;
  log.row("Connect", "shop@localhost on app using Socket");
  CHECK(log.query("USE other") == Verdict::keep);
  CHECK(log.query("INSERT INTO t VALUES (1)") == Verdict::keep);
}

TEST_CASE("SessionWhoseStartWasNotSeenMayBeAnywhere") {
  Log log;
  CHECK(log.query("USE other") == Verdict::keep);
  CHECK(log.query("INSERT INTO t VALUES (1)") == Verdict::keep);
}

TEST_CASE("WithoutAListEverythingButTheServersOwnIsMirrored") {
  Log log(false, {});
  CHECK(log.query("INSERT INTO anything.t VALUES (1)") == Verdict::keep);
  CHECK(log.query("INSERT INTO mysql.t VALUES (1)") == Verdict::schema);
}

TEST_CASE("ConnectTextGivesTheDatabaseOrDoubt") {
  CHECK(database_of_connect("shop@localhost on app using TCP/IP").name == "app");
  CHECK(database_of_connect("shop@localhost on  using Socket").certain);
  CHECK(database_of_connect("shop@localhost on  using Socket").name.empty());
  CHECK_FALSE(database_of_connect("Access denied for user 'x'@'localhost' (using password: YES)").certain);
  CHECK_FALSE(database_of_connect("on on on@localhost on app using TCP/IP").certain);
  CHECK_FALSE(database_of_connect("").certain);
}

TEST_CASE("UserHostGivesTheUser") {
  CHECK(user_of("shop[shop] @ localhost []") == "shop");
  CHECK(user_of("[shop] @ localhost [127.0.0.1]") == "shop");
  CHECK(user_of("") == "");
  CHECK(user_of("[] @  []") == "");
}

TEST_CASE("VersionCommentThatAnotherServerSkipsIsNoRead") {
  Filter filter({{"app"}, "dwx", false});
  LogRow row;
  row.user_host = "shop[shop] @ h []";
  row.command_type = "Query";
  row.text = "/*!99999 EXPLAIN */ DELETE FROM app.t";
  CHECK(filter.judge(row) == Verdict::keep);
}

TEST_CASE("CharacterThatHidesABackslashIsNoRead") {
  Filter filter({{"app"}, "dwx", false});
  LogRow row;
  row.user_host = "shop[shop] @ h []";
  row.command_type = "Query";
  row.text = "SELECT '\xB5\x5C'; DELETE FROM app.t; -- '";
  CHECK(filter.judge(row) == Verdict::keep);
}
