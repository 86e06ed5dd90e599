// dw-extract behind lighttpd, Apache and nginx, over TLS, with the configuration files that a person would
// copy.

#include <nlohmann/json.hpp>

#include "common/log/batch.h"
#include "common/util/gzip.h"
#include "tests/support/catch.h"
#include "tests/support/https_client.h"
#include "tests/support/mirror_pair.h"

using namespace dw::test;
using nlohmann::json;

namespace {

constexpr const char* kSecretStatement = "INSERT INTO app.t (a) VALUES ('some text')";

PairOptions without_web_server() {
  PairOptions options;
  options.web = Web::none;
  options.extract_extra = R"(, "rotate": {"max_rows": 0})";
  return options;
}

std::string bearer() {
  return std::string("Authorization: Bearer ") + kApiKey;
}

// One source, and all web servers in front of it with one config.
class Site {
 public:
  Site()
      : pair_(without_web_server()),
        lighttpd_(WebServer::lighttpd(web_options())),
        apache_(WebServer::apache(web_options())),
        nginx_(WebServer::nginx(web_options())) {
    give();
    pair_.source().sql(
        "CREATE DATABASE app; CREATE TABLE app.t (id INT AUTO_INCREMENT PRIMARY KEY, a VARCHAR(60)); " +
        std::string(kSecretStatement));
    for (int i = 0; i < 30; ++i) pair_.source().sql("INSERT INTO app.t (a) VALUES ('row')");
  }

  MirrorPair& pair() { return pair_; }
  WebServer& server(const std::string& name) {
    return name == "lighttpd" ? lighttpd_ : name == "apache" ? apache_ : nginx_;
  }

  HttpsAnswer ask(const std::string& server_name, const std::string& path,
                  std::vector<std::string> arguments) {
    HttpsAnswer answer = https(authority_.ca_file(), server(server_name).url() + path, std::move(arguments));
    answers_ += answer.raw;
    return answer;
  }
  HttpsAnswer ask(const std::string& server_name, const std::string& path) {
    return ask(server_name, path, {"-H", bearer()});
  }

  // Everything that was answered so far.
  [[nodiscard]] const std::string& answers() const { return answers_; }
  std::string error_logs() { return lighttpd_.error_log() + apache_.error_log() + nginx_.error_log(); }
  std::string access_logs() { return lighttpd_.access_log() + apache_.access_log() + nginx_.access_log(); }

  // A file of the program's, for as long as `during` runs.
  template <typename During>
  void with_file(const std::string& name, const std::string& content, unsigned mode, During during) {
    const std::string good = read_file(pair_.file(name));
    write_file(pair_.file(name), content, mode);
    give();
    during();
    write_file(pair_.file(name), good, 0600);
    give();
  }

 private:
  WebServerOptions web_options() {
    return {DW_EXTRACT_PROGRAM, pair_.file("extract.json"), authority_.issue()};
  }
  void give() {
    for (const char* name : {"extract.json", "extract.cnf", "api.key"})
      apache_.give_to_cgi_user(pair_.file(name));
  }

  CertificateAuthority authority_;
  MirrorPair pair_;
  WebServer lighttpd_;
  WebServer apache_;
  WebServer nginx_;
  std::string answers_;
};

Site& site() {
  static Site one;
  return one;
}

const std::vector<std::string> kServers{"lighttpd", "apache", "nginx"};

// Checks what every error has, and gives its code.
std::string check_error(const HttpsAnswer& answer, int status) {
  INFO(answer.raw);
  CHECK(answer.status == status);
  CHECK(answer.headers.contains("content-type"));
  if (answer.headers.contains("content-type"))
    CHECK(answer.headers.at("content-type") == "application/json; charset=utf-8");
  const json body = json::parse(answer.body, nullptr, false);
  REQUIRE(body.is_object());
  REQUIRE(body.contains("error"));
  CHECK(!body["error"].value("code", "").empty());
  CHECK(!body["error"].value("message", "").empty());
  return body["error"].value("code", "");
}

// What the servers must agree on.
std::string essence(const HttpsAnswer& answer) {
  std::string out = std::to_string(answer.status) + "\n";
  for (const char* name : {"content-type", "content-encoding", "cache-control", "vary", "allow",
                           "www-authenticate", "retry-after"}) {
    const auto found = answer.headers.find(name);
    if (found != answer.headers.end()) out += std::string(name) + ": " + found->second + "\n";
  }
  return out + "\n" + answer.body;
}

// The error of all servers, which is the same but for nothing.
HttpsAnswer check_all(int status, const std::string& code, const std::string& path,
                      const std::vector<std::string>& arguments) {
  std::vector<HttpsAnswer> answers;
  for (const std::string& name : kServers) {
    INFO(name << " " << path.substr(0, 100));
    answers.push_back(site().ask(name, path, arguments));
    CHECK(check_error(answers.back(), status) == code);
  }
  for (const HttpsAnswer& answer : answers) CHECK(essence(answers[0]) == essence(answer));
  return answers[0];
}

}  // namespace

