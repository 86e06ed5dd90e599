// dw-extract's config file.
#pragma once

#include <cstdint>
#include <filesystem>
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

struct Config {
  std::filesystem::path defaults_file;
  std::string defaults_group;
  std::vector<std::string> databases;  // schemas that are mirrored; empty: all but the server's own
  std::optional<std::filesystem::path> api_key_file;
  std::string source_id;  // empty: the server's own id
  std::uint64_t max_batch_bytes = 8ULL << 20;
  RotateConfig rotate;
};

// Throws Error(usage).
Config load_config(const std::filesystem::path& file);

}  // namespace dw::extract
