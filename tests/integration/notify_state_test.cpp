// Each state of a run produced for real, and its message received by a real HTTP listener.

#include <atomic>
#include <thread>

#include <nlohmann/json.hpp>

#include "tests/support/catch.h"
#include "tests/support/http_listener.h"
#include "tests/support/mirror_pair.h"

using namespace dw::test;
using nlohmann::json;

namespace {

// A pair of its own for each case: a state must not come from the one before.
class Told {
 public:
  explicit Told(const std::string& webhook, const std::string& more = "") : pair_(PairOptions{}) {
    pair_.source().sql("CREATE DATABASE app; CREATE TABLE app.t (id INT PRIMARY KEY)");
    pair_.write_load_config(
        pair_.url(), R"(, "attempts": 1)",
        R"(, "webhooks": [{"url": ")" + listener_.url("/hook") + "\", " + webhook + "}]" + more);
  }
  MirrorPair& pair() { return pair_; }
  HttpListener& listener() { return listener_; }

  std::vector<HttpRequest> run(int exit_code, const std::vector<std::string>& words = {"sync"}) {
    listener_.forget_requests();
    const ProcessResult result = pair_.load(words);
    INFO(result.out << result.err);
    CHECK(result.exit_code == exit_code);
    return listener_.requests();
  }
  // The one message's text.
  std::string text(int exit_code, const std::vector<std::string>& words = {"sync"}) {
    const auto requests = run(exit_code, words);
    REQUIRE(requests.size() == 1);
    return json::parse(requests[0].body).at("text");
  }
  void edit(const std::string& file, const std::string& from, const std::string& to) {
    std::string content = read_file(pair_.file(file));
    const std::size_t at = content.find(from);
    REQUIRE(at != std::string::npos);
    write_file(pair_.file(file), content.replace(at, from.size(), to), 0600);
  }

 private:
  HttpListener listener_;
  MirrorPair pair_;
};

constexpr const char* kChanges = R"("when": ["change"])";

}  // namespace

TEST_CASE("failures and recoveries: one message each, and none for the same again") {
  Told told(kChanges);
  CHECK(told.run(0).empty());
  told.pair().mirror().stop();
  CHECK_THAT(told.text(7), Catch::Contains("failed (exit 7): the mirror cannot be reached"));
  CHECK(told.run(7).empty());
  told.pair().mirror().start_again();
  CHECK_THAT(told.text(0), Catch::StartsWith("RECOVERED from failed: dw-load: "));
  CHECK(told.run(0).empty());
}

TEST_CASE("a gap, and a log that is off") {
  Told told(kChanges);
  CHECK(told.run(0).empty());
  told.pair().source().sql("TRUNCATE TABLE mysql.general_log; INSERT INTO app.t VALUES (1)");
  CHECK_THAT(told.text(4), Catch::Contains("GAP in the log"));
  CHECK_THAT(told.text(3), Catch::Contains("NEEDS EYES: behind a gap in the log"));  // nothing proves it
  CHECK_THAT(told.text(0, {"verify", "--repair"}), Catch::StartsWith("RECOVERED from "));
  told.pair().source().sql("SET GLOBAL general_log = 0");
  CHECK_THAT(told.text(4), Catch::Contains("general log is OFF"));
  told.pair().source().sql("SET GLOBAL general_log = 1");
}

TEST_CASE("a source that is another one") {
  Told told(kChanges);
  CHECK(told.run(0).empty());
  told.edit("extract.json", "{", R"({"source_id": "somebody-else",)");
  CHECK_THAT(told.text(3), Catch::Contains("SOURCE IS ANOTHER ONE"));
  CHECK(told.run(3).empty());
  told.edit("load.json", R"("in_sync": false)", R"("in_sync": true)");
  CHECK_THAT(told.text(0, {"sync", "--accept-source"}), Catch::StartsWith("RECOVERED from identity-changed"));
}

TEST_CASE("production that logs no change is quiet, and no failure") {
  Told told(kChanges, R"(, "quiet_after_seconds": 1)");
  std::this_thread::sleep_for(std::chrono::seconds(2));
  CHECK_THAT(told.text(0), Catch::Contains("quiet: production has logged no change since 20"));
  told.pair().source().sql("INSERT INTO app.t VALUES (1)");
  CHECK_THAT(told.text(0), Catch::StartsWith("RECOVERED from quiet"));
}

