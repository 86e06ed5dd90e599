// The test support tested: every server that other tests rely on starts, answers, dies and comes again.
#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/certificate_authority.h"
#include "tests/support/database_server.h"
#include "tests/support/http_listener.h"
#include "tests/support/process.h"
#include "tests/support/temp_dir.h"
#include "tests/support/web_server.h"

namespace dw::test {
namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

constexpr auto logged_arguments = "select convert(argument using utf8mb4) from mysql.general_log";

void logs_and_survives_a_kill(ServerKind kind) {
  if (!require_server(kind)) return;
  auto server = DatabaseServer::start(kind, {.general_log_table = true, .general_log_file = true});
  const std::string at_start = server.sql(logged_arguments);
  CHECK_FALSE(contains(at_start, "root@127.0.0.1 on  using TCP/IP\nroot@127.0.0.1"));

  server.sql(
      "create database app; create table app.t(id int primary key, note varchar(20));"
      "insert into app.t values (1, 'Grüße 🐬')");
  CHECK(server.sql("select note from t", "app") == "Grüße 🐬\n");
  CHECK(contains(server.sql(logged_arguments), "insert into app.t values (1,"));
  CHECK(contains(read_file(server.general_log_file()), "insert into app.t values (1,"));
  CHECK_THROWS_WITH(server.sql("select * from app.missing"), Catch::Contains("app.missing"));

  server.kill9();
  CHECK_FALSE(server.running());
  CHECK_THROWS(server.sql("select 1"));
  server.start_again({"--sql-mode=ANSI"});
  CHECK(server.sql("select count(*) from app.t") == "1\n");
  CHECK(contains(server.sql("select @@global.sql_mode"), "ANSI"));
}

void accepts_a_password(ServerKind kind) {
  if (!require_server(kind)) return;
  auto server = DatabaseServer::start(kind);
  const std::string secret = "it's a \"secret\" \\ #1";
  server.sql(
      "set sql_mode='NO_BACKSLASH_ESCAPES'; create user reader@'127.0.0.1' identified by "
      "'it''s a \"secret\" \\ #1'");
  CHECK(server.sql_as("reader", secret, "select current_user()") == "reader@127.0.0.1\n");
  CHECK_THROWS_WITH(server.sql_as("reader", "wrong", "select 1"), Catch::Contains("Access denied"));
}

// Prints what a CGI program is told, and what it is sent.
constexpr auto echo_program = R"sh(#!/bin/sh
printf 'Content-Type: text/plain\r\n\r\n'
printf '%s\n' "path=$PATH_INFO" "query=$QUERY_STRING" "method=$REQUEST_METHOD" \
  "authorization=$HTTP_AUTHORIZATION" "config=$DW_EXTRACT_CONFIG" "https=$HTTPS" "user=$(id -un)"
[ "$REQUEST_METHOD" != POST ] || cat
)sh";

std::string curl(const CertificateAuthority& authority, const std::string& url,
                 const std::string& body = "") {
  std::vector<std::string> words{"curl",
                                 "--silent",
                                 "--show-error",
                                 "--fail",
                                 "--cacert",
                                 authority.ca_file().string(),
                                 "--header",
                                 "Authorization: Bearer open sesame",
                                 url};
  if (!body.empty()) words.insert(words.end(), {"--data-binary", body});
  return run_or_throw(words);
}

void serves_cgi(WebServer (*start)(const WebServerOptions&)) {
  CertificateAuthority authority;
  const TempDir directory;
  write_file(directory / "echo", echo_program, 0755);
  const WebServerOptions options{directory / "echo", "/etc/dw/some.json", authority.issue()};
  auto server = start(options);
  const std::string answer = curl(authority, server.url() + "/v1/batch?after=a%20b");
  CHECK(contains(answer, "path=/v1/batch\n"));
  CHECK(contains(answer, "query=after=a%20b\n"));
  CHECK(contains(answer, "authorization=Bearer open sesame\n"));
  CHECK(contains(answer, "config=/etc/dw/some.json\n"));
  CHECK(contains(answer, "https=on\n"));
  CHECK(contains(curl(authority, server.url()), "path=\n"));
  CHECK(contains(curl(authority, server.url() + "/v1/read", R"({"keys":[1]})"), R"({"keys":[1]})"));

  server.stop();
  CHECK_THROWS(curl(authority, server.url()));
  server.start_again();
  CHECK(contains(curl(authority, server.url() + "/v1/status"), "path=/v1/status\n"));
}

