// dw-load's configuration, read and checked.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/mysql/connection.h"
#include "loader/retention/archive/archive.h"
#include "loader/state_rules.h"
#include "loader/voice/log_file.h"

namespace dw::load {

struct SourceConfig {
  std::string url;  // of the CGI program, without "/v1/…"
  std::filesystem::path api_key_file;
  std::optional<std::filesystem::path> ca_file;
  long connect_timeout_seconds = 10;
  long timeout_seconds = 300;
  int attempts = 4;
  std::size_t max_batch_bytes = 8U << 20U;       // asked of the source
  std::size_t max_response_bytes = 512U << 20U;  // accepted
  bool rotate = true;  // ask the source to rotate its log when it says that it is due
};

struct WebhookConfig {
  std::string preset;
  std::vector<std::string> when;                       // to be told: run, change, daily
  std::string url;                                     // matrix: the homeserver; else where to POST
  std::optional<std::filesystem::path> url_file;       // in place of it, where the URL is a secret
  std::string room;                                    // matrix
  std::optional<std::filesystem::path> token_file;     // matrix, maubot, ntfy: access token
  std::string user;                                    // maubot: Basic in place of Bearer
  std::optional<std::filesystem::path> password_file;  // maubot: Basic
  std::map<std::string, std::string> headers;          // generic
  std::string json_template;                           // generic
  std::optional<std::filesystem::path> ca_file;
  long timeout_seconds = 10;
};

// hooks.h tells when each is called.
inline constexpr std::array<const char*, 5> kHookNames{"before_begin", "after_batch", "on_retained",
                                                       "on_failure", "after_finish"};

struct HooksConfig {
  std::map<std::string, std::vector<std::filesystem::path>, std::less<>> executables{};  // by name
  bool stop_on_error = false;
  long timeout_seconds = 30;  // of each executable
};

// What scripts/mirror-media leaves.
struct MediaConfig {
  std::filesystem::path result_file;
  std::int64_t max_age_hours = 26;  // an older result is trouble
};

struct VerifyConfig {
  bool in_sync = true;            // each sync reads its suspects back and verifies what is due
  bool repair = true;             // and mends what differs
  std::int64_t round_hours = 24;  // everything is verified once in so long
  std::int64_t seconds = 20;      // a sync begins no further reading behind so long; 0: no limit
};

struct Config {
  SourceConfig source;
  mysql::ConnectOptions mirror;
  std::string retention = "archive";
  ArchiveOptions archive;
  std::filesystem::path spool_dir;
  int spool_days = 30;
  std::int64_t hold_after_seconds = 60;  // an open transaction is set aside
  std::vector<std::string> databases;    // narrows what the source mirrors; empty: all that it sends
  std::vector<WebhookConfig> webhooks;
  std::optional<MediaConfig> media;
  StateRules states;
  HooksConfig hooks;
  std::optional<LogFileConfig> log_file;
  VerifyConfig verify;
};

// Throws Error(usage): a missing file, an unknown key, a file that others can read.
Config load_config(const std::filesystem::path& file);

}  // namespace dw::load