TEST_CASE("an open transaction that holds the mirror back for long is a stall") {
  Told told(kChanges, R"(, "stalled_after_seconds": 1, "hold_after_seconds": 1000)");
  CHECK(told.run(0).empty());
  const Process client = Process::start(
      {"mariadb", "--no-defaults", "-uroot", "--protocol=tcp",
       "--port=" + std::to_string(told.pair().source().port()), "-e",
       "BEGIN; INSERT INTO app.t VALUES (1); SELECT SLEEP(600)"},
      {.stdout_file = told.pair().file("client.out"), .stderr_file = told.pair().file("client.err")});
  std::string text;
  for (int i = 0; i < 50 && text.empty(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    const auto requests = told.run(0);
    if (!requests.empty()) text = json::parse(requests[0].body).at("text");
  }
  CHECK_THAT(text, Catch::Contains("STALLED"));
}

TEST_CASE("a statement that nobody understands needs eyes") {
  Told told(kChanges);
  CHECK(told.run(0).empty());
  CHECK_THROWS(told.pair().source().sql("INSERT INTO app.t VALUES ('"));
  CHECK_THAT(told.text(3), Catch::Contains("NEEDS EYES: 1 statements were not understood"));
}

TEST_CASE("rows that differ from production's are drift until they are mended") {
  Told told(kChanges);
  told.pair().source().sql("INSERT INTO app.t VALUES (41)");
  CHECK(told.run(0).empty());
  told.pair().mirror().sql("UPDATE app.t SET id=42 WHERE id=41");
  told.edit("load.json", R"("in_sync": false)", R"("repair": false)");
  CHECK_THAT(told.text(3), Catch::Contains("DRIFT: 1 tables differ from production's"));
  CHECK(told.run(3).empty());
  told.edit("load.json", R"("repair": false)", R"("repair": true)");
  CHECK_THAT(told.text(0), Catch::StartsWith("RECOVERED from drift"));
}

TEST_CASE("a day's digest") {
  Told told(R"("when": ["daily"])");
  CHECK(told.run(0).empty());
  // As if that run had been yesterday's.
  const json memory = json::parse(read_file(told.pair().file("spool/notify.json")));
  told.edit("spool/notify.json", "\"date\": \"" + memory["today"]["date"].get<std::string>(),
            "\"date\": \"2026-11-01");
  CHECK_THAT(told.text(0), Catch::StartsWith("dw-load, 2026-11-01: 1 runs, 0 failed; "));
  CHECK(told.run(0).empty());
}

TEST_CASE("healthchecks: start, success, and a failure with the run's last lines") {
  Told told(R"("preset": "healthchecks")");
  const auto good = told.run(0);
  REQUIRE(good.size() == 2);
  CHECK(good[0].target == "/hook/start");
  CHECK(good[1].target == "/hook");
  told.pair().mirror().stop();
  const auto bad = told.run(7);
  REQUIRE(bad.size() == 2);
  CHECK(bad[1].target == "/hook/fail");
  CHECK_THAT(bad[1].body, Catch::Contains("the mirror cannot be reached"));
}

// What a hook said is in no list of warnings: it stands in the last lines only.
TEST_CASE("healthchecks: a failure has the last lines that the run said") {
  Told told(R"("preset": "healthchecks")", R"(, "hooks": {"before_begin": ["grumble"]})");
  write_file(told.pair().file("grumble"), "#!/bin/sh\necho the disk is hot >&2\nexit 3\n", 0755);
  told.pair().web().stop();
  const auto heard = told.run(6);
  REQUIRE(heard.size() == 2);
  CHECK(heard[1].target == "/hook/fail");
  CHECK_THAT(heard[1].body, Catch::Contains("warning: hook before_begin: ") &&
                                Catch::Contains("the disk is hot") && Catch::Contains(" error: source "));
}

TEST_CASE(
    "what keeps a run from its start is told, and so is what nobody foresaw; a lock that is held is not") {
  Told told(R"("preset": "healthchecks")");
  CHECK(told.run(0).size() == 2);
  {
    const Process holder =
        Process::start({"flock", told.pair().file("spool") / "dw-load.lock", "sleep", "600"});
    ProcessResult result;
    for (int attempt = 0; attempt < 100 && result.exit_code != 5; ++attempt) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      result = told.pair().load({"sync", "--dry-run"});
    }
    CHECK(told.run(5).empty());
  }
  const auto failed = [&](int exit_code, const std::vector<std::string>& words, const std::string& why) {
    const auto heard = told.run(exit_code, words);
    REQUIRE_FALSE(heard.empty());
    CHECK(heard.back().target == "/hook/fail");
    CHECK_THAT(heard.back().body, Catch::Contains(why));
  };
  // A hook takes the spool folder away under the run.
  write_file(told.pair().file("thief"), "#!/bin/sh\nrm -r \"$(dirname \"$0\")/spool\"\n", 0755);
  told.edit("load.json", R"("webhooks")", R"("hooks": {"before_begin": ["thief"]}, "webhooks")");
  failed(1, {"sync"}, "cannot be read: No such file or directory");
  std::filesystem::remove_all(told.pair().file("spool"));
  write_file(told.pair().file("spool"), "a file\n", 0600);
  failed(2, {"sync"}, "spool folder");
  failed(2, {"baseline"}, "spool folder");
  std::filesystem::remove(told.pair().file("spool"));
  std::filesystem::create_directories(told.pair().file("spool/dw-load.lock"));
  failed(1, {"sync"}, "opening the lock file");
  failed(1, {"apply", "none.json"}, "opening the lock file");
}