TEST_CASE("a batch comes as JSON through every server, and is the same") {
  std::vector<dw::Batch> batches;
  for (const std::string& name : kServers) {
    INFO(name);
    const HttpsAnswer answer = site().ask(name, "/v1/batch");
    CHECK(answer.status == 200);
    CHECK(answer.headers.at("content-type") == "application/json; charset=utf-8");
    CHECK(answer.headers.at("cache-control") == "no-store");
    CHECK(!answer.headers.contains("content-encoding"));
    batches.push_back(dw::decode_batch(answer.body));
    CHECK_THAT(answer.body, Catch::Contains(kSecretStatement));
  }
  CHECK(batches[0].events.size() > 90);
  for (const dw::Batch& batch : batches) {
    REQUIRE(batch.events.size() == batches[0].events.size());
    CHECK(batch.header.source.id == batches[0].header.source.id);
    CHECK(batch.header.generations == batches[0].header.generations);
    for (std::size_t i = 0; i < batch.events.size(); ++i)
      CHECK(batch.events[i].text == batches[0].events[i].text);
  }
}

TEST_CASE("a batch is gzipped for who takes it so, and only then") {
  for (const std::string& name : kServers) {
    INFO(name);
    const HttpsAnswer raw = site().ask(name, "/v1/batch", {"-H", bearer(), "-H", "Accept-Encoding: gzip"});
    CHECK(raw.status == 200);
    CHECK(raw.headers.at("content-encoding") == "gzip");
    CHECK(raw.headers.at("vary") == "Accept-Encoding");
    REQUIRE(dw::looks_gzipped(raw.body));
    const dw::Batch unpacked = dw::decode_batch(dw::gunzip(raw.body, 1U << 24U));
    const HttpsAnswer compressed = site().ask(name, "/v1/batch", {"-H", bearer(), "--compressed"});
    CHECK(compressed.headers.at("content-encoding") == "gzip");
    CHECK(dw::decode_batch(compressed.body).events.size() == unpacked.events.size());
    const HttpsAnswer refused =
        site().ask(name, "/v1/batch", {"-H", bearer(), "-H", "Accept-Encoding: gzip;q=0, br"});
    CHECK(!refused.headers.contains("content-encoding"));
    CHECK(dw::decode_batch(refused.body).events.size() == unpacked.events.size());
  }
}

TEST_CASE("parameters reach the program: a place, a size, a time") {
  for (const std::string& name : kServers) {
    INFO(name);
    const dw::Batch first = dw::decode_batch(site().ask(name, "/v1/batch?max_bytes=4000").body);
    CHECK(first.header.more);
    REQUIRE(!first.events.empty());
    const dw::Batch second =
        dw::decode_batch(site().ask(name, "/v1/batch?max_bytes=4000&after=" + first.header.next.text()).body);
    REQUIRE(!second.events.empty());
    CHECK(second.header.after->text() == first.header.next.text());
    CHECK(second.events.front().index >= first.header.next.index);
    const dw::Batch none =
        dw::decode_batch(site().ask(name, "/v1/batch?since=2099-01-01T00%3A00%3A00Z").body);
    CHECK(none.events.empty());
    CHECK(dw::decode_batch(site().ask(name, "/v1/batch?until=2001-01-01").body).events.empty());
  }
}

TEST_CASE("the status tells where the log ends") {
  for (const std::string& name : kServers) {
    INFO(name);
    const HttpsAnswer answer = site().ask(name, "/v1/status");
    CHECK(answer.status == 200);
    const json status = json::parse(answer.body);
    CHECK(dw::Cursor::parse(status["end"].get<std::string>()).has_value());
    CHECK(status["log"]["enabled"] == true);
    CHECK(status["generations"].size() >= 1);
  }
}

