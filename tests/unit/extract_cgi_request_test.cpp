#include "extractor/cgi_request.h"
#include "tests/support/catch.h"

using namespace dw;
using namespace dw::extract;

namespace {

const std::string kCursor = "0123456789abcdef0123456789abcdef-7-1795225281267560";

CgiEnvironment get(const std::string& path, const std::string& query = "") {
  CgiEnvironment environment;
  environment.request_method = "GET";
  environment.path_info = path;
  environment.query_string = query;
  return environment;
}

int status_of(const CgiEnvironment& environment) {
  try {
    check_before_key(environment);
    read_cgi_request(environment);
  } catch (const HttpError& error) {
    CHECK_THAT(error.json(), !Catch::Contains("s3cret"));
    return error.status();
  } catch (const Error& error) {
    return http_error(error).status();
  }
  return 200;
}

int key_status(const CgiEnvironment& environment, const std::string& key = "s3cret") {
  try {
    check_key(environment, key);
  } catch (const HttpError& error) {
    return error.status();
  }
  return 200;
}

}  // namespace

TEST_CASE("CgiBatchReadsItsParameters") {
  const Request request =
      read_cgi_request(get("/v1/batch", "after=" + kCursor + "&max_bytes=5&until=2026-11-21"));
  CHECK(request.verb == Verb::batch);
  CHECK(request.after->text() == kCursor);
  CHECK(request.max_bytes == 5);
  CHECK(request.until);
}

TEST_CASE("CgiParametersArePercentDecoded") {
  const Request request = read_cgi_request(get("/v1/batch", "since=2026-11-21T02%3A00%3A00%2B02%3A00"));
  CHECK(*request.since == *parse_time("2026-11-21"));
  CHECK(percent_decoded("a%2") == std::nullopt);
  CHECK(percent_decoded("a%zz") == std::nullopt);
  CHECK(percent_decoded("a%2Bb+c") == "a+b c");
}

TEST_CASE("CgiUnknownPathsAreNotFound") {
  for (const char* path :
       {"", "/", "/v1", "/v1/", "/v1/batch/", "/v1/Batch", "/v2/batch", "/v1/batch.json"}) {
    CHECK(status_of(get(path)) == 404);
  }
}

TEST_CASE("CgiOtherMethodsAreNotAllowed") {
  CgiEnvironment environment = get("/v1/batch");
  for (const char* method : {"POST", "HEAD", "PUT", "DELETE", "get", ""}) {
    environment.request_method = method;
    CHECK(status_of(environment) == 405);
  }
  CHECK(status_of(get("/v1/rotate")) == 405);
  environment.path_info = "/v1/rotate";
  environment.request_method = "POST";
  CHECK(status_of(environment) == 200);
}

TEST_CASE("CgiBadParametersAreRefused") {
  for (const char* query :
       {"after=x", "after", "after=", "nonsense=1", "max_bytes=1&max_bytes=2", "max_bytes=1e3",
        "since=2026-13-01", "until=%", "=1", "max-bytes=1", "max_bytes=99999999999999999999"}) {
    INFO(query);
    CHECK(status_of(get("/v1/batch", query)) == 400);
  }
  CHECK(status_of(get("/v1/status", "after=" + kCursor)) == 400);
  CHECK(status_of(get("/v1/batch", "since=2026-11-21&after=" + kCursor)) == 400);
}

TEST_CASE("CgiKeyInTheUrlIsRefusedAndNotRepeated") {
  for (const char* query :
       {"key=s3cret", "api_key=s3cret", "Token=s3cret", "%6bey=s3cret", "x-api-key=s3cret"}) {
    CHECK(status_of(get("/v1/batch", query)) == 400);
  }
  CHECK(status_of(get("/v1/batch", "after=s3cret")) == 400);
  CHECK(status_of(get("/v1/batch", "s3cret=1")) == 400);
}

TEST_CASE("CgiOversizedRequestsAreRefused") {
  CHECK(status_of(get("/v1/batch", std::string(4097, 'a'))) == 413);
  CgiEnvironment environment = get("/v1/status");
  environment.content_length = "1048577";
  CHECK(status_of(environment) == 413);
  environment.content_length = "99999999999999999999999";
  CHECK(status_of(environment) == 413);
  environment.content_length = "-1";
  CHECK(status_of(environment) == 400);
  environment.content_length = "1048576";
  CHECK(status_of(environment) == 200);
}

TEST_CASE("CgiKeyComesInEitherHeader") {
  CgiEnvironment environment;
  CHECK(key_status(environment) == 401);
  environment.api_key = "s3cret";
  CHECK(key_status(environment) == 200);
  environment.api_key = "s3cretx";
  CHECK(key_status(environment) == 401);
  environment.authorization = "Bearer s3cret";
  CHECK(key_status(environment) == 200);
  environment.authorization = "bearer  s3cret";
  CHECK(key_status(environment) == 200);
  environment.authorization = "Basic s3cret";
  CHECK(key_status(environment) == 401);
  environment.authorization = "Bearer ";
  CHECK(key_status(environment) == 401);
  CHECK(key_status(environment, "") == 401);
}

TEST_CASE("GzipIsUsedWhenItIsWelcome") {
  CHECK(accepts_gzip("gzip"));
  CHECK(accepts_gzip("deflate, gzip;q=0.5, br"));
  CHECK(accepts_gzip("*"));
  CHECK(accepts_gzip("GZIP"));
  CHECK_FALSE(accepts_gzip(""));
  CHECK_FALSE(accepts_gzip("identity"));
  CHECK_FALSE(accepts_gzip("gzip;q=0"));
  CHECK_FALSE(accepts_gzip("*, gzip;q=0.000"));
  CHECK_FALSE(accepts_gzip("*;q=0"));
}

TEST_CASE("WhatWentWrongInsideIsNotTold") {
  const HttpError error = http_error(Error(ExitCode::failed, "password pw of /etc/secret", "hint with pw"));
  CHECK(error.status() == 500);
  CHECK_THAT(error.json(), !Catch::Contains("pw"));
  CHECK(http_error(Error(ExitCode::usage, "config")).status() == 500);
  CHECK(http_error(Error(ExitCode::not_authorised, "denied")).status() == 500);
  const HttpError unreachable = http_error(Error(ExitCode::source_unreachable, "gone"));
  CHECK(unreachable.status() == 503);
  CHECK(unreachable.headers().at(0).first == "Retry-After");
  CHECK(http_error(RequestError(ExitCode::gap, "unknown_cursor", "x", "y")).status() == 400);
}

TEST_CASE("CgiResponseHasItsHeaders") {
  const std::string small = cgi_response(401, {{"WWW-Authenticate", "Bearer"}}, "{}", true);
  CHECK_THAT(small, Catch::Contains("Status: 401 Unauthorized\r\n"));
  CHECK_THAT(small, Catch::Contains("Content-Length: 2\r\nWWW-Authenticate: Bearer\r\n\r\n{}"));
  CHECK_THAT(small, !Catch::Contains("Content-Encoding"));
  CHECK_THAT(cgi_response(200, {}, std::string(5000, ' '), true),
             Catch::Contains("Content-Encoding: gzip\r\n"));
}
