// dw-extract's config file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace dw::extract {

struct RotateConfig {
  bool enabled = true;
  std::uint64_t max_rows = 1'000'000;  // 0: always past the limit
  std::uint64_t max_bytes = 1ULL << 30;
  std::optional<std::uint64_t> min_interval_seconds;  // none: an hour on RDS, else 0
};

enum class LogKind : std::uint8_t { table, file };

struct LogConfig {
  LogKind source = LogKind::table;
  // Of a file:
  std::filesystem::path path;
  std::string rotated;  // glob pattern; empty: path.* and path-*
  std::optional<std::filesystem::path> state_file;
  std::string time_zone;                       // of the server's clock; empty: found out
  std::map<std::string, std::string> decided;  // lines in doubt, by place: "row" or "text"
  // Where no server can be asked:
  std::string server_version;
  std::map<std::string, std::string> globals;
};

// How production is read: catalogue, snapshots, rows.
struct ReadingConfig {
  double chunk_seconds = 0.5;   // a chunk is made to take so long
  std::uint64_t max_load = 25;  // reading pauses while more threads run; 0: it never does
};

struct Config {
  std::optional<std::filesystem::path> defaults_file;  // none: no server, files alone
  std::string defaults_group;
  std::vector<std::string> databases;  // schemas that are mirrored; empty: all but the server's own
  std::optional<std::filesystem::path> api_key_file;
  std::string source_id;  // empty: the server's own id
  std::uint64_t max_batch_bytes = 8ULL << 20;
  RotateConfig rotate;
  ReadingConfig reading;
  LogConfig log;
};

// Throws Error(usage).
Config load_config(const std::filesystem::path& file);

}  // namespace dw::extract
