// Reads a request from what a web server puts into a CGI program's environment (RFC 3875). Pure: no server,
// no I/O.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "extractor/http.h"
#include "extractor/request.h"

namespace dw::extract {

// "" where the variable is not set.
struct CgiEnvironment {
  std::string request_method;
  std::string path_info;
  std::string query_string;
  std::string content_length;
  std::string authorization;    // HTTP_AUTHORIZATION
  std::string api_key;          // HTTP_X_API_KEY
  std::string accept_encoding;  // HTTP_ACCEPT_ENCODING
};

// What can be refused before the key is known: it reveals nothing about the server. Throws HttpError 400,
// 413.
void check_before_key(const CgiEnvironment& environment);

// Throws HttpError 401.
void check_key(const CgiEnvironment& environment, std::string_view key);

// Throws HttpError 400, 404, 405.
Request read_cgi_request(const CgiEnvironment& environment);

// nullopt when a % is not followed by two hexadecimal digits.
std::optional<std::string> percent_decoded(std::string_view text);

}  // namespace dw::extract
