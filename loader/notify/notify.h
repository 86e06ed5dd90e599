// Telling people how runs go, by webhook, when they want to hear of it.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "common/util/statistics.h"
#include "loader/config.h"
#include "loader/notify/memory.h"
#include "loader/notify/presets.h"

namespace dw::load {

// What the webhook is to be told of the run that `memory` has just taken in: nothing, the run itself, the end
// of a trouble, a day's digest. Pure. `now`: UTC.
std::vector<Message> messages_for(const WebhookConfig& config, const Told& told, const Memory& memory,
                                  const RunReport& report);

class Notifier {
 public:
  using Warn = std::function<void(const std::string&)>;

  // The memory is kept in the spool's folder. Config and statistics must outlive it.
  Notifier(const Config& config, Statistics& statistics, Warn warn);

  // A run begins. A webhook that fails is told to `warn`, and is never the run's failure.
  void started();
  // It has ended.
  void ended(const RunReport& report);

 private:
  bool send(const WebhookConfig& webhook, const HttpRequest& request);

  const Config& config_;
  Statistics& statistics_;
  Warn warn_;
  std::filesystem::path file_;
  int sent_ = 0;
};

}  // namespace dw::load
