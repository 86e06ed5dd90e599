// HTTP over libcurl: one request, one answer. The only place that includes curl.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dw::load {

struct HttpRequest {
  std::string method = "GET";
  std::string url;
  std::vector<std::string> headers;  // "Name: value"
  std::string body;
  std::optional<std::filesystem::path> ca_file;  // none: those beside the program, else the system's
  long connect_timeout_seconds = 10;
  long timeout_seconds = 300;           // for the whole answer; of one that lasts: how long nothing may come
  bool lasts = false;                   // the answer may take any time, as long as signs of life come
  std::size_t max_bytes = 256U << 20U;  // of the answer, after decompression
  // Takes a 200 answer's body piece by piece, decompressed, in place of HttpResponse: it may be of any size.
  // What it throws ends the request and comes out of send_http.
  std::function<void(std::string_view)> on_data{};
};

struct HttpResponse {
  long status = 0;
  std::string body;
  std::optional<std::int64_t> certificate_expires{};  // of the server's; seconds since 1970
};

enum class HttpFault {
  passing,    // the same request may succeed later
  lasting,    // it will not: certificate, URL
  too_large,  // the answer is larger than max_bytes
};

// No answer came, or not a whole one.
class HttpError : public std::runtime_error {
 public:
  HttpError(const std::string& what, HttpFault fault, std::string hint)
      : std::runtime_error(what), fault_(fault), hint_(std::move(hint)) {}
  [[nodiscard]] HttpFault fault() const { return fault_; }
  [[nodiscard]] const std::string& hint() const { return hint_; }

 private:
  HttpFault fault_;
  std::string hint_;
};

// Verifies the server's certificate and name, follows no redirect, speaks only HTTP and HTTPS. Throws
// HttpError.
HttpResponse send_http(const HttpRequest& request);

// Percent-encoded, for a path segment or a query value.
std::string url_escape(const std::string& text);

}  // namespace dw::load
