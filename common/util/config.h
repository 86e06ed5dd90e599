// Reading a JSON config (comments allowed) strictly: every key must be known, every value of its type.
//
// A reader asks for keys; `finish` then throws Error(usage) for each key that nobody asked for, naming the
// nearest known one. Paths are relative to the config file's folder.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace dw {

class ConfigObject {
 public:
  // Throws Error(usage) when the file is missing, unreadable or no JSON object.
  static ConfigObject load(const std::filesystem::path& file);

  [[nodiscard]] bool has(const std::string& key) const;
  std::string string(const std::string& key);  // required
  std::string string(const std::string& key, const std::string& fallback);
  std::string choice(const std::string& key, const std::string& fallback,
                     const std::vector<std::string>& allowed);
  std::int64_t integer(const std::string& key, std::int64_t fallback, std::int64_t least, std::int64_t most);
  bool boolean(const std::string& key, bool fallback);
  std::vector<std::string> strings(const std::string& key);
  std::filesystem::path path(const std::string& key);  // required
  std::optional<std::filesystem::path> optional_path(const std::string& key);
  std::vector<std::filesystem::path> paths(const std::string& key);
  // Empty object when the key is absent.
  ConfigObject object(const std::string& key);
  std::vector<ConfigObject> objects(const std::string& key);
  // An object whose values are strings, such as HTTP headers.
  std::map<std::string, std::string> string_map(const std::string& key);

  // Throws Error(usage) for the first unknown key.
  void finish() const;

  // "file.json: mysql.port" style prefix for messages.
  [[nodiscard]] std::string where(const std::string& key) const;

 private:
  ConfigObject(nlohmann::json value, std::filesystem::path file, std::string prefix);
  const nlohmann::json* find(const std::string& key, nlohmann::json::value_t type, const char* type_name);

  nlohmann::json value_;
  std::filesystem::path file_;
  std::string prefix_;  // "mysql." or empty
  std::set<std::string> known_;
};

// The `--config` argument, else the environment variable, else the fixed place; throws Error(usage) when that
// file does not exist.
std::filesystem::path find_config(const std::string& argument, const char* variable, const char* fixed_place);

// The candidate with the smallest edit distance to `word`; empty when there is none.
std::string nearest(const std::string& word, const std::set<std::string>& candidates);

}  // namespace dw
