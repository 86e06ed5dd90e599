// HTTP as a CGI program speaks it: errors, content codings, the response's text. No server, no input or
// output.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/util/error.h"

namespace dw::extract {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

// An answer other than 200. `name` is for programs; neither it nor the rest ever holds what the asker sent.
class HttpError : public std::runtime_error {
 public:
  HttpError(int status, std::string name, const std::string& message, std::string hint,
            HttpHeaders headers = {})
      : std::runtime_error(message),
        status_(status),
        name_(std::move(name)),
        hint_(std::move(hint)),
        headers_(std::move(headers)) {}

  [[nodiscard]] int status() const { return status_; }
  [[nodiscard]] const HttpHeaders& headers() const { return headers_; }
  // {"error":{"code":…,"message":…,"hint":…}}
  [[nodiscard]] std::string json() const;

 private:
  int status_;
  std::string name_;
  std::string hint_;
  HttpHeaders headers_;
};

// What the asker may know of an error. The whole of it is for the web server's log.
HttpError http_error(const Error& error);

// Whether an Accept-Encoding header lets the answer be gzipped.
bool accepts_gzip(std::string_view accept_encoding);

// The head of an answer that is written while it is made.
std::string cgi_stream_head(bool gzipped);

// The text that a CGI program prints. `json` is compressed when `gzipped` is set and it pays.
std::string cgi_response(int status, const HttpHeaders& headers, std::string json, bool gzipped);

}  // namespace dw::extract