TEST_CASE("MariaDB logs, is killed and starts again", "[support]") {
  logs_and_survives_a_kill(ServerKind::mariadb);
}
TEST_CASE("MySQL logs, is killed and starts again", "[support]") {
  logs_and_survives_a_kill(ServerKind::mysql);
}
TEST_CASE("MariaDB accepts a password", "[support]") {
  accepts_a_password(ServerKind::mariadb);
}
TEST_CASE("MySQL accepts a caching_sha2 password", "[support]") {
  accepts_a_password(ServerKind::mysql);
}

TEST_CASE("a server started by a thread outlives the thread", "[support]") {
  if (!require_server(ServerKind::mariadb)) return;
  std::optional<DatabaseServer> server;
  std::thread([&] { server.emplace(DatabaseServer::start(ServerKind::mariadb)); }).join();
  CHECK(server->sql("select 1") == "1\n");
}

TEST_CASE("a row-based binary log can be had", "[support]") {
  for (const ServerKind kind : {ServerKind::mariadb, ServerKind::mysql}) {
    if (!require_server(kind)) continue;
    const auto server = DatabaseServer::start(kind, {.binlog_row = true});
    CHECK(server.sql("select @@log_bin, @@binlog_format") == "1\tROW\n");
  }
}

TEST_CASE("lighttpd serves a CGI program over TLS", "[support]") {
  serves_cgi(&WebServer::lighttpd);
}
TEST_CASE("Apache serves a CGI program over TLS", "[support]") {
  serves_cgi(&WebServer::apache);
}

TEST_CASE("curl refuses certificates that are not good", "[support]") {
  CertificateAuthority authority;
  const TempDir directory;
  write_file(directory / "echo", echo_program, 0755);
  const auto refused = [&](const Certificate& certificate) {
    const auto server = WebServer::lighttpd({directory / "echo", "/x", certificate});
    CHECK_THROWS_WITH(curl(authority, server.url()), Catch::Contains("certificate"));
  };
  refused(authority.issue("expired", CertificateAuthority::Validity::expired));
  refused(authority.issue_for_host("other", "db.example.org"));
}

TEST_CASE("the listener records requests and answers as told", "[support]") {
  HttpListener listener;
  listener.answer({.status = 204, .body = ""});
  listener.answer("/bad", {.body = "{\"format\":", .declared_length = 100});
  const std::string body(200'000, 'x');
  const auto sent = run({"curl", "--silent", "--output", "-", "--write-out", "%{http_code}", "--header",
                         "X-Key: k", "--data-binary", "@-", listener.url("/hook?a=1")},
                        {.stdin_text = body});
  CHECK(sent.out == "204");
  CHECK(run({"curl", "--silent", listener.url("/bad")}).exit_code == 18);  // a partial file
  REQUIRE(listener.wait_for_requests(2, std::chrono::seconds(5)));
  const auto requests = listener.requests();
  CHECK(requests[0].method == "POST");
  CHECK(requests[0].path == "/hook");
  CHECK(requests[0].target == "/hook?a=1");
  CHECK(requests[0].headers.at("x-key") == "k");
  CHECK(requests[0].body == body);
  CHECK_FALSE(listener.wait_for_requests(3, std::chrono::milliseconds(10)));
}

TEST_CASE("a program's end, output and time limit are told", "[support]") {
  const auto both = run({"sh", "-c", "cat; echo bad >&2; exit 7"}, {.stdin_text = "in"});
  CHECK(both.exit_code == 7);
  CHECK(both.out == "in");
  CHECK(both.err == "bad\n");
  CHECK(both.max_rss_kib > 0);
  const auto slow = run({"sh", "-c", "sleep 60 & sleep 60"}, {.stdin_text = "", .timeout = Milliseconds(50)});
  CHECK(slow.timed_out);
  CHECK(slow.exit_code == 128 + 9);
  CHECK(run({"sh", "-c", "echo $A $PWD"}, {.stdin_text = "", .env = {{"A", "b"}}, .cwd = "/usr"}).out ==
        "b /usr\n");
  CHECK_THROWS_WITH(run({"/no/such/program"}), Catch::Contains("/no/such/program"));
}

TEST_CASE("a temporary directory goes with its object", "[support]") {
  std::filesystem::path path;
  {
    const TempDir directory;
    path = directory.path();
    write_file(directory / "f", "text", 0600);
    CHECK(read_file(directory / "f") == "text");
    CHECK((std::filesystem::status(directory / "f").permissions() & std::filesystem::perms(0777)) ==
          std::filesystem::perms(0600));
  }
  CHECK_FALSE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace dw::test
