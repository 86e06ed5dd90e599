#include "loader/notify/notify.h"

#include "common/mysql/connection.h"
#include "loader/foreign_source.h"
#include "loader/reported_run.h"
#include "tests/support/catch.h"
#include "tests/support/temp_dir.h"

using namespace dw;
using namespace dw::load;

namespace {

constexpr Micros kNow = 20'000 * kDay + 60 * kSecond;

RunReport failed_run() {
  RunReport report;
  report.exit_code = ExitCode::source_unreachable;
  report.error = "source cannot be read";
  return report;
}

WebhookConfig webhook(std::vector<std::string> when, std::string preset = "generic") {
  WebhookConfig config;
  config.preset = std::move(preset);
  config.when = std::move(when);
  return config;
}

// What a webhook hears of runs in turn, each delivered.
class Listener {
 public:
  explicit Listener(WebhookConfig config) : config_(std::move(config)) {}

  std::vector<std::string> hear(const RunReport& report, Micros now = kNow) {
    remember(memory_, report, state_of(report, {}, memory_.last_change, now), now);
    std::vector<std::string> out;
    for (const Message& one : messages_for(config_, told_, memory_, report)) out.push_back(one.text);
    told_ = {memory_.state, memory_.finished.date};
    return out;
  }

 private:
  WebhookConfig config_;
  Memory memory_;
  Told told_;
};

}  // namespace

TEST_CASE("a run's state, each with words of its own") {
  RunReport report;
  const StateRules rules{.quiet_after_seconds = 100, .stalled_after_seconds = 10};
  const auto state = [&](Micros last_change = kNow) { return state_of(report, rules, last_change, kNow); };
  const auto text = [&] { return message_of(report, state(), kNow); };
  CHECK(state() == RunState::ok);
  CHECK(state(kNow - 101 * kSecond) == RunState::quiet);
  CHECK(state(0) == RunState::ok);
  CHECK_THAT(message_of(report, RunState::quiet, kNow),
             Catch::Contains("quiet: production has logged no change"));
  SECTION("stalled") {
    report.events_left = 5;
    CHECK(state() == RunState::ok);
    report.lag = 11 * kSecond;
    CHECK_THAT(text(), Catch::Contains("STALLED"));
  }
  SECTION("gap") {
    report.gap.emplace();
    CHECK_THAT(text(), Catch::Contains("GAP in the log from"));
  }
  SECTION("log off") {
    report.log_enabled = false;
    CHECK_THAT(text(), Catch::Contains("general log is OFF"));
  }
  SECTION("drift") {
    report.drifting_tables = 2;
    CHECK_THAT(text(), Catch::Contains("DRIFT: 2 tables"));
  }
  SECTION("needs eyes") {
    report.exit_code = ExitCode::needs_eyes;
    report.refused = 3;
    CHECK_THAT(text(), Catch::Contains("NEEDS EYES: 3 statements"));
  }
  SECTION("another source") {
    report = failed_run();
    report.identity_changed = true;
    CHECK_THAT(text(), Catch::Contains("SOURCE IS ANOTHER ONE"));
  }
  SECTION("failed") {
    report = failed_run();
    CHECK_THAT(text(), Catch::Contains("failed (exit 6): source cannot be read"));
  }
}

TEST_CASE("whatever ends a run comes into its report") {
  RunReport report;
  const auto end_by = [&](const auto& what) {
    report = {};
    run_reported(report, [&] { throw what; });
    return report.exit_code;
  };
  CHECK(end_by(Error(ExitCode::gap, "gone", "look")) == ExitCode::gap);
  CHECK(report.error == "gone: look");
  CHECK(end_by(mysql::SqlError(1290, "read-only")) == ExitCode::mirror_unreachable);
  CHECK(end_by(std::length_error("too long")) == ExitCode::failed);
  CHECK_THAT(report.error, Catch::StartsWith("failed unexpectedly: too long: "));
  CHECK(state_of(report, {}, 0, kNow) == RunState::failed);
  CHECK(end_by(ForeignSourceError("another")) == ExitCode::needs_eyes);
  CHECK(report.identity_changed);
  report = {};
  run_reported(report, [&] { report.exit_code = ExitCode::needs_eyes; });
  CHECK(report.exit_code == ExitCode::needs_eyes);
  CHECK(report.error.empty());
}

