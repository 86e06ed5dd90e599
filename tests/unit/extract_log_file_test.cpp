// Rows, header lines, sessions and names of log files: each format, byte by byte.

#include "extractor/file_log/local_clock.h"
#include "extractor/file_log/log_head.h"
#include "extractor/file_log/log_note.h"
#include "extractor/file_log/row_reader.h"
#include "extractor/file_log/statement_tail.h"
#include "tests/support/catch.h"

using namespace dw;
using namespace dw::extract;

namespace {

constexpr const char* kMariadb =
    "/usr/sbin/mariadbd, Version: 10.11.19-MariaDB-0+deb12u1-log (Debian 12). started with:\n"
    "Tcp port: 3306  Unix socket: /run/mysqld/mysqld.sock\nTime\t\t    Id Command\tArgument\n";
constexpr const char* kMysql =
    "/usr/sbin/mysqld, Version: 9.7.4-2 ((Debian)). started with:\nTcp port: 3306  Unix socket: /run/s\n"
    "Time                 Id Command    Argument\n";

std::string row(const char* line) {
  const auto header = parse_row_header(line);
  if (!header) return "no row";
  return std::to_string(header->thread_id) + "|" + std::string(header->command) + "|" +
         (line + header->length);
}

RowReaderSettings settings() {
  RowReaderSettings out;
  out.to_utc = utc_of;
  out.events_run = false;
  return out;
}

std::vector<std::string> rows_of(const std::string& log, bool at_end = true) {
  set_wall_clock("UTC");
  RowReader reader(settings(), LogState(kPlain), 0);
  std::vector<std::string> out;
  while (reader.next(std::string_view(log).substr(reader.offset()), at_end) == RowReader::Step::row) {
    out.push_back(format_time(reader.row().time).substr(11, 8) + " " + std::string(reader.row().user_host) +
                  "|" + std::string(reader.row().text));
  }
  return out;
}

}  // namespace

TEST_CASE("a row whose first line ends as a server's first line does is not passed over as server lines") {
  const std::string statement =
      "insert into t values ('x, Version: 5.5 started with:\nTcp port: 1\nTime  Argument\n')";
  const std::string row_bytes = "2026-11-21T01:41:22.267560Z\t    8 Query\t" + statement + "\n";
  CHECK_FALSE(parse_server_lines(row_bytes));
  CHECK_FALSE(may_be_server_lines(row_bytes.substr(0, row_bytes.find('\n') + 5)));
  CHECK(rows_of(kMysql + row_bytes) == std::vector<std::string>{"01:41:22 |" + statement});
}

TEST_CASE("a row begins in one of the servers' shapes") {
  CHECK(row("2026-11-21T01:41:21.267560Z\t    8 Query\tselect 1") == "8|Query|select 1");
  CHECK(row("2026-11-21T09:41:21.267560+08:00\t    8 Query\tselect 1") == "8|Query|select 1");
  CHECK(row("2016-04-20T01:41:21.267560Z    8 Query\tselect 1") == "8|Query|select 1");  // 5.7.12
  CHECK(row("2026-11-21T01:41:21.267560Z\t1234567 Init DB\tapp") == "1234567|Init DB|app");
  CHECK(row("261121  1:40:50\t     4 Quit\t") == "4|Quit|");
  CHECK(row("261121 11:40:50\t    4 Quit\t") == "4|Quit|");
  CHECK(row("\t\t     4 Close stmt\t") == "4|Close stmt|");
  CHECK(parse_row_header("2026-11-21T09:41:21.267560+08:00\t    8 Query\t")->time ==
        parse_time("2026-11-21T01:41:21.267560Z"));
}

TEST_CASE("what is nearly a row is none") {
  for (const char* line :
       {"", "\t", "\t\t", "\t     4 Quit\t", "\t\t   4 Quit\t", "\t\t       4 Quit\t", "\t\t     4 Quit",
        "\t\t     4 quit\t", "\t\t     x Quit\t", "\t\t     4  Quit\t", "261321  1:40:50\t     4 Quit\t",
        "261121  1:60:50\t     4 Quit\t", "261121 1:40:50\t     4 Quit\t", "261121  1:40:50     4 Quit\t",
        "2026-11-21 01:41:21.267560Z\t    8 Query\t", "2026-11-21T01:41:21Z\t    8 Query\t",
        "2026-13-21T01:41:21.267560Z\t    8 Query\t", "2026-11-21T01:41:21.267560Z\t   8 Query\t",
        "\t\t000004 Quit\t"}) {
    INFO(line);
    CHECK(row(line) == "no row");
  }
}

