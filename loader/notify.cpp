#include "loader/notify.h"

#include <algorithm>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "common/util/clock.h"
#include "common/util/digest.h"
#include "common/util/files.h"

namespace dw::load {
namespace {

using nlohmann::json;

std::string dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string message_text(const RunReport& report) {
  if (!report.error.empty()) {
    return "dw-load failed (exit " + std::to_string(static_cast<int>(report.exit_code)) +
           "): " + report.error;
  }
  std::string text = "dw-load: " + summary(report);
  if (report.gap) text += "; GAP in the log, every table is suspect";
  if (!report.log_enabled) text += "; the source's general log is OFF";
  return text;
}

json counts_json(const RunReport& report) {
  json out{{"received", report.counts.received}};
  for (std::size_t i = 0; i < kOutcomes; ++i) out[kOutcomeNames[i]] = report.counts.by_outcome[i];
  return out;
}

// The value of "a.b" in the report; null when there is none.
json lookup(const json& report, const std::string& name) {
  std::string path = "/" + name;
  std::replace(path.begin(), path.end(), '.', '/');
  const json::json_pointer pointer(path);
  return report.contains(pointer) ? report.at(pointer) : json();
}

// {{name}} becomes the value: bare for numbers, escaped for use inside a JSON string for text.
std::string fill(const std::string& text, const json& report) {
  std::string out;
  std::size_t begin = 0;
  for (;;) {
    const std::size_t open = text.find("{{", begin);
    const std::size_t close = open == std::string::npos ? open : text.find("}}", open);
    if (close == std::string::npos) return out + text.substr(begin);
    out.append(text, begin, open - begin);
    const json value = lookup(report, text.substr(open + 2, close - open - 2));
    std::string shown = dump(value);
    if (value.is_string()) shown = shown.substr(1, shown.size() - 2);
    out += shown;
    begin = close + 2;
  }
}

std::string bearer(const WebhookConfig& config) {
  return "Authorization: Bearer " + read_secret(*config.token_file, "access token");
}

HttpRequest matrix_request(const WebhookConfig& config, const RunReport& report,
                           const std::string& transaction_id) {
  HttpRequest request;
  request.method = "PUT";
  request.url = config.url + (config.url.ends_with('/') ? "" : "/") + "_matrix/client/v3/rooms/" +
                url_escape(config.room) + "/send/m.room.message/" + url_escape(transaction_id);
  request.headers.push_back(bearer(config));
  request.body =
      dump({{"msgtype", report.error.empty() ? "m.notice" : "m.text"}, {"body", message_text(report)}});
  return request;
}

HttpRequest maubot_request(const WebhookConfig& config, const RunReport& report) {
  HttpRequest request;
  request.method = "POST";
  request.url = config.url;
  if (config.token_file) {
    request.headers.push_back(bearer(config));
  } else if (config.password_file) {
    const std::string pair = config.user + ":" + read_secret(*config.password_file, "password");
    request.headers.push_back("Authorization: Basic " + base64_encode(pair));
  }
  json body = report_json(report);
  body["message"] = body["text"];
  request.body = dump(body);
  return request;
}

HttpRequest generic_request(const WebhookConfig& config, const RunReport& report) {
  HttpRequest request;
  request.method = "POST";
  request.url = config.url;
  for (const auto& [name, value] : config.headers) request.headers.push_back(name + ": " + value);
  const json body = report_json(report);
  request.body = config.json_template.empty() ? dump(body) : fill(config.json_template, body);
  return request;
}

}  // namespace

json report_json(const RunReport& report) {
  return {{"text", message_text(report)},
          {"status", report.exit_code == ExitCode::done ? "ok" : "failed"},
          {"exit_code", static_cast<int>(report.exit_code)},
          {"source", report.source_id},
          {"lag_seconds", static_cast<double>(report.lag) / 1e6},
          {"seconds", report.seconds},
          {"statements", counts_json(report)}};
}

HttpRequest webhook_request(const WebhookConfig& config, const RunReport& report,
                            const std::string& transaction_id) {
  HttpRequest request = config.preset == "matrix"   ? matrix_request(config, report, transaction_id)
                        : config.preset == "maubot" ? maubot_request(config, report)
                                                    : generic_request(config, report);
  request.headers.emplace_back("Content-Type: application/json");
  request.ca_file = config.ca_file;
  request.connect_timeout_seconds = config.timeout_seconds;
  request.timeout_seconds = config.timeout_seconds;
  request.max_bytes = 1U << 20U;
  return request;
}

void notify_all(const std::vector<WebhookConfig>& webhooks, const RunReport& report,
                const std::function<void(const std::string&)>& warn) {
  int number = 0;
  for (const WebhookConfig& config : webhooks) {
    const std::string id = "dw-" + std::to_string(now_micros()) + "-" + std::to_string(::getpid()) + "-" +
                           std::to_string(++number);
    try {
      const HttpResponse response = send_http(webhook_request(config, report, id));
      if (response.status < 200 || response.status > 299) {
        warn("webhook " + config.preset + " answered " + std::to_string(response.status) +
             ": check its url and its token");
      }
    } catch (const std::exception& error) {  // an unreachable webhook, a token file that has gone
      warn("webhook " + config.preset + " failed: " + error.what());
    }
  }
}

}  // namespace dw::load
