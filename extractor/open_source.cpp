#include "extractor/open_source.h"

#include <algorithm>

#include "extractor/file_log/local_clock.h"
#include "extractor/file_log_source.h"
#include "extractor/table_log_source.h"

namespace dw::extract {
namespace {

std::string global(const ServerInfo& info, const std::string& name) {
  const auto found = info.source.globals.find(name);
  return found == info.source.globals.end() ? std::string() : found->second;
}

// The server writes its files by the system's clock, whatever its time_zone says. Where this machine's clock
// has the same name, it is taken for the same one, summer time and all; else only today's offset is known.
std::string wall_clock_of(const Config& config, const ServerInfo& info) {
  if (!config.log.time_zone.empty() || info.system_offset.empty()) return config.log.time_zone;
  return wall_clock_name() == global(info, "system_time_zone") ? std::string() : info.system_offset;
}

std::unique_ptr<FileLogSource> open_files(const Config& config, const ServerInfo& info, bool connected) {
  set_wall_clock(wall_clock_of(config, info));
  FileLogSettings settings;
  settings.path = config.log.path;
  settings.rotated = config.log.rotated;
  settings.server_writes = connected;
  settings.state_file = config.log.state_file;
  settings.reader.to_utc = utc_of;
  settings.reader.global_modes = quote_modes_of(global(info, "sql_mode"));
  settings.reader.logs_raw = info.log_raw;
  settings.reader.events_run = info.events_run;
  for (const auto& [place, decision] : config.log.decided)
    settings.decided[place] = decision == "row" ? LineIs::row : LineIs::text;
  return std::make_unique<FileLogSource>(std::move(settings));
}

}  // namespace

std::unique_ptr<LogSource> open_source(const Config& config, const ServerInfo& info, Server* server) {
  if (config.log.source == LogKind::file) return open_files(config, info, server != nullptr);
  return std::make_unique<TableLogSource>(*server);
}

ServerInfo info_without_server(const Config& config) {
  ServerInfo info;
  info.connected = false;
  info.source.id = config.source_id;
  info.source.globals = config.log.globals;
  info.events_run = global(info, "event_scheduler") == "ON";
  info.log_raw = global(info, "log_raw") == "ON";
  info.source.globals.erase("event_scheduler");
  info.source.globals.erase("log_raw");
  info.source.server_version = config.log.server_version;
  info.now = now_micros();
  info.log_on = info.log_to_source = true;
  if (info.source.server_version.empty()) {
    const auto files = open_files(config, info, false);
    files->generations();
    info.source.server_version = files->server_version();
  }
  return info;
}

void remember_place(LogSource& source) {
  if (auto* files = dynamic_cast<FileLogSource*>(&source)) files->remember();
}

std::vector<std::string> source_warnings(const LogSource& source) {
  std::vector<std::string> out;
  const auto* files = dynamic_cast<const FileLogSource*>(&source);
  if (files == nullptr) return out;
  for (const std::string& path : files->unreadable())
    out.push_back("log file " + path + " is not read: only gzip is; decompress it if it is needed");
  return out;
}

}  // namespace dw::extract
