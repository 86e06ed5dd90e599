#include <nlohmann/json.hpp>

#include "common/log/batch.h"
#include "common/util/error.h"
#include "tests/support/catch.h"

using dw::Batch;
using dw::BatchEncoder;
using dw::BatchHeader;
using dw::Command;
using dw::Event;

namespace {

Event event(std::uint64_t index, std::string text, std::uint64_t thread = 7) {
  Event out;
  out.index = index;
  out.time = 1763692861267560 + static_cast<dw::Micros>(index);
  out.thread_id = thread;
  out.command = Command::query;
  out.user_host = "app[app] @ web1 [10.0.0.5]";
  out.text = std::move(text);
  return out;
}

BatchHeader header() {
  BatchHeader out;
  out.source.id = "source-1";
  out.source.server_version = "9.7.4";
  out.source.globals = {{"sql_mode", "STRICT_TRANS_TABLES"}};
  out.generations = {dw::generation_fingerprint("g0"), dw::generation_fingerprint("g1")};
  out.next = {out.generations[0], 100, 1763692861267999};
  out.dropped = {{"read", 12}};
  out.live = dw::LiveSessions{{0, 50}, {7, 8}, {{7, "app"}}, {{8}}};
  return out;
}

std::string encoded(const std::vector<Event>& events) {
  BatchEncoder encoder;
  for (const Event& one : events) encoder.add(one);
  return std::move(encoder).finish(header());
}

std::string refusal(const std::string& text) {
  try {
    dw::decode_batch(text);
  } catch (const dw::Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("events of any bytes survive the batch") {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  const std::vector<std::string> texts{"insert into t values ('é \xF0\x9F\x98\x80')",
                                       all,
                                       "",
                                       std::string("a\0b", 3),
                                       "\"\\\n\t\x01\x7f",
                                       "\xC0\x80 overlong",
                                       "\xED\xA0\x80 surrogate",
                                       "\xF4\x90\x80\x80 too large"};
  std::vector<Event> events;
  for (const std::string& text : texts) events.push_back(event(events.size() + 1, text));
  const Batch batch = dw::decode_batch(encoded(events));
  REQUIRE(batch.events.size() == texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    INFO(i);
    CHECK(batch.events[i].text == texts[i]);
    CHECK(batch.events[i].index == i + 1);
    CHECK(batch.events[i].time == events[i].time);
    CHECK(batch.events[i].user_host == events[i].user_host);
  }
}

TEST_CASE("a cut-off text is known to be one") {
  BatchEncoder encoder;
  Event event;
  event.index = 3;
  event.command = Command::query;
  event.text = "update t set a = 1";
  event.truncated = true;
  encoder.add(event);
  BatchHeader header;
  header.source.id = "s";
  header.next = {dw::generation_fingerprint("g"), 4, 0};
  header.generations = {header.next.fingerprint};
  const Batch batch = dw::decode_batch(std::move(encoder).finish(header));
  CHECK(batch.events.at(0).truncated);
}

TEST_CASE("the header survives the batch") {
  const Batch batch = dw::decode_batch(encoded({event(3, "select 1")}));
  CHECK(batch.header.source.id == "source-1");
  CHECK(batch.header.source.globals.at("sql_mode") == "STRICT_TRANS_TABLES");
  CHECK(batch.header.next.index == 100);
  CHECK(batch.header.dropped.at("read") == 12);
  REQUIRE(batch.header.live);
  CHECK(batch.header.live->threads == std::vector<std::uint64_t>{7, 8});
  CHECK(batch.header.live->in_transaction == std::vector<std::uint64_t>{8});
  CHECK(batch.header.live->databases.at(7) == "app");
  CHECK_FALSE(batch.header.gap);
  CHECK(batch.cursor_before(0).index == 3);
  CHECK(batch.cursor_before(1).same_place(batch.header.next));
}

TEST_CASE("a batch is one JSON object that any reader understands") {
  const auto json = nlohmann::json::parse(encoded({event(1, "a"), event(2, "\xFF")}));
  CHECK(json["events"][0]["sql"] == "a");
  CHECK(json["events"][1]["sql_base64"] == "/w==");
  CHECK(json["events"][0]["time"] == "2025-11-21T02:41:01.267561Z");
  CHECK(json["event_count"] == 2);
}

TEST_CASE("a user is written once for a thread, and known for all its events") {
  std::vector<Event> events{event(1, "a", 1), event(2, "b", 2), event(3, "c", 1)};
  events[1].user_host = "other";
  const std::string text = encoded(events);
  CHECK(nlohmann::json::parse(text)["events"][2].contains("user") == false);
  CHECK(dw::decode_batch(text).events[2].user_host == events[0].user_host);
}

TEST_CASE("a batch with any one byte altered is refused, or says the same") {
  const std::string good = encoded({event(1, "insert into t values (1)"), event(2, "x")});
  const Batch original = dw::decode_batch(good);
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (const char change : {'0', 'x', '"', ' '}) {
      if (good[i] == change) continue;
      std::string bad = good;
      bad[i] = change;
      INFO(i << " " << change);
      if (!refusal(bad).empty()) continue;
      const Batch decoded = dw::decode_batch(bad);  // white space between tokens
      CHECK(decoded.sha256 == original.sha256);
      CHECK(decoded.events[0].text == original.events[0].text);
    }
  }
}

TEST_CASE("a batch cut off anywhere is refused") {
  const std::string good = encoded({event(1, "a"), event(2, "b")});
  for (std::size_t size = 0; size + 2 < good.size(); ++size) {
    INFO(size);
    CHECK_FALSE(refusal(good.substr(0, size)).empty());
  }
}

TEST_CASE("a batch of a later format says so") {
  std::string text = encoded({});
  text.replace(text.find("\"format\":1"), 10, "\"format\":2");
  CHECK_THAT(refusal(text), Catch::Contains("format 2"));
}

TEST_CASE("what is no batch is refused with a reason") {
  CHECK_THAT(refusal("<html>502</html>"), Catch::Contains("not valid JSON"));
  CHECK_THAT(refusal("{}"), Catch::Contains("not a batch"));
  CHECK_THAT(refusal("[]"), Catch::Contains("not a batch"));
  CHECK_THAT(refusal("1"), Catch::Contains("not a batch"));
  CHECK_THAT(refusal("{\"format\":1}"), Catch::Contains("not a batch"));
  CHECK_THAT(refusal(R"({"format":1,"format":1})"), Catch::Contains("twice"));
  CHECK_FALSE(refusal(R"({"events":[[]]})").empty());
  CHECK_FALSE(refusal(R"({"events":[1]})").empty());
  CHECK_FALSE(refusal(R"({"events":[{"sql":{}}]})").empty());
  CHECK_FALSE(refusal(R"({"events":[{"index":-1}]})").empty());
}

TEST_CASE("events out of the log's order are refused") {
  const std::string text = encoded({event(2, "a"), event(1, "b")});
  CHECK_THAT(refusal(text), Catch::Contains("order"));
}

TEST_CASE("a hand-made batch needs no digest, and no more than it must say") {
  const std::string generation = dw::generation_fingerprint("hand");
  std::string text =
      R"json({"format":1,"source":{"id":"hand"},"generations":["@"],"next":"@-2-0","event_count":1,
    "events":[{"generation":0,"index":1,"time":"2026-11-21T00:00:00Z","thread":1,"command":"Query",
    "sql":"insert into app.t values (1)"}]})json";
  while (text.find('@') != std::string::npos) text.replace(text.find('@'), 1, generation);
  CHECK(dw::decode_batch(text, dw::DigestRule::optional_if_absent).events.size() == 1);
  CHECK_THAT(refusal(text), Catch::Contains("sha256"));
}

