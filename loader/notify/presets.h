// The request that a webhook's preset makes of a message. Adding a preset: .github/CONTRIBUTING.md.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "loader/config.h"
#include "loader/net/http.h"
#include "loader/notify/run_state.h"

namespace dw::load {

struct Message {
  std::string text{};  // one line
  RunState state = RunState::ok;
  std::string detail{};      // the run's last lines, for presets that show them
  nlohmann::json numbers{};  // what `generic` and `maubot` send beside the text, and a template can name
};

// `transaction_id` must differ between messages (matrix). Throws Error(usage) when a secret cannot be read.
HttpRequest webhook_request(const WebhookConfig& config, const Message& message,
                            const std::string& transaction_id);

// What a run's beginning sends; only `healthchecks` listens for that.
std::optional<HttpRequest> start_request(const WebhookConfig& config);

}  // namespace dw::load