TEST_CASE("a rotation is asked for with POST, and says what it did") {
  for (const std::string& name : kServers) {
    INFO(name);
    const json status = json::parse(site().ask(name, "/v1/status").body);
    const std::string end = status["end"];
    const HttpsAnswer answer =
        site().ask(name, "/v1/rotate?after=" + end, {"-X", "POST", "--data", "", "-H", bearer()});
    CHECK(answer.status == 200);
    const json said = json::parse(answer.body);
    CHECK(said["rotated"] == true);
    // A place in the log before it is still known.
    CHECK(dw::decode_batch(site().ask(name, "/v1/batch?after=" + end).body).header.gap == std::nullopt);
  }
}

TEST_CASE("the key comes in either header") {
  for (const std::string& name : kServers) {
    INFO(name);
    CHECK(site().ask(name, "/v1/status", {"-H", bearer()}).status == 200);
    CHECK(site().ask(name, "/v1/status", {"-H", std::string("authorization: bearer ") + kApiKey}).status ==
          200);
    CHECK(site().ask(name, "/v1/status", {"-H", std::string("X-Api-Key: ") + kApiKey}).status == 200);
  }
}

TEST_CASE("400: what is asked for cannot be understood") {
  const std::vector<std::string> key{"-H", bearer()};
  check_all(400, "bad_parameter", "/v1/batch?colour=red", key);
  check_all(400, "bad_parameter", "/v1/batch?after=yesterday", key);
  check_all(400, "bad_parameter", "/v1/batch?since=yesterday", key);
  check_all(400, "bad_parameter", "/v1/batch?until=25%3A99", key);
  check_all(400, "bad_parameter", "/v1/batch?max_bytes=0", key);
  check_all(400, "bad_parameter", "/v1/batch?max_bytes=1&max_bytes=2", key);
  for (const std::string& name : kServers) {  // lighttpd mends the broken escape on its way
    CHECK(check_error(site().ask(name, "/v1/batch?since=%2", key), 400) == "bad_parameter");
  }
  check_all(400, "bad_parameter", "/v1/status?after=x", key);
  const std::string place = "ffffffffffffffffffffffffffffffff-7-1";
  check_all(400, "bad_parameter", "/v1/batch?since=2026-01-01&after=" + place, key);
  check_all(400, "unknown_cursor", "/v1/batch?after=ffffffffffffffffffffffffffffffff-7-99999999999999999",
            key);
}

TEST_CASE("401: no key or a wrong one, and nothing is told of the rest") {
  const std::vector<std::vector<std::string>> wrong{{},
                                                    {"-H", "Authorization: Bearer wrong-key"},
                                                    {"-H", "Authorization: Bearer"},
                                                    {"-H", std::string("Authorization: Basic ") + kApiKey},
                                                    {"-H", "X-Api-Key: wrong-key"},
                                                    {"-H", "X-Api-Key;"},
                                                    {"-H", std::string("X-Api-Key: ") + kApiKey + "x"}};
  for (const auto& arguments : wrong) {
    for (const char* path : {"/v1/batch", "/v1/nothing-here", "/v1/batch?colour=red"}) {
      const HttpsAnswer answer = check_all(401, "not_authorised", path, arguments);
      CHECK(answer.headers.at("www-authenticate") == "Bearer");
    }
  }
}

TEST_CASE("404: nothing is there") {
  for (const char* path : {"", "/", "/v1", "/v1/", "/v1/batches", "/v2/batch", "/batch", "/v1/batch/more"}) {
    check_all(404, "not_found", path, {"-H", bearer()});
  }
}

TEST_CASE("405: the wrong method, with the right one named") {
  for (const char* method : {"POST", "PUT", "DELETE"}) {
    CHECK(check_all(405, "method_not_allowed", "/v1/batch", {"-X", method, "--data", "", "-H", bearer()})
              .headers.at("allow") == "GET");
  }
  CHECK(check_all(405, "method_not_allowed", "/v1/status", {"-X", "POST", "--data", "", "-H", bearer()})
            .headers.at("allow") == "GET");
  CHECK(check_all(405, "method_not_allowed", "/v1/rotate", {"-H", bearer()}).headers.at("allow") == "POST");
}