TEST_CASE("a number too large for any field is refused") {
  const std::string batch =
      R"({"format":1,"source":{"id":"s"},"generations":[],"next":"0123456789abcdef0123456789abcdef-0-0",)"
      R"("event_count":18446744073709551616,"events":[]})";
  CHECK_THROWS_AS(dw::decode_batch(batch, dw::DigestRule::optional_if_absent), dw::Error);
}

TEST_CASE("readings of the counters survive the batch, and joining it to another") {
  BatchHeader first = header();
  first.logged = {5, 1, 0};
  first.counters = {{{0, 60}, 1763692861267000, 1763692800000000, {{"Com_insert", 3}}, {2, 0, 0}, {4, 1, 0}}};
  first.source.server = "uuid";
  first.source.durable = 77;
  Batch batch = dw::decode_batch(BatchEncoder().finish(first));
  CHECK(batch.header.source.server == "uuid");
  CHECK(batch.header.source.durable == 77);
  CHECK(batch.header.logged == first.logged);
  REQUIRE(batch.header.counters.size() == 1);
  CHECK(batch.header.counters[0].values == first.counters[0].values);
  CHECK(batch.header.counters[0].time == first.counters[0].time);
  CHECK(batch.header.counters[0].started == first.counters[0].started);
  BatchHeader second = first;
  second.generations = {dw::generation_fingerprint("g1")};
  append_batch(batch, dw::decode_batch(BatchEncoder().finish(second)));
  CHECK(batch.header.logged == dw::Tally{10, 2, 0});
  REQUIRE(batch.header.counters.size() == 2);
  CHECK(batch.header.counters[1].at == dw::Position{1, 60});
  CHECK(batch.header.counters[1].before == dw::Tally{7, 1, 0});
  CHECK(batch.header.counters[1].through == dw::Tally{9, 2, 0});
}

TEST_CASE("a reading of a generation that is not listed is refused") {
  BatchHeader wrong = header();
  wrong.counters = {{{2, 60}, 1, 1, {}, {}, {}}};
  CHECK_THAT(refusal(BatchEncoder().finish(wrong)), Catch::Contains("not listed"));
}
