// The message when a run has ended: what each preset sends, what a webhook that fails does to the run
// (nothing), and that no token is ever shown.

#include <algorithm>

#include <nlohmann/json.hpp>

#include "tests/support/catch.h"
#include "tests/support/http_listener.h"
#include "tests/support/mirror_pair.h"

using namespace dw::test;
using nlohmann::json;

namespace {

constexpr const char* kToken = "syt_c2VjcmV0_token";
constexpr const char* kPassword = "pass:word with ümlaut";

MirrorPair& pair() {
  static MirrorPair* const one = [] {
    PairOptions options;
    options.retention = "archive";
    static MirrorPair made{options};
    made.source().sql("CREATE DATABASE app; CREATE TABLE app.t (id INT AUTO_INCREMENT PRIMARY KEY, a INT)");
    made.sync();
    write_file(made.file("token"), std::string(kToken) + "\n", 0600);
    write_file(made.file("password"), std::string(kPassword) + "\n", 0600);
    return &made;
  }();
  return *one;
}

void set_webhooks(const std::string& list) {
  pair().write_load_config(pair().url(), R"(, "attempts": 1)", ", \"webhooks\": [" + list + "]");
}

// A sync with something of every kind in it; what it sent, and that it showed no secret.
std::vector<HttpRequest> requests_of_a_run(HttpListener& listener, int exit_code = 0,
                                           const std::string& statement = "") {
  listener.forget_requests();
  if (statement.empty()) {
    pair().source().sql(
        "INSERT INTO t (a) VALUES (1); UPDATE t SET a=a+1; BEGIN; INSERT INTO t (a) VALUES (2); ROLLBACK; "
        "DELETE FROM t",
        "app");
  } else {
    pair().source().sql(statement);
  }
  const ProcessResult result = pair().load({"sync"});
  INFO(result.err);
  CHECK(result.exit_code == exit_code);
  for (const char* secret : {kToken, kPassword})
    CHECK((result.out + result.err).find(secret) == std::string::npos);
  return listener.requests();
}

// What the last batches on the mirror add up to since `before`, as the message has it.
json sums() {
  const std::string columns[] = {"received",    "applied", "retained", "withheld",
                                 "rolled_back", "inner",   "ignored",  "failed"};
  json out;
  for (const std::string& column : columns) {
    out[column] =
        std::stoull(pair().mirror().sql("SELECT COALESCE(SUM(`" + column + "`),0) FROM dw_meta.batches"));
  }
  return out;
}

json difference(const json& after, const json& before) {
  json out;
  for (const auto& [name, value] : after.items())
    out[name] = value.get<std::uint64_t>() - before[name].get<std::uint64_t>();
  return out;
}

std::ptrdiff_t lines_of(const std::string& text) {
  return std::count(text.begin(), text.end(), '\n');
}

}  // namespace

TEST_CASE("matrix: a message into the room, each with an id of its own") {
  HttpListener homeserver;
  set_webhooks(R"({"preset": "matrix", "url": ")" + homeserver.url() +
               R"(", "room": "!abc/d e:example.org", "token_file": "token"})");
  std::vector<std::string> targets;
  for (int run = 0; run < 2; ++run) {
    const json before = sums();
    const auto requests = requests_of_a_run(homeserver);
    const json now = difference(sums(), before);
    REQUIRE(requests.size() == 1);
    const HttpRequest& request = requests[0];
    CHECK(request.method == "PUT");
    const std::string prefix = "/_matrix/client/v3/rooms/%21abc%2Fd%20e%3Aexample.org/send/m.room.message/";
    CHECK(request.target.starts_with(prefix));
    CHECK(request.target.size() > prefix.size());
    CHECK(request.target.find('/', prefix.size()) == std::string::npos);
    targets.push_back(request.target);
    CHECK(request.headers.at("authorization") == std::string("Bearer ") + kToken);
    CHECK(request.headers.at("content-type") == "application/json");
    const json body = json::parse(request.body);
    CHECK(body.size() == 2);
    CHECK(body["msgtype"] == "m.notice");
    const std::string text = body["body"];
    CHECK_THAT(text, Catch::Contains(std::to_string(now["received"].get<int>()) + " statements"));
    CHECK_THAT(text, Catch::Contains(std::to_string(now["applied"].get<int>()) + " applied"));
    CHECK_THAT(text, Catch::Contains("1 retained"));
    CHECK_THAT(text, Catch::Contains("1 rolled back"));
    CHECK_THAT(text, Catch::Contains("lag "));
    CHECK(text.find(kToken) == std::string::npos);
  }
  CHECK(targets[0] != targets[1]);
}

