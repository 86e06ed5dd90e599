#include "common/util/config.h"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <numeric>

#include "common/util/error.h"
#include "common/util/files.h"

namespace dw {
namespace {

std::size_t edit_distance(const std::string& left, const std::string& right) {
  std::vector<std::size_t> row(right.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < left.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < right.size(); ++j) {
      const std::size_t replaced = diagonal + (left[i] == right[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({row[j] + 1, row[j + 1] + 1, replaced});
    }
  }
  return row.back();
}

}  // namespace

std::string nearest(const std::string& word, const std::set<std::string>& candidates) {
  std::string best;
  std::size_t distance = std::numeric_limits<std::size_t>::max();
  for (const std::string& candidate : candidates) {
    const std::size_t d = edit_distance(word, candidate);
    if (d < distance) {
      distance = d;
      best = candidate;
    }
  }
  return best;
}

std::filesystem::path find_config(const std::string& argument, const char* variable,
                                  const char* fixed_place) {
  const char* from_environment = std::getenv(variable);
  std::filesystem::path path = fixed_place;
  if (from_environment != nullptr && *from_environment != '\0') path = from_environment;
  if (!argument.empty()) path = argument;
  if (!std::filesystem::exists(path)) {
    throw Error(ExitCode::usage, "config " + path.string() + " does not exist",
                std::string("name one with --config FILE or $") + variable);
  }
  return path;
}

ConfigObject::ConfigObject(nlohmann::json value, std::filesystem::path file, std::string prefix)
    : value_(std::move(value)), file_(std::move(file)), prefix_(std::move(prefix)) {}

ConfigObject ConfigObject::load(const std::filesystem::path& file) {
  const std::string text = read_file(file, "config");
  try {
    nlohmann::json value = nlohmann::json::parse(text, nullptr, true, /*ignore_comments=*/true);
    if (!value.is_object()) throw Error(ExitCode::usage, "config " + file.string() + " is not a JSON object");
    return ConfigObject(std::move(value), std::filesystem::absolute(file), "");
  } catch (const nlohmann::json::parse_error& error) {
    const std::string before = text.substr(0, std::min(error.byte, text.size()));
    const auto line = std::count(before.begin(), before.end(), '\n') + 1;
    throw Error(ExitCode::usage,
                "config " + file.string() + ", line " + std::to_string(line) + ": not valid JSON",
                "look for a missing quote, comma or brace there");
  }
}

std::string ConfigObject::where(const std::string& key) const {
  return "config " + file_.string() + ": \"" + prefix_ + key + "\"";
}

bool ConfigObject::has(const std::string& key) const {
  return value_.contains(key);
}

const nlohmann::json* ConfigObject::find(const std::string& key, nlohmann::json::value_t type,
                                         const char* type_name) {
  known_.insert(key);
  const auto found = value_.find(key);
  if (found == value_.end()) return nullptr;
  const bool fits =
      type == nlohmann::json::value_t::number_integer ? found->is_number_integer() : found->type() == type;
  if (!fits) throw Error(ExitCode::usage, where(key) + " must be " + type_name);
  return &*found;
}

std::string ConfigObject::string(const std::string& key) {
  const auto* found = find(key, nlohmann::json::value_t::string, "a string");
  if (found == nullptr)
    throw Error(ExitCode::usage, where(key) + " is missing", "README shows a minimal config");
  return found->get<std::string>();
}

std::string ConfigObject::string(const std::string& key, const std::string& fallback) {
  const auto* found = find(key, nlohmann::json::value_t::string, "a string");
  return found == nullptr ? fallback : found->get<std::string>();
}

std::string ConfigObject::choice(const std::string& key, const std::string& fallback,
                                 const std::vector<std::string>& allowed) {
  std::string value = string(key, fallback);
  if (std::find(allowed.begin(), allowed.end(), value) != allowed.end()) return value;
  std::string list;
  for (const std::string& name : allowed) list += (list.empty() ? "\"" : ", \"") + name + "\"";
  throw Error(ExitCode::usage, where(key) + " is \"" + value + "\"", "it must be one of " + list);
}

std::int64_t ConfigObject::integer(const std::string& key, std::int64_t fallback, std::int64_t least,
                                   std::int64_t most) {
  const auto* found = find(key, nlohmann::json::value_t::number_integer, "a whole number");
  if (found == nullptr) return fallback;
  const auto value = found->get<std::int64_t>();
  if (value < least || value > most) {
    throw Error(ExitCode::usage, where(key) + " is " + std::to_string(value),
                "it must be from " + std::to_string(least) + " to " + std::to_string(most));
  }
  return value;
}

bool ConfigObject::boolean(const std::string& key, bool fallback) {
  const auto* found = find(key, nlohmann::json::value_t::boolean, "true or false");
  return found == nullptr ? fallback : found->get<bool>();
}

std::vector<std::string> ConfigObject::strings(const std::string& key) {
  const auto* found = find(key, nlohmann::json::value_t::array, "a list of strings");
  std::vector<std::string> out;
  if (found == nullptr) return out;
  for (const auto& item : *found) {
    if (!item.is_string()) throw Error(ExitCode::usage, where(key) + " must be a list of strings");
    out.push_back(item.get<std::string>());
  }
  return out;
}

std::filesystem::path ConfigObject::path(const std::string& key) {
  return file_.parent_path() / string(key);
}

std::optional<std::filesystem::path> ConfigObject::optional_path(const std::string& key) {
  if (find(key, nlohmann::json::value_t::string, "a path") == nullptr) return std::nullopt;
  return path(key);
}

std::vector<std::filesystem::path> ConfigObject::paths(const std::string& key) {
  std::vector<std::filesystem::path> out;
  for (const std::string& name : strings(key)) out.push_back(file_.parent_path() / name);
  return out;
}

ConfigObject ConfigObject::object(const std::string& key) {
  const auto* found = find(key, nlohmann::json::value_t::object, "an object");
  return {found == nullptr ? nlohmann::json::object() : *found, file_, prefix_ + key + "."};
}

std::vector<ConfigObject> ConfigObject::objects(const std::string& key) {
  const auto* found = find(key, nlohmann::json::value_t::array, "a list of objects");
  std::vector<ConfigObject> out;
  if (found == nullptr) return out;
  for (std::size_t i = 0; i < found->size(); ++i) {
    if (!(*found)[i].is_object()) throw Error(ExitCode::usage, where(key) + " must be a list of objects");
    out.push_back(ConfigObject((*found)[i], file_, prefix_ + key + "[" + std::to_string(i) + "]."));
  }
  return out;
}

std::map<std::string, std::string> ConfigObject::string_map(const std::string& key) {
  const auto* found = find(key, nlohmann::json::value_t::object, "an object of strings");
  std::map<std::string, std::string> out;
  if (found == nullptr) return out;
  for (const auto& [name, item] : found->items()) {
    if (!item.is_string()) throw Error(ExitCode::usage, where(key) + " must be an object of strings");
    out[name] = item.get<std::string>();
  }
  return out;
}

void ConfigObject::finish() const {
  for (const auto& [key, value] : value_.items()) {
    if (known_.contains(key)) continue;
    const std::string suggestion = nearest(key, known_);
    throw Error(ExitCode::usage, where(key) + " is not a known key",
                suggestion.empty() ? "remove it" : "did you mean \"" + prefix_ + suggestion + "\"?");
  }
}

}  // namespace dw