TEST_CASE("a first copy is told in words of its own") {
  RunReport report;
  report.other_work = "the first copy is there";
  CHECK(message_of(report, RunState::ok, 0) == "dw-load: the first copy is there");
  CHECK_THAT(message_of(report, RunState::needs_eyes, 0), Catch::Contains("the mirror refused definitions"));
}

TEST_CASE("each run is told to who wants that") {
  Listener listener(webhook({"run"}));
  CHECK(listener.hear({}).size() == 1);
  CHECK(listener.hear({}).size() == 1);
}

TEST_CASE("a change is told once, and so is its end") {
  Listener listener(webhook({"change"}));
  CHECK(listener.hear({}).empty());
  REQUIRE(listener.hear(failed_run()).size() == 1);
  CHECK(listener.hear(failed_run()).empty());
  const auto recovered = listener.hear({});
  REQUIRE(recovered.size() == 1);
  CHECK_THAT(recovered[0], Catch::StartsWith("RECOVERED from failed: dw-load: 0 statements"));
  CHECK(listener.hear({}).empty());
}

TEST_CASE("a day's digest comes with the next day's first run") {
  Listener listener(webhook({"daily"}));
  RunReport run;
  run.counts.received = 2;
  run.counts.by_outcome[0] = 2;
  run.lag = 3 * kSecond;
  CHECK(listener.hear(run).empty());
  CHECK(listener.hear(failed_run()).empty());
  CHECK(listener.hear(run, kNow + kSecond).empty());
  const auto digest = listener.hear(run, kNow + kDay);
  REQUIRE(digest.size() == 1);
  CHECK_THAT(digest[0], Catch::Contains("3 runs, 1 failed; 4 statements: 4 applied; lag 3 s") &&
                            Catch::EndsWith("seen: failed, ok"));
  CHECK(listener.hear(run, kNow + kDay + kSecond).empty());
}

TEST_CASE("what was told outlives the process, and a damaged memory is an empty one") {
  const test::TempDir folder;
  const auto file = folder / "notify.json";
  Memory memory;
  RunReport run;
  run.last_event = kNow - kSecond;
  remember(memory, run, RunState::gap, kNow);
  memory.told["a"] = {RunState::gap, "2026-11-20"};
  write_memory(file, memory);
  const Memory again = read_memory(file);
  CHECK(again.state == RunState::gap);
  CHECK(again.since == kNow);
  CHECK(again.last_change == run.last_event);
  CHECK(again.today.runs == 1);
  CHECK(again.told.at("a").digest_date == "2026-11-20");
  test::write_file(file, "{\"state\": 1", 0600);
  CHECK(read_memory(file).since == 0);
}

TEST_CASE("a check's URL is the same with a slash at its end") {
  WebhookConfig config = webhook({"run"}, "healthchecks");
  for (const char* url : {"https://hc.example.org/ping/1", "https://hc.example.org/ping/1/"}) {
    config.url = url;
    CHECK(start_request(config)->url == "https://hc.example.org/ping/1/start");
    CHECK(webhook_request(config, {}, "").url == "https://hc.example.org/ping/1");
    CHECK(webhook_request(config, {.state = RunState::gap}, "").url == "https://hc.example.org/ping/1/fail");
  }
}

TEST_CASE("Slack's markup is escaped, Discord's message is cut and pings nobody") {
  WebhookConfig config = webhook({"run"}, "slack");
  config.url = "https://hooks.example.org/x";
  CHECK(webhook_request(config, {.text = "a <b> & c"}, "").body == R"({"text":"a &lt;b&gt; &amp; c"})");
  config.preset = "discord";
  const auto body = nlohmann::json::parse(webhook_request(config, {.text = std::string(3000, 'x')}, "").body);
  CHECK(body["content"].get<std::string>().size() == 2000);
  CHECK(body["allowed_mentions"]["parse"].empty());
}