TEST_CASE("maubot: Bearer or Basic, and a message with the numbers beside it") {
  HttpListener bot;
  set_webhooks(R"({"preset": "maubot", "url": ")" + bot.url("/_matrix/maubot/plugin/dw/send") +
               R"(", "token_file": "token"})");
  const json before = sums();
  auto requests = requests_of_a_run(bot);
  const json now = difference(sums(), before);
  REQUIRE(requests.size() == 1);
  CHECK(requests[0].method == "POST");
  CHECK(requests[0].target == "/_matrix/maubot/plugin/dw/send");
  CHECK(requests[0].headers.at("authorization") == std::string("Bearer ") + kToken);
  CHECK(requests[0].headers.at("content-type") == "application/json");
  const json body = json::parse(requests[0].body);
  CHECK_THAT(body["message"].get<std::string>(),
             Catch::Contains(std::to_string(now["received"].get<int>()) + " statements"));
  CHECK(body["statements"] == now);

  set_webhooks(R"({"preset": "maubot", "url": ")" + bot.url("/hook") +
               R"(", "user": "dw", "password_file": "password"})");
  requests = requests_of_a_run(bot);
  REQUIRE(requests.size() == 1);
  CHECK(requests[0].headers.at("authorization") == "Basic ZHc6cGFzczp3b3JkIHdpdGggw7xtbGF1dA==");
}

TEST_CASE("generic: every number of the run, and headers of one's own") {
  HttpListener hook;
  set_webhooks(R"({"url": ")" + hook.url("/hook?channel=ops") +
               R"(", "headers": {"X-Room": "ops", "Authorization": "Token t0ken"}})");
  const json before = sums();
  const auto requests = requests_of_a_run(hook);
  const json now = difference(sums(), before);
  REQUIRE(requests.size() == 1);
  CHECK(requests[0].method == "POST");
  CHECK(requests[0].target == "/hook?channel=ops");
  CHECK(requests[0].headers.at("x-room") == "ops");
  CHECK(requests[0].headers.at("authorization") == "Token t0ken");
  CHECK(requests[0].headers.at("content-type") == "application/json");
  const json body = json::parse(requests[0].body);
  CHECK(body["status"] == "ok");
  CHECK(body["exit_code"] == 0);
  CHECK(body["lag_seconds"].is_number());
  CHECK(body["seconds"].get<double>() > 0);
  CHECK(!body["source"].get<std::string>().empty());
  CHECK(body["statements"] == now);
  std::uint64_t sum = 0;
  for (const auto& [name, value] : body["statements"].items())
    sum += name == "received" ? 0 : value.get<std::uint64_t>();
  CHECK(sum == body["statements"]["received"]);
  CHECK(body["statements"]["retained"] == 1);
  CHECK(body["statements"]["rolled_back"] == 1);
}

TEST_CASE("generic: a template of one's own, with numbers bare and text escaped") {
  HttpListener hook;
  const std::string text =
      R"({\"text\": \"dw: {{text}}\", \"n\": {{statements.received}}, \"w\": {{statements.retained}}, \"lag\": {{lag_seconds}}, )"
      R"(\"state\": \"{{status}}\", \"code\": {{exit_code}}, \"none\": {{no.such}}, \"literal\": \"{ {x} }\"})";
  const std::string webhook =
      R"({"preset": "generic", "url": ")" + hook.url() + R"(", "template": ")" + text + "\"}";
  set_webhooks(webhook);
  const json before = sums();
  auto requests = requests_of_a_run(hook);
  const json now = difference(sums(), before);
  REQUIRE(requests.size() == 1);
  INFO(requests[0].body);
  json body = json::parse(requests[0].body, nullptr, false);
  REQUIRE(body.is_object());
  CHECK_THAT(body["text"].get<std::string>(),
             Catch::Contains("dw: dw-load: " + std::to_string(now["received"].get<int>()) + " statements"));
  CHECK(body["n"] == now["received"]);
  CHECK(body["w"] == 1);
  CHECK(body["lag"].is_number());
  CHECK(body["state"] == "ok");
  CHECK(body["code"] == 0);
  CHECK(body["none"].is_null());
  CHECK(body["literal"] == "{ {x} }");

  // A failure's text has quotes and whatever the server said; it must stay one JSON string.
  HttpListener liar;
  liar.answer(
      {.status = 400,
       .body = R"({"error":{"code":"x","message":"a \"quoted\" \\ word\nand a second line {{status}} é"}})"});
  pair().write_load_config(liar.url("/cgi-bin/dw-extract"), R"(, "attempts": 1)",
                           ", \"webhooks\": [" + webhook + "]");
  requests = requests_of_a_run(hook, 1);
  REQUIRE(requests.size() == 1);
  INFO(requests[0].body);
  body = json::parse(requests[0].body, nullptr, false);
  REQUIRE(body.is_object());
  CHECK_THAT(body["text"].get<std::string>(), Catch::Contains("a \"quoted\" \\ word"));
  CHECK_THAT(body["text"].get<std::string>(), Catch::Contains("{{status}} é"));
  CHECK(body["state"] == "failed");
  CHECK(body["code"] == 1);
  CHECK(body["lag"].is_null());  // no batch came: nothing is known of it
}

