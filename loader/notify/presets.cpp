#include "loader/notify/presets.h"

#include <algorithm>

#include "common/util/digest.h"
#include "common/util/files.h"

namespace dw::load {
namespace {

using nlohmann::json;

constexpr std::size_t kMostDiscord = 2000;  // Discord API, "Create Message": content
constexpr std::size_t kMostBody = 16'384;

std::string dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

bool is_good(RunState state) {
  return state == RunState::ok || state == RunState::quiet;
}

// A URL that is itself the secret stands in a file.
std::string url_of(const WebhookConfig& config) {
  return config.url_file ? read_secret(*config.url_file, "webhook URL") : config.url;
}

std::string bearer(const WebhookConfig& config) {
  return "Authorization: Bearer " + read_secret(*config.token_file, "access token");
}

HttpRequest post(std::string url, std::string body) {
  HttpRequest request;
  request.method = "POST";
  request.url = std::move(url);
  request.body = std::move(body);
  return request;
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
  return text;
}

// The value of "a.b" in the numbers; null when there is none.
json lookup(const json& numbers, const std::string& name) {
  std::string path = "/" + name;
  std::replace(path.begin(), path.end(), '.', '/');
  const json::json_pointer pointer(path);
  return numbers.contains(pointer) ? numbers.at(pointer) : json();
}

// {{name}} becomes the value: bare for numbers, escaped for use inside a JSON string for text.
std::string fill(const std::string& text, const json& numbers) {
  std::string out;
  std::size_t begin = 0;
  for (;;) {
    const std::size_t open = text.find("{{", begin);
    const std::size_t close = open == std::string::npos ? open : text.find("}}", open);
    if (close == std::string::npos) return out + text.substr(begin);
    out.append(text, begin, open - begin);
    const json value = lookup(numbers, text.substr(open + 2, close - open - 2));
    std::string shown = dump(value);
    if (value.is_string()) shown = shown.substr(1, shown.size() - 2);
    out += shown;
    begin = close + 2;
  }
}

json with_text(const Message& message) {
  json body = message.numbers;
  body["text"] = message.text;
  return body;
}

HttpRequest matrix_request(const WebhookConfig& config, const Message& message,
                           const std::string& transaction_id) {
  const std::string url = url_of(config);
  HttpRequest request =
      post(url + (url.ends_with('/') ? "" : "/") + "_matrix/client/v3/rooms/" + url_escape(config.room) +
               "/send/m.room.message/" + url_escape(transaction_id),
           dump({{"msgtype", is_good(message.state) ? "m.notice" : "m.text"}, {"body", message.text}}));
  request.method = "PUT";
  request.headers.push_back(bearer(config));
  return request;
}

HttpRequest maubot_request(const WebhookConfig& config, const Message& message) {
  json body = with_text(message);
  body["message"] = message.text;
  HttpRequest request = post(url_of(config), dump(body));
  if (config.token_file) {
    request.headers.push_back(bearer(config));
  } else if (config.password_file) {
    const std::string pair = config.user + ":" + read_secret(*config.password_file, "password");
    request.headers.push_back("Authorization: Basic " + base64_encode(pair));
  }
  return request;
}

HttpRequest generic_request(const WebhookConfig& config, const Message& message) {
  const json body = with_text(message);
  HttpRequest request =
      post(url_of(config), config.json_template.empty() ? dump(body) : fill(config.json_template, body));
  for (const auto& [name, value] : config.headers) request.headers.push_back(name + ": " + value);
  return request;
}

// Slack, "Formatting text for app surfaces": these three characters are its markup.
HttpRequest slack_request(const WebhookConfig& config, const Message& message) {
  const std::string text = replaced(replaced(replaced(message.text, "&", "&amp;"), "<", "&lt;"), ">", "&gt;");
  return post(url_of(config), dump({{"text", text}}));
}

HttpRequest discord_request(const WebhookConfig& config, const Message& message) {
  return post(url_of(config), dump({{"content", message.text.substr(0, kMostDiscord)},
                                    {"allowed_mentions", {{"parse", json::array()}}}}));
}

// ntfy, "Publishing": the topic's URL, the message as the body, the rest in headers.
HttpRequest ntfy_request(const WebhookConfig& config, const Message& message) {
  HttpRequest request = post(url_of(config), message.text);
  request.headers = {std::string("Title: dw-load: ") + name_of(message.state),
                     std::string("Priority: ") + (is_good(message.state) ? "low" : "high"),
                     std::string("Tags: ") + (is_good(message.state) ? "white_check_mark" : "warning")};
  if (config.token_file) request.headers.push_back(bearer(config));
  return request;
}

// Healthchecks, "Pinging API": the check's URL for a success, /start and /fail; it calls when none comes.
std::string ping_url(const WebhookConfig& config, const char* what) {
  std::string url = url_of(config);
  while (url.ends_with('/')) url.pop_back();
  return url + what;
}

HttpRequest healthchecks_request(const WebhookConfig& config, const Message& message) {
  const std::string body = message.text + "\n" + message.detail;
  return post(ping_url(config, is_good(message.state) ? "" : "/fail"),
              body.substr(body.size() - std::min(body.size(), kMostBody)));
}

void add_limits(const WebhookConfig& config, HttpRequest& request) {
  request.ca_file = config.ca_file;
  request.connect_timeout_seconds = config.timeout_seconds;
  request.timeout_seconds = config.timeout_seconds;
  request.max_bytes = 1U << 20U;
}

bool sends_text(const WebhookConfig& config) {
  return config.preset == "ntfy" || config.preset == "healthchecks";
}

HttpRequest request_of(const WebhookConfig& config, const Message& message,
                       const std::string& transaction_id) {
  if (config.preset == "matrix") return matrix_request(config, message, transaction_id);
  if (config.preset == "maubot") return maubot_request(config, message);
  if (config.preset == "slack") return slack_request(config, message);
  if (config.preset == "discord") return discord_request(config, message);
  if (config.preset == "ntfy") return ntfy_request(config, message);
  if (config.preset == "healthchecks") return healthchecks_request(config, message);
  return generic_request(config, message);
}

}  // namespace

HttpRequest webhook_request(const WebhookConfig& config, const Message& message,
                            const std::string& transaction_id) {
  HttpRequest request = request_of(config, message, transaction_id);
  request.headers.emplace_back(sends_text(config) ? "Content-Type: text/plain; charset=utf-8"
                                                  : "Content-Type: application/json");
  add_limits(config, request);
  return request;
}

std::optional<HttpRequest> start_request(const WebhookConfig& config) {
  if (config.preset != "healthchecks") return std::nullopt;
  HttpRequest request = post(ping_url(config, "/start"), "");
  add_limits(config, request);
  return request;
}

}  // namespace dw::load
