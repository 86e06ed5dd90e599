#include "extractor/cgi.h"

#include <cstdlib>
#include <iostream>
#include <optional>

#include "common/util/config.h"
#include "common/util/files.h"
#include "common/util/gzip.h"
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

// The head goes out with the first line, so that what fails before is an HTTP error like any other.
class CgiSink : public ByteSink {
 public:
  explicit CgiSink(bool gzipped) {
    if (gzipped) gzip_.emplace();
  }
  void write(std::string_view bytes) override {
    if (!begun_) out_.write(cgi_stream_head(gzip_.has_value()));
    begun_ = true;
    out_.write(gzip_ ? std::string_view(compressed_ = gzip_->add(bytes)) : bytes);
  }
  void flush() override {
    if (gzip_) out_.write(gzip_->flush());
    out_.flush();
  }
  void finish() {
    if (gzip_) out_.write(gzip_->finish());
    out_.flush();
  }
  [[nodiscard]] bool begun() const { return begun_; }

 private:
  StdoutSink out_;
  std::optional<GzipStream> gzip_;
  std::string compressed_;
  bool begun_ = false;
};

struct Asked {
  Config config;
  Request request;
};

Asked read_asked(const CgiEnvironment& environment, const std::string& body) {
  check_before_key(environment);
  Asked asked;
  asked.config = read_config();
  check_key(environment, read_key(asked.config));
  asked.request = read_cgi_request(environment);
  asked.request.body = body;
  return asked;
}

Outcome answer(const Asked& asked) {
  Outcome outcome = run(asked.config, asked.request);
  for (const std::string& warning : outcome.warnings) print_warning(warning);
  return outcome;
}

std::string error_response(const HttpError& error) {
  return cgi_response(error.status(), error.headers(), error.json(), false);
}

// Read to its end in any case: a web server that cannot hand over all of it may drop the answer.
std::string read_body() {
  constexpr std::streamsize kMost = 1 << 20;  // what is longer is refused by its Content-Length
  constexpr std::streamsize kMostIgnored = 64 << 20;
  std::string body(kMost, '\0');
  std::cin.read(body.data(), kMost);
  body.resize(static_cast<std::size_t>(std::cin.gcount()));
  std::cin.ignore(kMostIgnored);
  return body;
}

std::string respond(const CgiEnvironment& environment, const Asked& asked) {
  Outcome outcome = answer(asked);
  return cgi_response(200, {}, std::move(outcome.json), accepts_gzip(environment.accept_encoding));
}

// An error behind the first line can only be told to the web server's log: the answer lacks its last line.
void respond_in_lines(const CgiEnvironment& environment, const Asked& asked) {
  CgiSink sink(accepts_gzip(environment.accept_encoding));
  try {
    stream(asked.config, asked.request, sink);
    sink.finish();
  } catch (const std::exception& error) {
    if (!sink.begun()) throw;
    print_error(error.what());
  }
}

void answer_or_refuse(const CgiEnvironment& environment) {
  const std::string body = environment.content_length.empty() ? std::string() : read_body();
  try {
    const Asked asked = read_asked(environment, body);
    if (is_streamed(asked.request.verb)) {
      respond_in_lines(environment, asked);
    } else {
      print_document(respond(environment, asked));
    }
  } catch (const HttpError& error) {
    print_document(error_response(error));
  } catch (const Error& error) {
    const HttpError public_error = http_error(error);
    if (public_error.status() >= 500) print_error(error.line());
    print_document(error_response(public_error));
  } catch (const std::exception& error) {
    print_error(error.what());
    print_document(error_response(http_error(Error(ExitCode::failed, error.what()))));
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
    answer_or_refuse(read_environment());
    return 0;
  } catch (const Error& error) {
    print_error(error.line());
    return static_cast<int>(error.code());
  }
}

}  // namespace dw::extract