TEST_CASE("webhooks that answer 500, are down or hang: a warning each, and the run is good") {
  HttpListener broken;
  broken.answer({.status = 500, .body = "no"});
  HttpListener slow;
  slow.answer({.delay = std::chrono::seconds(30)});
  HttpListener good;
  std::string down;
  {
    const HttpListener gone;
    down = gone.url();
  }
  set_webhooks(R"({"url": ")" + broken.url("/x") + R"("}, {"url": ")" + down + R"("}, {"url": ")" +
               slow.url() +
               R"(", "timeout_seconds": 1}, {"preset": "maubot", "token_file": "token", "url": ")" +
               good.url() + "\"}");
  pair().source().sql("INSERT INTO app.t (a) VALUES (7)");
  const auto started = std::chrono::steady_clock::now();
  const ProcessResult result = pair().load({"sync"});
  CHECK(std::chrono::steady_clock::now() - started < std::chrono::seconds(20));
  INFO(result.err);
  CHECK(result.exit_code == 0);
  CHECK_THAT(result.out, Catch::Contains(" applied"));
  CHECK(lines_of(result.err) == 3);
  CHECK_THAT(result.err,
             Catch::Contains("dw-load: webhook generic answered 500: check its url and its token\n"));
  CHECK_THAT(result.err, Catch::Contains("dw-load: webhook generic failed: "));
  CHECK(result.err.find(kToken) == std::string::npos);
  CHECK(good.requests().size() == 1);  // those behind a bad one are still told
  CHECK(slow.requests().size() == 1);
}

TEST_CASE("a webhook whose token file has gone is a config that cannot be, before anything runs") {
  HttpListener bot;
  set_webhooks(R"({"preset": "maubot", "url": ")" + bot.url() + R"(", "token_file": "no-such-token"})");
  const ProcessResult result = pair().load({"sync"});
  CHECK(result.exit_code == 2);
  CHECK(lines_of(result.err) == 1);
  CHECK_THAT(result.err, Catch::Contains("access token file"));
  set_webhooks(R"({"preset": "matrix", "url": ")" + bot.url() + R"(", "room": "!a:b"})");
  CHECK_THAT(pair().load({"sync"}).err, Catch::Contains("\"webhooks[0].token_file\" is missing"));
  std::filesystem::permissions(pair().file("token"), std::filesystem::perms(0644));
  set_webhooks(R"({"preset": "maubot", "url": ")" + bot.url() + R"(", "token_file": "token"})");
  const ProcessResult readable = pair().load({"sync"});
  CHECK(readable.exit_code == 2);
  CHECK_THAT(readable.err, Catch::Contains("token is readable by everybody: chmod o-rwx"));
  std::filesystem::permissions(pair().file("token"), std::filesystem::perms(0600));
  CHECK(bot.requests().empty());
}

TEST_CASE("a run that failed sends its failure, with the exit code") {
  HttpListener homeserver;
  HttpListener hook;
  set_webhooks(R"({"preset": "matrix", "url": ")" + homeserver.url() +
               R"(", "room": "!a:b", "token_file": "token"}, {"url": ")" + hook.url() + "\"}");
  pair().mirror().stop();
  const ProcessResult result = pair().load({"sync"});
  pair().mirror().start_again();
  CHECK(result.exit_code == 7);
  CHECK(lines_of(result.err) == 1);
  REQUIRE(homeserver.requests().size() == 1);
  const json message = json::parse(homeserver.requests()[0].body);
  CHECK(message["msgtype"] == "m.text");
  CHECK_THAT(message["body"].get<std::string>(),
             Catch::Contains("dw-load failed (exit 7): the mirror cannot be reached"));
  REQUIRE(hook.requests().size() == 1);
  const json body = json::parse(hook.requests()[0].body);
  CHECK(body["status"] == "failed");
  CHECK(body["exit_code"] == 7);
  CHECK_THAT(body["text"].get<std::string>(), Catch::Contains("exit 7"));
  CHECK(body["statements"]["received"] == 0);
}

TEST_CASE("a failed run whose webhook fails too keeps its exit code") {
  HttpListener broken;
  broken.answer({.status = 502});
  pair().write_load_config("https://127.0.0.1:9/cgi-bin/dw-extract", R"(, "attempts": 1)",
                           R"(, "webhooks": [{"url": ")" + broken.url() + "\"}]");
  const ProcessResult result = pair().load({"sync"});
  CHECK(result.exit_code == 6);
  CHECK(lines_of(result.err) == 2);
  CHECK(broken.requests().size() == 1);
}

TEST_CASE("a gap and a log that is off are in the message") {
  HttpListener hook;
  set_webhooks(R"({"url": ")" + hook.url() + "\"}");
  pair().source().sql("SET GLOBAL general_log=OFF");
  const ProcessResult result = pair().load({"sync"});
  pair().source().sql("SET GLOBAL general_log=ON");
  CHECK(result.exit_code == 4);
  REQUIRE(hook.requests().size() == 1);
  const json body = json::parse(hook.requests()[0].body);
  CHECK(body["exit_code"] == 4);
  CHECK(body["status"] == "failed");
  CHECK_THAT(body["text"].get<std::string>(), Catch::Contains("general log is OFF"));
}