TEST_CASE("a first copy tells its beginning and its end, well or badly") {
  Told told(R"("preset": "healthchecks")");
  told.pair().web().stop();
  auto heard = told.run(6, {"baseline"});
  REQUIRE(heard.size() == 2);
  CHECK(heard[0].target == "/hook/start");
  CHECK(heard[1].target == "/hook/fail");
  told.pair().web().start_again();
  heard = told.run(0, {"baseline"});
  REQUIRE(heard.size() == 2);
  CHECK(heard[1].target == "/hook");
  CHECK_THAT(heard[1].body, Catch::StartsWith("dw-load: the first copy is there") &&
                                Catch::Contains("copied 1 tables, 0 rows"));
}

TEST_CASE("slack and discord: a trouble and its end, posted to a URL that stands in a file") {
  for (const char* preset : {"slack", "discord"}) {
    DYNAMIC_SECTION(preset) {
      Told told(kChanges);
      CHECK(told.run(0).empty());
      HttpListener service;
      const std::string secret = "/services/T0/B0/s3cret";
      write_file(told.pair().file("hook.url"), service.url(secret) + "\n", 0600);
      told.edit("load.json", R"("webhooks": [)",
                R"("webhooks": [{"preset": ")" + std::string(preset) +
                    R"(", "url_file": "hook.url", "when": ["change"]}, )");
      told.pair().source().sql("SET GLOBAL general_log = 0");
      told.run(4);
      told.pair().source().sql("SET GLOBAL general_log = 1");
      told.run(0);
      const auto requests = service.requests();
      REQUIRE(requests.size() == 2);
      const char* const key = std::string(preset) == "slack" ? "text" : "content";
      for (const HttpRequest& request : requests) {
        CHECK(request.method == "POST");
        CHECK(request.target == secret);
        CHECK(request.headers.at("content-type") == "application/json");
      }
      CHECK_THAT(json::parse(requests[0].body).at(key).get<std::string>(),
                 Catch::Contains("general log is OFF"));
      CHECK_THAT(json::parse(requests[1].body).at(key).get<std::string>(),
                 Catch::StartsWith("RECOVERED from gap"));
    }
  }
}

TEST_CASE("each run is told where nothing else is said") {
  Told told(R"("timeout_seconds": 10)");
  for (int run = 0; run < 2; ++run) CHECK_THAT(told.text(0), Catch::StartsWith("dw-load: "));
}

// The service raises the alarm when a start has no end within its time.
TEST_CASE("healthchecks hears the start of a run that is killed, and no success") {
  Told told(R"("preset": "healthchecks")", R"(, "hooks": {"before_begin": ["slow"]})");
  write_file(told.pair().file("slow"), "#!/bin/sh\nexec sleep 600\n", 0755);
  Process run = told.pair().start_load({"sync"});
  REQUIRE(told.listener().wait_for_requests(1, std::chrono::seconds(20)));
  run.kill9();
  const auto heard = told.listener().requests();
  REQUIRE(heard.size() == 1);
  CHECK(heard[0].target == "/hook/start");
}

TEST_CASE("ntfy: the message is the body, the rest stands in headers") {
  Told told(R"("preset": "ntfy")");
  const auto good = told.run(0);
  REQUIRE(good.size() == 1);
  CHECK(good[0].headers.at("title") == "dw-load: ok");
  CHECK(good[0].headers.at("priority") == "low");
  CHECK_THAT(good[0].body, Catch::StartsWith("dw-load: "));
  told.pair().source().sql("SET GLOBAL general_log = 0");
  CHECK(told.run(4).at(0).headers.at("priority") == "high");
  CHECK_FALSE(good[0].headers.contains("authorization"));

  write_file(told.pair().file("ntfy.token"), "tk_s3cret\n", 0600);
  told.edit("load.json", R"("preset": "ntfy")", R"("preset": "ntfy", "token_file": "ntfy.token")");
  CHECK(told.run(4).at(0).headers.at("authorization") == "Bearer tk_s3cret");
}

