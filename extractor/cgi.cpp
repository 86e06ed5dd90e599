#include "extractor/cgi.h"

#include <cstdlib>
#include <iostream>

#include "common/util/config.h"
#include "common/util/files.h"
#include "extractor/app.h"
#include "extractor/cgi_request.h"
#include "extractor/output.h"

namespace dw::extract {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

CgiEnvironment read_environment() {
  CgiEnvironment environment;
  environment.request_method = variable("REQUEST_METHOD");
  environment.path_info = variable("PATH_INFO");
  environment.query_string = variable("QUERY_STRING");
  environment.content_length = variable("CONTENT_LENGTH");
  environment.authorization = variable("HTTP_AUTHORIZATION");
  environment.api_key = variable("HTTP_X_API_KEY");
  environment.accept_encoding = variable("HTTP_ACCEPT_ENCODING");
  return environment;
}

Config read_config() {
  return load_config(find_config("", kConfigVariable, kConfigPlace));
}

std::string read_key(const Config& config) {
  if (!config.api_key_file) {
    throw Error(ExitCode::usage, "the config names no api_key_file",
                "over HTTP there is no access without a key");
  }
  return read_secret(*config.api_key_file, "API key");
}

Outcome answer(const CgiEnvironment& environment) {
  check_before_key(environment);
  const Config config = read_config();
  check_key(environment, read_key(config));
  Outcome outcome = run(config, read_cgi_request(environment));
  for (const std::string& warning : outcome.warnings) print_warning(warning);
  return outcome;
}

std::string error_response(const HttpError& error) {
  return cgi_response(error.status(), error.headers(), error.json(), false);
}

// No request of this program needs its body; but a web server that cannot hand over all of it may drop the
// answer.
void discard_body() {
  constexpr std::streamsize kMost = 64 << 20;
  std::cin.ignore(kMost);
}

std::string respond(const CgiEnvironment& environment) {
  try {
    Outcome outcome = answer(environment);
    return cgi_response(200, {}, std::move(outcome.json), accepts_gzip(environment.accept_encoding));
  } catch (const HttpError& error) {
    return error_response(error);
  } catch (const Error& error) {
    const HttpError public_error = http_error(error);
    if (public_error.status() >= 500) print_error(error.line());
    return error_response(public_error);
  } catch (const std::exception& error) {
    print_error(error.what());
    return error_response(http_error(Error(ExitCode::failed, error.what())));
  }
}

}  // namespace

bool is_cgi() {
  return !variable("GATEWAY_INTERFACE").empty();
}

// 0 even for errors: the status line has said it, and some web servers replace the answer of a program that
// fails.
int run_cgi() {
  try {
    const CgiEnvironment environment = read_environment();
    if (!environment.content_length.empty()) discard_body();
    print_document(respond(environment));
    return 0;
  } catch (const Error& error) {
    print_error(error.line());
    return static_cast<int>(error.code());
  }
}

}  // namespace dw::extract
