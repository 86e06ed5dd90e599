#include "loader/net/source_client.h"

#include <chrono>
#include <thread>

#include <nlohmann/json.hpp>

#include "common/util/error.h"
#include "common/util/files.h"

namespace dw::load {
namespace {

using nlohmann::json;

constexpr auto kFirstPause = std::chrono::milliseconds(500);

bool may_pass(long status) {
  return status == 429 || status >= 500;
}

// What the source says went wrong: its JSON error body, or nothing when the body is something else.
json error_body(const HttpResponse& response) {
  const json body = json::parse(response.body, nullptr, /*allow_exceptions=*/false);
  return body.is_object() && body.contains("error") && body["error"].is_object() ? body["error"]
                                                                                 : json::object();
}

std::string text_of(const json& error, const char* key) {
  return error.contains(key) && error[key].is_string() ? error[key].get<std::string>() : "";
}

[[noreturn]] void refuse(const HttpResponse& response, const std::string& url) {
  const json error = error_body(response);
  const std::string said = text_of(error, "message");
  const std::string what = "source " + url + " answered " + std::to_string(response.status) +
                           (said.empty() ? "" : " (" + said + ")");
  const std::string hint = text_of(error, "hint");
  if (response.status == 401 || response.status == 403) {
    throw Error(ExitCode::not_authorised, what,
                "the key in source.api_key_file must be the one in the source's config");
  }
  const std::string code = text_of(error, "code");
  if (code == "unknown_cursor") throw UnknownCursorError(ExitCode::gap, what, hint);
  if (code == "doubtful_row") throw Error(ExitCode::gap, what, hint);
  if (response.status == 404) throw Error(ExitCode::usage, what, "check source.url");
  throw Error(may_pass(response.status) ? ExitCode::source_unreachable : ExitCode::failed, what,
              hint.empty() ? "its web server's error log says more" : hint);
}

Error unreadable(const HttpError& error, const std::string& url) {
  const bool too_large = error.fault() == HttpFault::too_large;
  return {too_large ? ExitCode::failed : ExitCode::source_unreachable,
          "source " + url + " cannot be read: " + error.what(), error.hint()};
}

}  // namespace

SourceClient::SourceClient(const SourceConfig& config, Statistics& statistics)
    : config_(config), statistics_(statistics), api_key_(read_secret(config.api_key_file, "API key")) {}

HttpResponse SourceClient::send(const HttpRequest& request) const {
  const Timed timed(&statistics_, "http");
  return send_http(request);
}

HttpResponse SourceClient::call_with_retries(const HttpRequest& request) const {
  auto pause = kFirstPause;
  for (int attempt = 1;; ++attempt) {
    const bool last = attempt >= config_.attempts;
    try {
      HttpResponse response = send(request);
      if (last || !may_pass(response.status)) return response;
    } catch (const HttpError& error) {
      if (last || error.fault() != HttpFault::passing) throw unreadable(error, config_.url);
    }
    const Timed timed(&statistics_, "sleep");
    std::this_thread::sleep_for(pause);
    pause *= 2;
  }
}

HttpRequest SourceClient::request_for(const std::string& method, const std::string& path_and_query) const {
  HttpRequest request;
  request.method = method;
  request.url = config_.url + path_and_query;
  request.headers = {"Authorization: Bearer " + api_key_, "Accept: application/json"};
  request.ca_file = config_.ca_file;
  request.connect_timeout_seconds = config_.connect_timeout_seconds;
  request.timeout_seconds = config_.timeout_seconds;
  request.max_bytes = config_.max_response_bytes;
  return request;
}

HttpResponse SourceClient::call(const std::string& method, const std::string& path_and_query) const {
  return call_with_retries(request_for(method, path_and_query));
}

void SourceClient::fetch_snapshot(const std::string& after,
                                  const std::function<void(std::string_view)>& on_data) const {
  HttpRequest request =
      request_for("GET", "/v1/snapshot" + (after.empty() ? std::string() : "?after=" + url_escape(after)));
  request.headers[1] = "Accept: application/x-ndjson, application/json";
  request.on_data = on_data;
  request.lasts = true;
  try {
    const HttpResponse response = send_http(request);
    if (response.status != 200) refuse(response, config_.url);
  } catch (const HttpError& error) {
    throw unreadable(error, config_.url);
  }
}

std::string SourceClient::fetch_batch(const BatchRequest& request) const {
  std::string query = "?max_bytes=" + std::to_string(request.max_bytes);
  if (request.after) {
    query += "&after=" + request.after->text();
  } else if (!request.since.empty()) {
    query += "&since=" + url_escape(request.since);
  }
  HttpResponse response = call("GET", "/v1/batch" + query);
  if (response.status != 200) refuse(response, config_.url);
  return std::move(response.body);
}

std::string SourceClient::read(const std::string& request) const {
  HttpRequest post = request_for("POST", "/v1/read");
  post.headers[1] = "Accept: application/x-ndjson, application/json";
  post.headers.emplace_back("Content-Type: application/json");
  post.body = request;
  post.lasts = true;  // production may be busy
  try {
    HttpResponse response = send(post);
    if (response.status != 200) refuse(response, config_.url);
    return std::move(response.body);
  } catch (const HttpError& error) {
    throw unreadable(error, config_.url);
  }
}

std::string SourceClient::fetch_catalog() const {
  HttpResponse response = call("GET", "/v1/catalog");
  if (response.status != 200) refuse(response, config_.url);
  return std::move(response.body);
}

bool SourceClient::rotate(const Cursor& acknowledged) const {
  const HttpResponse response = call("POST", "/v1/rotate?after=" + acknowledged.text());
  if (response.status != 200) refuse(response, config_.url);
  const json body = json::parse(response.body, nullptr, false);
  return body.is_object() && body.value("rotated", false);
}

SourceAnswer SourceClient::check() const {
  HttpResponse response = call("GET", "/v1/check");
  if (response.status != 200) refuse(response, config_.url);
  return {std::move(response.body), response.certificate_expires};
}

}  // namespace dw::load