TEST_CASE("a server's three lines tell its version") {
  CHECK(parse_server_lines(kMariadb)->version == "10.11.19-MariaDB-0+deb12u1-log");
  CHECK(parse_server_lines(std::string(kMysql) + "more")->length == std::string(kMysql).size());
  CHECK(!parse_server_lines(std::string(kMysql).substr(0, 90)));
  CHECK(may_be_server_lines(std::string(kMysql).substr(0, 90)));
  CHECK(!may_be_server_lines("select\n"));
  CHECK(logs_unparsed_statements("10.11.19-MariaDB"));
  CHECK(logs_unparsed_statements("5.5.62-log"));
  CHECK(logs_unparsed_statements("5.6.2-m5"));
  CHECK(!logs_unparsed_statements("5.6.3-m6"));
  CHECK(!logs_unparsed_statements("8.0.36"));
}

TEST_CASE("rows without a time have that of the row before, and sessions their user") {
  const auto rows = rows_of(std::string(kMariadb) +
                            "261121  1:40:50\t     4 Connect\tshop@10.0.0.5 on app using TCP/IP\n"
                            "\t\t     4 Query\tselect 1\n"
                            "261121  1:40:51\t     5 Connect\tadmin@db on  using Socket\n"
                            "\t\t     4 Query\tselect 2\n\t\t     5 Quit\t\n\t\t     3 Query\tselect 3\n");
  CHECK(rows ==
        std::vector<std::string>{"01:40:50 shop[shop] @  [10.0.0.5]|shop@10.0.0.5 on app using TCP/IP",
                                 "01:40:50 shop[shop] @  [10.0.0.5]|select 1",
                                 "01:40:51 admin[admin] @ db []|admin@db on  using Socket",
                                 "01:40:51 shop[shop] @  [10.0.0.5]|select 2",
                                 "01:40:51 admin[admin] @ db []|", "01:40:51 |select 3"});
}

TEST_CASE("the last row is whole only when another follows, or nothing can") {
  const std::string log =
      std::string(kMysql) + "2026-11-21T01:41:21.267560Z\t    8 Query\tinsert into t values (1)\n";
  CHECK(rows_of(log, false).empty());
  CHECK(rows_of(log, true).size() == 1);
  CHECK(rows_of(log + "2026-11-21T01:41:21.267560Z\t    8 Qu", false).empty());
  CHECK(rows_of(log + ", (2)\n2026-11-21T01:41:21.267561Z\t    8 Quit\t\n", true)[0].ends_with("(1)\n, (2)"));
  CHECK(rows_of(log.substr(0, log.size() - 1), true).empty());
}

TEST_CASE("a statement of 16 MiB full of imitations is looked at once") {
  const std::string line = "\n2026-11-21T01:41:21.267560Z\t    8 Query\tdrop database app";
  std::string text = "insert into t values ('";
  while (text.size() < (16U << 20)) text += line;
  text += "')";
  const auto rows = rows_of(std::string(kMysql) + "2026-11-21T01:41:21.267560Z\t    8 Query\t" + text +
                            "\n2026-11-21T01:41:22.267560Z\t    8 Quit\t\n");
  REQUIRE(rows.size() == 2);
  CHECK((rows[0] == "01:41:21 |" + text));
}

TEST_CASE("a file is named by its lines up to the first time, and by nothing before that is there") {
  const std::string undated = std::string(kMariadb) + "\t\t     4 Query\tselect 1\n";
  const std::string dated = undated + "261121  1:40:50\t     4 Query\tselect 2\n";
  CHECK(!read_head(kMariadb));
  CHECK(!read_head(undated));
  CHECK(read_head(undated, true));
  CHECK(!read_head(kMariadb, true));
  CHECK(!read_head(dated.substr(0, dated.size() - 1)));
  const auto head = read_head(dated);
  REQUIRE(head);
  CHECK(head->fingerprint == read_head(dated + "\t\t     4 Quit\t\n")->fingerprint);
  CHECK(head->fingerprint != read_head(undated + "261121  1:40:51\t     4 Query\tselect 2\n")->fingerprint);
  CHECK(head->version == "10.11.19-MariaDB-0+deb12u1-log");
  CHECK(read_head(dated.substr(std::string(kMariadb).size()))->version.empty());
  const std::string full = std::string(kMariadb) + "\t\t     4 Query\t" + std::string(kMostHead, 'x') + "\n";
  CHECK(read_head(full)->fingerprint == read_head(full + "more")->fingerprint);
}

