// A source that lies: what dw-load does with batches that are cut off, altered, too large, of another format,
// of another source or no batches at all.

#include <functional>

#include "common/log/batch.h"
#include "common/util/gzip.h"
#include "tests/support/catch.h"
#include "tests/support/http_listener.h"
#include "tests/support/refusal_bench.h"

using namespace dw::test;

namespace {

constexpr const char* kBase = "/cgi-bin/dw-extract";
constexpr const char* kPath = "/cgi-bin/dw-extract/v1/batch";
constexpr const char* kFingerprint = "0123456789abcdef0123456789abcdef";
constexpr dw::Micros kStart = 1'795'000'000'000'000;

PairOptions without_web_server() {
  PairOptions options;
  options.web = Web::none;
  return options;
}

// A mirror that has followed a made-up source as far as its second INSERT.
class LyingSource {
 public:
  LyingSource() : bench_(without_web_server()) {
    point_at("", "");
    say(batch({"CREATE DATABASE app", "CREATE TABLE app.t (a INT)", "INSERT INTO app.t VALUES (1)"}));
    const ProcessResult first = bench_.pair().load({"sync"});
    if (first.exit_code != 0) throw std::runtime_error("the first sync failed: " + first.err);
  }

  RefusalBench& bench() { return bench_; }
  HttpListener& listener() { return listener_; }

  // load.json for this source: more of "source", and of the whole.
  void point_at(const std::string& source_extra, const std::string& attempts) {
    bench_.pair().write_load_config(
        listener_.url(kBase),
        (attempts.empty() ? std::string(R"(, "attempts": 1)") : attempts) + source_extra, "");
  }

  void say(const std::string& body,
           std::map<std::string, std::string> headers = {{"Content-Type", "application/json"}}) {
    listener_.answer(kPath, {.status = 200, .body = body, .headers = std::move(headers)});
  }

  // The next batch for this mirror, whole and right but for what `change` does to its header.
  std::string batch(const std::vector<std::string>& statements,
                    const std::function<void(dw::BatchHeader&)>& change = {}) {
    dw::BatchHeader header;
    header.source = {"made-up-source", "10.11.19-MariaDB", kStart, {}};
    header.generations = {kFingerprint};
    header.after = checkpoint();
    header.databases = {"app"};
    const std::uint64_t first = header.after ? header.after->index : 0;
    dw::BatchEncoder encoder;
    dw::Event event;
    for (std::size_t i = 0; i < statements.size(); ++i) {
      event = {0,
               first + i,
               kStart + static_cast<dw::Micros>(first + i),
               7,
               dw::Command::query,
               "shop[shop] @ localhost []",
               statements[i]};
      encoder.add(event);
    }
    header.made = event.time;
    header.next = {kFingerprint, first + statements.size(), event.time};
    if (change) change(header);
    return std::move(encoder).finish(header);
  }

 private:
  std::optional<dw::Cursor> checkpoint() {
    DatabaseServer& mirror = bench_.pair().mirror();
    if (mirror.sql("SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA='dw_meta'") == "0\n")
      return std::nullopt;
    std::string text = mirror.sql("SELECT log_cursor FROM dw_meta.checkpoint");
    if (!text.empty()) text.pop_back();
    return dw::Cursor::parse(text);
  }

