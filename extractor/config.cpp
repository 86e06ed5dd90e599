#include "extractor/config.h"

#include <limits>

#include "common/util/config.h"
#include "common/util/error.h"
#include "extractor/request.h"

namespace dw::extract {
namespace {

constexpr std::int64_t kNoLimit = std::numeric_limits<std::int64_t>::max();

RotateConfig read_rotate(ConfigObject in) {
  RotateConfig rotate;
  rotate.enabled = in.boolean("enabled", rotate.enabled);
  rotate.max_rows = static_cast<std::uint64_t>(
      in.integer("max_rows", static_cast<std::int64_t>(rotate.max_rows), 0, kNoLimit));
  rotate.max_bytes = static_cast<std::uint64_t>(
      in.integer("max_bytes", static_cast<std::int64_t>(rotate.max_bytes), 0, kNoLimit));
  const bool has_interval = in.has("min_interval_seconds");
  const std::int64_t seconds = in.integer("min_interval_seconds", 0, 0, 366LL * 86'400);
  if (has_interval) rotate.min_interval_seconds = static_cast<std::uint64_t>(seconds);
  in.finish();
  return rotate;
}

ReadingConfig read_reading(ConfigObject in) {
  ReadingConfig reading;
  constexpr double kMilli = 1e-3;
  reading.chunk_seconds = static_cast<double>(in.integer("chunk_milliseconds", 500, 1, 60'000)) * kMilli;
  reading.max_load = static_cast<std::uint64_t>(
      in.integer("max_load", static_cast<std::int64_t>(reading.max_load), 0, 100'000));
  in.finish();
  return reading;
}

LogConfig read_log(ConfigObject in) {
  LogConfig log;
  const bool file = in.choice("source", "table", {"table", "file"}) == "file";
  if (!file) {
    in.finish();
    return log;
  }
  log.source = LogKind::file;
  log.path = in.path("path");
  log.rotated = in.has("rotated") ? in.path("rotated").string() : "";
  log.state_file = in.optional_path("state_file");
  log.time_zone = in.string("time_zone", "");
  log.server_version = in.string("server_version", "");
  log.globals = in.string_map("globals");
  log.decided = in.string_map("decided");
  for (const auto& [place, decision] : log.decided) {
    if (decision == "row" || decision == "text") continue;
    throw Error(ExitCode::usage, in.where("decided") + ": " + place + " is \"" + decision + "\"",
                "it must be \"row\" or \"text\"");
  }
  in.finish();
  return log;
}

}  // namespace

Config load_config(const std::filesystem::path& file) {
  ConfigObject in = ConfigObject::load(file);
  Config config;
  config.log = read_log(in.object("log"));
  if (config.log.source == LogKind::table || in.has("mysql")) {
    ConfigObject mysql = in.object("mysql");
    config.defaults_file = mysql.path("defaults_file");
    config.defaults_group = mysql.string("defaults_group", "");
    mysql.finish();
  }
  config.databases = in.strings("databases");
  config.api_key_file = in.optional_path("api_key_file");
  config.source_id = config.defaults_file ? in.string("source_id", "") : in.string("source_id");
  config.max_batch_bytes = static_cast<std::uint64_t>(
      in.integer("max_batch_bytes", static_cast<std::int64_t>(config.max_batch_bytes), 1, kMostBatchBytes));
  config.rotate = read_rotate(in.object("rotate"));
  config.reading = read_reading(in.object("reading"));
  in.finish();
  return config;
}

}  // namespace dw::extract