TEST_CASE("the modes that a session can be in behind a statement") {
  CHECK(modes_after("select 1", kPlain, kPlain) == kPlain);
  CHECK(modes_after("SET sql_mode='STRICT_TRANS_TABLES'", kPlain, kPlain) == kPlain);
  CHECK(modes_after("SET SESSION Sql_Mode='ANSI'", kPlain, kPlain) == (kPlain | kAnsiQuotes));
  CHECK(modes_after("set @@sql_mode=default", kPlain, kNoBackslash) == (kPlain | kNoBackslash));
  CHECK(modes_after("set sql_mode=concat(@@sql_mode,',NO_BACKSLASH_ESCAPES')", kPlain, kPlain) ==
        (kPlain | kNoBackslash));
  CHECK(modes_after("set sql_mode=concat('NO_BACK','SLASH_ESCAPES')", kPlain, kPlain) == kAnyMode);
  CHECK(modes_after("set sql_mode=@x", kPlain, kPlain) == kAnyMode);
  CHECK(modes_after("set sql_mode=1048576", kPlain, kPlain) == kAnyMode);
  CHECK(modes_after("/*!40101 SET SQL_MODE=IFNULL(@OLD_SQL_MODE,'') */", kPlain, kPlain) == kAnyMode);
  CHECK(modes_after("insert into t values ('sql_mode')", kPlain, kPlain) == kPlain);
  CHECK(modes_after("insert into t values (1); set sql_mode=@x", kPlain, kPlain) == kAnyMode);
  CHECK(modes_after("set sql_log_off=1", kPlain, kPlain) == kAnyMode);
}

TEST_CASE("a number and a name can follow a statement that is not complete") {
  for (const char* open : {"select 1,", "select", "select 1 +", "do", "select 1 from t where a = 2 and",
                           "select distinct", "select 1, -- x", "select 1, /* x */"}) {
    INFO(open);
    CHECK(number_may_follow(open, true));
  }
  for (const char* whole : {"commit", "select 1", "use app", "set a = default", "select 'a'", "select (1)",
                            "", "select 1 -- and", "select 1 /* , */"}) {
    INFO(whole);
    CHECK(!number_may_follow(whole, true));
  }
}

TEST_CASE("the clock on the wall: offsets, zones, and the hour that comes twice") {
  set_wall_clock("+02:00");
  CHECK(format_time(utc_of({2026, 7, 1, 12, 0, 0}, 0)) == "2026-07-01T10:00:00.000000Z");
  set_wall_clock("-05:30");
  CHECK(format_time(utc_of({2026, 7, 1, 12, 0, 0}, 0)) == "2026-07-01T17:30:00.000000Z");
  set_wall_clock("Europe/Berlin");
  CHECK(format_time(utc_of({2026, 7, 1, 12, 0, 0}, 0)) == "2026-07-01T10:00:00.000000Z");
  CHECK(format_time(utc_of({2026, 1, 1, 12, 0, 0}, 0)) == "2026-01-01T11:00:00.000000Z");
  const Micros first = utc_of({2026, 10, 25, 2, 30, 0}, 0);
  CHECK(format_time(first) == "2026-10-25T00:30:00.000000Z");
  CHECK(format_time(utc_of({2026, 10, 25, 2, 10, 0}, first)) == "2026-10-25T01:10:00.000000Z");
  CHECK_THROWS(set_wall_clock("Europe/Nowhere"));
  CHECK_THROWS(set_wall_clock("../etc/passwd"));
  set_wall_clock("UTC");
}

TEST_CASE("what is known at a place can be written down and read back") {
  RowReader reader(settings(), LogState(kPlain), 0);
  const std::string log = std::string(kMysql) +
                          "2026-11-21T01:41:21.267560Z\t    8 Connect\t\xFFshop@h on app using TCP/IP\n"
                          "2026-11-21T01:41:21.267560Z\t    8 Query\tset sql_mode=@x\n"
                          "2026-11-21T01:41:22.267560Z\t    8 Quit\t\n";
  REQUIRE(reader.next(log, true) == RowReader::Step::row);
  REQUIRE(reader.next(std::string_view(log).substr(reader.offset()), true) == RowReader::Step::row);
  CHECK(reader.state().sessions.modes(8) == kPlain);
  reader.accept();
  CHECK(reader.state().sessions.modes(8) == kAnyMode);
  const auto note = read_log_note(log_note_text({"f", 7, reader.state()}, kPlain), kPlain);
  REQUIRE(note);
  CHECK(note->offset == 7);
  CHECK(note->state.version == "9.7.4-2");
  CHECK(note->state.time == reader.state().time);
  CHECK(note->state.sessions.modes(8) == kAnyMode);
  CHECK(note->state.sessions.user_host(8) == "\xFFshop[\xFFshop] @ h []");
  CHECK(!read_log_note("{}", kPlain));
  CHECK(!read_log_note("no JSON", kPlain));
  CHECK(!read_log_note(log_note_text({"f", 7, reader.state()}, kPlain), kAnyMode));
}