TEST_CASE("413: too long a query, too large a body") {
  check_all(413, "too_large", "/v1/batch?after=" + std::string(6000, 'f'), {"-H", bearer()});
  const auto body = site().pair().file("body");
  write_file(body, std::string((1U << 20U) + 1, 'x'));
  check_all(413, "too_large", "/v1/rotate", {"-H", bearer(), "--data-binary", "@" + body.string()});
}

TEST_CASE("500: not set up, with the reason in the error log only") {
  const std::vector<std::string> key{"-H", bearer()};
  Site& s = site();
  const std::string config = s.pair().file("extract.json");
  const auto check = [&](const std::string& reason) {
    const HttpsAnswer answer = check_all(500, "misconfigured", "/v1/batch", key);
    for (const std::string& name : kServers) CHECK_THAT(s.server(name).error_log(), Catch::Contains(reason));
    CHECK(answer.raw.find(reason) == std::string::npos);
    CHECK(answer.raw.find(config) == std::string::npos);
  };
  s.with_file("extract.json", "{ \"mysql\": ", 0600, [&] { check("line 1: not valid JSON"); });
  s.with_file("extract.json", "{ \"colour\": 1 }", 0600, [&] { check("is missing"); });
  s.with_file("api.key", "", 0600, [&] { check("api.key is empty"); });
  s.with_file("api.key", std::string(kApiKey) + "\n", 0644,
              [&] { check("api.key is readable by everybody"); });
  std::filesystem::rename(config, config + ".away");
  check(config + " does not exist");
  std::filesystem::rename(config + ".away", config);
}

TEST_CASE("503: the source's database is down, and all is well when it is there again") {
  Site& s = site();
  s.pair().source().stop();
  const HttpsAnswer answer = check_all(503, "source_unreachable", "/v1/batch", {"-H", bearer()});
  CHECK(answer.headers.contains("retry-after"));
  check_all(503, "source_unreachable", "/v1/status", {"-H", bearer()});
  s.pair().source().start_again();
  for (const std::string& name : kServers) CHECK(s.ask(name, "/v1/batch").status == 200);
}

TEST_CASE("500: the database does not let dw-extract in; its name and password are told nobody") {
  Site& s = site();
  s.with_file("extract.cnf",
              "[client]\nhost=127.0.0.1\nport=" + std::to_string(s.pair().source().port()) +
                  "\nuser=dw_extract\npassword=another-Secret\n",
              0600, [&] {
                check_all(500, "failed", "/v1/batch", {"-H", bearer()});
              });
  for (const std::string& name : kServers)
    CHECK_THAT(s.server(name).error_log(), Catch::Contains("Access denied"));
  CHECK(s.answers().find("dw_extract@") == std::string::npos);
  CHECK((s.error_logs() + s.answers()).find("another-Secret") == std::string::npos);
}

// Last: it looks at what all the others left.
TEST_CASE("no answer and no log ever holds the key or the database's password") {
  Site& s = site();
  for (const std::string& name : kServers) CHECK(s.ask(name, "/v1/batch").status == 200);
  const std::string password = "pa55-Word.long";
  CHECK_THAT(read_file(s.pair().file("extract.cnf")), Catch::Contains(password));
  for (const std::string& secret : {std::string(kApiKey), password}) {
    CHECK((s.answers().find(secret) == std::string::npos));
    CHECK((s.error_logs().find(secret) == std::string::npos));
    CHECK((s.access_logs().find(secret) == std::string::npos));
  }
  CHECK_THAT(s.access_logs(), Catch::Contains("/v1/batch"));  // there is a log to look into
  // A key in a URL is in the access log before the program can do anything; it is refused so that nobody gets
  // used to it.
  for (const char* parameter : {"key", "api_key", "token", "X-Api-Key"}) {
    check_all(400, "key_in_url", "/v1/batch?" + std::string(parameter) + "=" + kApiKey, {});
    check_all(400, "key_in_url", "/v1/batch?" + std::string(parameter) + "=" + kApiKey, {"-H", bearer()});
  }
  check_all(400, "bad_parameter", std::string("/v1/batch?after=") + kApiKey, {"-H", bearer()});
  check_all(404, "not_found", std::string("/v1/") + kApiKey, {"-H", bearer()});
  CHECK((s.answers().find(kApiKey) == std::string::npos));
  CHECK((s.error_logs().find(kApiKey) == std::string::npos));
}
