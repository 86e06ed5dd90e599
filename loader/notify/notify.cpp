#include "loader/notify/notify.h"

#include <algorithm>
#include <unistd.h>

#include "common/util/clock.h"
#include "common/util/digest.h"

namespace dw::load {
namespace {

constexpr const char* kMemoryFile = "notify.json";

bool wants(const WebhookConfig& config, const char* what) {
  return std::find(config.when.begin(), config.when.end(), what) != config.when.end();
}

// Which webhook a memory belongs to, without its secrets.
std::string key_of(const WebhookConfig& config) {
  const std::string place = config.url_file ? config.url_file->string() : config.url;
  std::string when;
  for (const std::string& one : config.when) when += " " + one;
  return sha256_hex(config.preset + " " + place + " " + config.room + when).substr(0, 16);
}

std::string detail_of(const RunReport& report) {
  std::string out;
  for (const std::string& line : report.last_lines) out += line + "\n";
  return out;
}

// `since`: of the state that is over.
std::string recovery_text(RunState before, const std::string& text) {
  return std::string("RECOVERED from ") + name_of(before) + ": " + text;
}

}  // namespace

std::vector<Message> messages_for(const WebhookConfig& config, const Told& told, const Memory& memory,
                                  const RunReport& report) {
  std::vector<Message> out;
  const std::string text = message_of(report, memory.state, memory.last_change);
  nlohmann::json numbers = report_json(report);
  numbers["state"] = name_of(memory.state);
  const Message run{text, memory.state, detail_of(report), numbers};
  if (wants(config, "run") || config.preset == "healthchecks") {
    out.push_back(run);
  } else if (wants(config, "change") && memory.state != told.state) {
    out.push_back(run);
    if (memory.state == RunState::ok) out.back().text = recovery_text(told.state, text);
  }
  if (wants(config, "daily") && !memory.finished.date.empty() && memory.finished.date != told.digest_date)
    out.push_back({digest_text(memory.finished), RunState::ok, "", std::move(numbers)});
  return out;
}

Notifier::Notifier(const Config& config, Statistics& statistics, Warn warn)
    : config_(config),
      statistics_(statistics),
      warn_(std::move(warn)),
      file_(config.spool_dir / kMemoryFile) {}

void Notifier::started() {
  for (const WebhookConfig& webhook : config_.webhooks) {
    try {
      if (const auto request = start_request(webhook)) send(webhook, *request);
    } catch (const std::exception& error) {  // the file with its URL has gone
      warn_("webhook " + webhook.preset + " failed: " + error.what());
    }
  }
}

void Notifier::ended(const RunReport& report) {
  if (config_.webhooks.empty()) return;
  const Micros now = now_micros();
  Memory memory = read_memory(file_);
  const Micros last_change = std::max(memory.last_change, report.last_event);
  remember(memory, report, state_of(report, config_.states, last_change, now), now);
  for (const WebhookConfig& webhook : config_.webhooks) {
    Told& told = memory.told[key_of(webhook)];
    bool delivered = true;
    try {
      for (const Message& message : messages_for(webhook, told, memory, report)) {
        const std::string id =
            "dw-" + std::to_string(now) + "-" + std::to_string(::getpid()) + "-" + std::to_string(++sent_);
        delivered = send(webhook, webhook_request(webhook, message, id)) && delivered;
      }
    } catch (const std::exception& error) {  // a token file that has gone
      warn_("webhook " + webhook.preset + " failed: " + error.what());
      delivered = false;
    }
    // What did not arrive is told again with the next run.
    if (delivered) told = {memory.state, memory.finished.date};
  }
  try {
    write_memory(file_, memory);
  } catch (const Error& error) {
    warn_(error.line());
  }
}

bool Notifier::send(const WebhookConfig& webhook, const HttpRequest& request) {
  const Timed timed(&statistics_, "webhook");
  try {
    const HttpResponse response = send_http(request);
    if (response.status >= 200 && response.status <= 299) return true;
    warn_("webhook " + webhook.preset + " answered " + std::to_string(response.status) +
          ": check its url and its token");
  } catch (const HttpError& error) {
    warn_("webhook " + webhook.preset + " failed: " + error.what());
  }
  return false;
}

}  // namespace dw::load