namespace {

// What healthchecks does with a check: it listens, and where no end of a run is heard for the check's period,
// it calls somebody.
class Check {
 public:
  explicit Check(std::chrono::milliseconds period) : period_(period), watch_([this] { watch(); }) {}
  Check(const Check&) = delete;
  Check& operator=(const Check&) = delete;
  ~Check() {
    done_ = true;
    watch_.join();
  }

  [[nodiscard]] std::string url() const { return listener_.url("/ping/1"); }
  [[nodiscard]] bool is_down() const { return down_; }
  [[nodiscard]] bool goes_down_within(std::chrono::milliseconds time) const {
    const auto end = std::chrono::steady_clock::now() + time;
    while (!down_ && std::chrono::steady_clock::now() < end)
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    return down_;
  }

 private:
  void watch() {
    std::size_t heard = 0;
    auto last = std::chrono::steady_clock::now();
    while (!done_) {
      const std::vector<HttpRequest> requests = listener_.requests();
      const auto now = std::chrono::steady_clock::now();
      const bool ended = requests.size() > heard && !requests.back().target.ends_with("/start");
      heard = requests.size();
      if (ended) last = now;
      down_ = now - last > period_;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }

  HttpListener listener_;
  std::chrono::milliseconds period_;
  std::atomic<bool> down_ = false;
  std::atomic<bool> done_ = false;
  std::thread watch_;
};

}  // namespace

TEST_CASE("healthchecks calls when the line in cron has gone, and is content when it is back") {
  Told told(R"("preset": "healthchecks")");
  const Check check(std::chrono::seconds(8));
  told.edit("load.json", R"("webhooks": [)",
            R"("webhooks": [{"preset": "healthchecks", "url": ")" + check.url() + "\"}, ");
  for (int run = 0; run < 3; ++run) {
    told.run(0);
    CHECK_FALSE(check.is_down());
  }
  CHECK(check.goes_down_within(std::chrono::seconds(60)));  // nobody starts a run
  told.run(0);
  for (int look = 0; look < 50 && check.is_down(); ++look)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  CHECK_FALSE(check.is_down());
}

TEST_CASE("a message that did not arrive is sent with the next run") {
  Told told(kChanges);
  CHECK(told.run(0).empty());
  HttpListener hook;
  hook.answer({.status = 500});
  told.edit("load.json", "/hook\"", "/hook\", \"timeout_seconds\": 2");
  const std::string url = R"({"url": ")" + hook.url("/other") + R"(", "when": ["change"]}, )";
  told.edit("load.json", R"("webhooks": [)", R"("webhooks": [)" + url);
  told.pair().source().sql("SET GLOBAL general_log = 0");
  told.run(4);
  CHECK(hook.requests().size() == 1);
  hook.answer({});
  told.run(4);
  CHECK(hook.requests().size() == 2);
  told.run(4);
  CHECK(hook.requests().size() == 2);
}

TEST_CASE(
    "media: what scripts/mirror-media left goes out in the same messages, and its failure is told once") {
  Told told(kChanges, R"(, "media": {"result_file": "media.json"})");
  CHECK_THAT(told.text(0), Catch::Contains("MEDIA FAILED: no result yet"));
  CHECK(told.run(0).empty());
  const auto write = [&](const std::string& status, const std::string& error) {
    const std::string at =
        told.pair().mirror().sql("SELECT DATE_FORMAT(UTC_TIMESTAMP(), '%Y-%m-%dT%H:%i:%sZ')");
    write_file(told.pair().file("media.json"),
               R"({"kind":"media","status":")" + status + R"(","at":")" + at.substr(0, at.size() - 1) +
                   R"(","copied":2,"kept":1,"verified":7,"error":")" + error + "\"}\n",
               0644);
  };
  write("ok", "");
  CHECK_THAT(told.text(0), Catch::Contains("; media: 2 copied, 1 kept, 7 verified"));
  write("failed", "unexpected EOF");
  const auto requests = told.run(0);
  REQUIRE(requests.size() == 1);
  const json sent = json::parse(requests[0].body);
  CHECK_THAT(sent.at("text").get<std::string>(), Catch::Contains("MEDIA FAILED: unexpected EOF"));
  CHECK(sent.at("state") == "media");
  CHECK(sent.at("media").at("verified") == 7);
}
