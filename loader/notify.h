// Telling people how a run went, by webhook.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "loader/config.h"
#include "loader/net/http.h"
#include "loader/run_report.h"

namespace dw::load {

// The request that a webhook's preset makes of a report. `transaction_id` must differ between messages
// (matrix).
HttpRequest webhook_request(const WebhookConfig& config, const RunReport& report,
                            const std::string& transaction_id);

// The report as programs get it.
nlohmann::json report_json(const RunReport& report);

// Sends to all of them. A webhook that fails is told to `warn`, and is never the run's failure.
void notify_all(const std::vector<WebhookConfig>& webhooks, const RunReport& report,
                const std::function<void(const std::string&)>& warn);

}  // namespace dw::load
