// What a web client can send: it is read or refused with an HTTP error, a wrong key never passes, and nothing
// that was sent breaks the response's headers.
#include <fuzzer/FuzzedDataProvider.h>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "extractor/cgi_request.h"
#include "extractor/http.h"
#include "tests/fuzz/fuzz.h"

using namespace dw;
using namespace dw::extract;
using dw::fuzz::require;

namespace {

constexpr std::string_view kKey = "0123456789abcdef0123456789abcdef";
constexpr std::string_view kSent = "what-the-asker-sent";

void check_error(const HttpError& error, const CgiEnvironment& environment) {
  require(error.status() >= 400 && error.status() < 600, "an error has an error's status");
  const std::string body = error.json();
  require(nlohmann::json::parse(body).contains("error"), "its text is JSON");
  require(body.find(kSent) == std::string::npos, "it holds nothing of what was sent");
  const std::string response =
      cgi_response(error.status(), error.headers(), body, accepts_gzip(environment.accept_encoding));
  require(response.starts_with("Status: ") && response.find("\r\n\r\n") != std::string::npos,
          "it is a response");
}

void check_request(const CgiEnvironment& environment, std::string_view key) {
  try {
    check_before_key(environment);
    check_key(environment, key);
    const bool given = environment.api_key == key || environment.authorization.find(key) != std::string::npos;
    require(given, "only the key opens");
    const Request request = read_cgi_request(environment);
    require(!request.max_bytes || (*request.max_bytes > 0 && *request.max_bytes <= kMostBatchBytes),
            "a size");
    require(!request.after || !request.since, "one place to start from");
    require(request.verb != Verb::rotate || environment.request_method == "POST", "a rotation is POSTed");
    if (request.after) require(Cursor::parse(request.after->text()).has_value(), "a cursor is read again");
  } catch (const HttpError& error) {
    check_error(error, environment);
  } catch (const Error& error) {
    check_error(http_error(error), environment);
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider in(data, size);
  CgiEnvironment environment;
  environment.request_method = in.ConsumeBool() ? "GET" : in.ConsumeRandomLengthString(8);
  environment.path_info = in.ConsumeBool() ? "/v1/batch" : "/v1/" + in.ConsumeRandomLengthString(16);
  environment.content_length = in.ConsumeRandomLengthString(24);
  environment.authorization = in.ConsumeRandomLengthString(80);
  environment.api_key = in.ConsumeRandomLengthString(80) + std::string(kSent);
  environment.accept_encoding = in.ConsumeRandomLengthString(40);
  const bool right_key = in.ConsumeBool();
  const bool in_query = in.ConsumeBool();
  environment.query_string = in.ConsumeRemainingBytesAsString();
  if (in_query) environment.query_string += kSent;
  check_request(environment, kKey);
  check_request(environment, "");  // a key that is not set opens nothing
  if (right_key) environment.authorization = "Bearer " + std::string(kKey);
  check_request(environment, kKey);
  return 0;
}
