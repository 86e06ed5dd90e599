#include "extractor/http.h"

#include <algorithm>
#include <charconv>

#include <nlohmann/json.hpp>

#include "common/util/gzip.h"
#include "common/util/letter_case.h"
#include "extractor/request.h"

namespace dw::extract {
namespace {

// Less than this fits a packet anyway.
constexpr std::size_t kLeastToCompress = 1024;

const char* reason_phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 413:
      return "Content Too Large";
    case 503:
      return "Service Unavailable";
    default:
      return "Internal Server Error";
  }
}

std::string_view trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

// "gzip;q=0.5" -> gzip, and whether its weight is above 0 (RFC 9110, 12.4.2).
std::pair<std::string_view, bool> coding_and_welcome(std::string_view item) {
  const std::size_t semicolon = item.find(';');
  const std::string_view coding = trim(item.substr(0, semicolon));
  if (semicolon == std::string_view::npos) return {coding, true};
  const std::string_view weight = trim(item.substr(semicolon + 1));
  const bool is_zero = (weight.starts_with("q=") || weight.starts_with("Q=")) &&
                       weight.find_first_not_of("0.", 2) == std::string_view::npos;
  return {coding, !is_zero};
}

}  // namespace

std::string HttpError::json() const {
  const nlohmann::json out{{"error", {{"code", name_}, {"message", what()}, {"hint", hint_}}}};
  return out.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

HttpError http_error(const Error& error) {
  if (const auto* asked = dynamic_cast<const RequestError*>(&error)) {
    return {400, asked->name(), asked->what(), asked->hint()};
  }
  constexpr const char* kLog = "the reason is in the web server's error log";
  if (error.code() == ExitCode::source_unreachable) {
    return {
        503, "source_unreachable", "the source database cannot be reached", kLog, {{"Retry-After", "60"}}};
  }
  if (error.code() == ExitCode::usage)
    return {500, "misconfigured", "dw-extract is not set up correctly", kLog};
  return {500, "failed", "dw-extract could not do it", kLog};
}

bool accepts_gzip(std::string_view accept_encoding) {
  bool any = false;
  while (!accept_encoding.empty()) {
    const std::size_t comma = accept_encoding.find(',');
    const auto [coding, welcome] = coding_and_welcome(trim(accept_encoding.substr(0, comma)));
    if (equals_ignoring_case(coding, "gzip") || equals_ignoring_case(coding, "x-gzip")) return welcome;
    if (coding == "*") any = welcome;
    accept_encoding.remove_prefix(comma == std::string_view::npos ? accept_encoding.size() : comma + 1);
  }
  return any;
}

std::string cgi_stream_head(bool gzipped) {
  return std::string("Status: 200 OK\r\nContent-Type: application/x-ndjson; charset=utf-8\r\n") +
         "Cache-Control: no-store\r\nVary: Accept-Encoding\r\n" +
         (gzipped ? "Content-Encoding: gzip\r\n" : "") + "\r\n";
}

std::string cgi_response(int status, const HttpHeaders& headers, std::string json, bool gzipped) {
  const bool compress = gzipped && json.size() >= kLeastToCompress;
  if (compress) json = gzip(json);
  std::string out = "Status: " + std::to_string(status) + " " + reason_phrase(status) + "\r\n";
  out +=
      "Content-Type: application/json; charset=utf-8\r\nCache-Control: no-store\r\nVary: Accept-Encoding\r\n";
  if (compress) out += "Content-Encoding: gzip\r\n";
  out += "Content-Length: " + std::to_string(json.size()) + "\r\n";
  for (const auto& [name, value] : headers) out += name + ": " + value + "\r\n";
  return out + "\r\n" + json;
}

}  // namespace dw::extract