  RefusalBench bench_;
  HttpListener listener_;
};

LyingSource& liar() {
  static LyingSource one;
  one.point_at("", "");
  return one;
}

std::string good_batch(LyingSource& source) {
  return source.batch(
      {"INSERT INTO app.t VALUES (101)", "INSERT INTO app.t VALUES (102)", "UPDATE app.t SET a=a+1"});
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

constexpr const char* kAgain = "fetch it again; nothing of it was used";

}  // namespace

TEST_CASE("the made-up source's batches are good where nothing is done to them") {
  LyingSource& source = liar();
  DatabaseServer& mirror = source.bench().pair().mirror();
  source.say(source.batch({"INSERT INTO app.t VALUES (2)"}));
  CHECK(source.bench().pair().load({"sync"}).exit_code == 0);
  CHECK(mirror.sql("SELECT a FROM app.t ORDER BY 1") == "1\n2\n");
  source.say(dw::gzip(source.batch({"DELETE FROM app.t WHERE a=2", "INSERT INTO app.t VALUES (3)"})),
             {{"Content-Encoding", "gzip"}});
  CHECK(source.bench().pair().load({"sync"}).exit_code == 0);
  CHECK(mirror.sql("SELECT a FROM app.t ORDER BY 1") == "1\n3\n");
}

TEST_CASE("a batch that was cut off is refused, wherever the cut") {
  LyingSource& source = liar();
  const std::string whole = good_batch(source);
  for (const std::size_t size : {std::size_t{1}, std::size_t{40}, whole.find("\"events\"") + 20,
                                 whole.size() / 2, whole.find("\"sha256\""), whole.size() - 3}) {
    INFO(size);
    source.say(whole.substr(0, size));
    source.bench().refuses(1, {"the batch is not valid JSON", kAgain});
  }
  source.say("");
  source.bench().refuses(1, {"the batch is not valid JSON", kAgain});
}

TEST_CASE("a batch without its digest, or with fewer events than it promises") {
  LyingSource& source = liar();
  const std::string whole = good_batch(source);
  source.say(whole.substr(0, whole.find(",\"sha256\"")) + "}");
  source.bench().refuses(1, {"the batch is without its \"sha256\"", kAgain});
  const std::size_t last = whole.rfind(",\n{");
  source.say(whole.substr(0, last) + whole.substr(whole.find("\n],", last)));
  source.bench().refuses(1, {"the batch is cut off: it promises 3 events and holds 2", kAgain});
}

TEST_CASE("an answer that ends before its length is none, however often it is asked for") {
  LyingSource& source = liar();
  const std::string whole = good_batch(source);
  source.listener().answer(
      kPath, {.status = 200, .body = whole.substr(0, whole.size() / 2), .declared_length = whole.size()});
  source.bench().refuses(6, {"cannot be read", "closed"});
}

TEST_CASE("a batch that was altered is refused") {
  LyingSource& source = liar();
  const std::string whole = good_batch(source);
  const std::pair<const char*, const char*> changes[] = {
      {"(102)", "(103)"},
      {"\"more\":false", "\"more\":true"},
      {"made-up-source", "made-up-sourcf"},
      {"\"databases\":[\"app\"]", "\"databases\":[]"},
      {"\"thread\":7", "\"thread\":8"},
      {"\"sha256\":\"", "\"sha256\":\"0"},
  };
  for (const auto& [from, to] : changes) {
    INFO(from);
    source.say(replaced(whole, from, to));
    source.bench().refuses(
        1, {"the batch is altered or cut off: its SHA-256 does not match its events", kAgain});
  }
}

TEST_CASE("a batch that is larger than allowed is refused, also when it is small on the wire") {
  LyingSource& source = liar();
  source.point_at(R"(, "max_response_bytes": 2000)", "");
  const std::string large =
      source.batch({"INSERT INTO app.t VALUES (101) /*" + std::string(4000, '-') + "*/"});
  const std::vector<std::string> says{"the answer is larger than 2000 bytes",
                                      "raise source.max_response_bytes, or lower source.max_batch_bytes"};
  source.say(large);
  source.bench().refuses(1, says);
  source.say(dw::gzip(large), {{"Content-Encoding", "gzip"}});
  source.bench().refuses(1, says);
}

TEST_CASE("something that is no batch is refused") {
  LyingSource& source = liar();
  for (const char* text :
       {"<html><body>It works!</body></html>", "[]", "{}", "null", "\"text\"", "42", "{\"format\":1}",
        "{\"format\":\"1\",\"events\":[]}", "{\"events\":[{\"command\":\"Query\"}]}", "\x1f\x8b\x08"}) {
    INFO(text);
    source.say(text);
    source.bench().refuses(1, {"the batch is not", kAgain});
  }
}

TEST_CASE("a batch of a later format is refused") {
  LyingSource& source = liar();
  source.say(
      source.batch({"INSERT INTO app.t VALUES (101)"}, [](dw::BatchHeader& header) { header.format = 2; }));
  source.bench().refuses(
      1, {"the batch is of format 2, and this program reads up to 1", "install a newer dw-load"});
}

TEST_CASE("a batch of another source is refused") {
  LyingSource& source = liar();
  source.say(source.batch({"INSERT INTO app.t VALUES (101)"},
                          [](dw::BatchHeader& header) { header.source.id = "a-stranger"; }));
  source.bench().refuses(3, {"the batch comes from source a-stranger, and this mirror follows made-up-source",
                             "check source.url"});
}

TEST_CASE("a batch for another place than was asked for is refused") {
  LyingSource& source = liar();
  const std::function<void(dw::BatchHeader&)> changes[] = {
      [](dw::BatchHeader& header) { header.after.reset(); },
      [](dw::BatchHeader& header) { ++header.after->index; },
      [](dw::BatchHeader& header) { header.after->fingerprint[0] = 'f'; }};
  for (const auto& change : changes) {
    source.say(source.batch({"INSERT INTO app.t VALUES (101)"}, change));
    source.bench().refuses(
        1, {"for another place than was asked for", "check that source.url leads to dw-extract"});
  }
}

TEST_CASE("a redirect is not followed: the key goes nowhere else") {
  LyingSource& source = liar();
  HttpListener elsewhere;
  for (const int status : {301, 302, 307, 308}) {
    source.listener().answer(kPath,
                             {.status = status, .headers = {{"Location", elsewhere.url("/v1/batch")}}});
    source.bench().refuses(1, {"answered " + std::to_string(status)});
  }
  CHECK(elsewhere.requests().empty());
}

TEST_CASE("spooled files: damaged, foreign or missing ones are refused before any is applied") {
  LyingSource& source = liar();
  MirrorPair& pair = source.bench().pair();
  const std::string whole = good_batch(source);
  const std::string good = pair.file("good.json");
  const std::string bad = pair.file("bad.json");
  write_file(good, whole);
  write_file(bad, whole.substr(0, whole.size() / 2));
  source.bench().refuses(1, {"the batch is not valid JSON"}, {"apply", good, bad});
  write_file(bad, replaced(whole, "(102)", "(103)"));
  source.bench().refuses(1, {"altered or cut off"}, {"apply", good, bad});
  write_file(bad, dw::gzip(whole).substr(0, 200));
  source.bench().refuses(1, {"gzip"}, {"apply", good, bad});
  source.bench().refuses(2, {"ghost.json cannot be read", "No such file"},
                         {"apply", good, pair.file("ghost.json")});
  write_file(bad, source.batch({"INSERT INTO app.t VALUES (101)"},
                               [](dw::BatchHeader& header) { header.source.id = "a-stranger"; }));
  source.bench().refuses(3, {"a-stranger", "check source.url"}, {"apply", bad});
}

TEST_CASE("what can pass is tried again: two 503 answers and then a batch make a good run") {
  LyingSource& source = liar();
  source.point_at("", R"(, "attempts": 4)");
  const HttpResponse busy{.status = 503,
                          .body = R"({"error":{"code":"source_unreachable","message":"later"}})"};
  source.listener().answer_in_turn(
      kPath, {busy, busy, {.status = 200, .body = source.batch({"INSERT INTO app.t VALUES (50)"})}});
  source.listener().forget_requests();
  const ProcessResult result = source.bench().pair().load({"sync"});
  CHECK(result.exit_code == 0);
  CHECK(result.err.empty());
  CHECK(source.listener().requests().size() == 3);
  CHECK(source.bench().pair().mirror().sql("SELECT a FROM app.t WHERE a=50") == "50\n");
}

TEST_CASE("what cannot pass is not tried again") {
  LyingSource& source = liar();
  source.point_at("", R"(, "attempts": 4)");
  const std::pair<int, int> answers[] = {{400, 1}, {401, 8}, {403, 8}, {404, 2}, {413, 1}};
  for (const auto& [status, exit_code] : answers) {
    source.listener().answer(kPath, {.status = status, .body = "<html>no</html>"});
    source.listener().forget_requests();
    source.bench().refuses(exit_code, {"answered " + std::to_string(status)});
    CHECK(source.listener().requests().size() == 1);
  }
}
