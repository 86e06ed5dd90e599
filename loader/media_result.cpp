#include "loader/media_result.h"

#include <fstream>
#include <iterator>
#include <optional>

#include <nlohmann/json.hpp>

#include "common/util/clock.h"
#include "loader/config.h"

namespace dw::load {
namespace {

using nlohmann::json;

std::string number(const json& line, const char* name) {
  const auto found = line.find(name);
  return found != line.end() && found->is_number_unsigned() ? found->dump() : "?";
}

// A field that is no text counts as an empty one.
std::string text(const json& line, const char* name) {
  const auto found = line.find(name);
  return found != line.end() && found->is_string() ? found->get<std::string>() : "";
}

MediaResult trouble(const std::string& what, const json& line = {}) {
  return {false, "MEDIA FAILED: " + what,
          line.is_null() ? "" : line.dump(-1, ' ', false, json::error_handler_t::replace)};
}

}  // namespace

MediaResult judge_media_result(const std::string& line, Micros now, std::int64_t max_age_hours) {
  if (line.empty()) return trouble("no result yet; does scripts/mirror-media run?");
  const json said = json::parse(line, nullptr, false);
  const std::optional<Micros> at = said.is_object() ? parse_time(text(said, "at")) : std::nullopt;
  if (!at) return trouble("the result cannot be read; was it written by scripts/mirror-media?");
  if (text(said, "status") != "ok") return trouble(text(said, "error"), said);
  if (now - *at > max_age_hours * kHour) return trouble("no result since " + text(said, "at"), said);
  std::string good = "media: " + number(said, "copied") + " copied, " + number(said, "kept") + " kept";
  if (said.contains("verified") && !said["verified"].is_null())
    good += ", " + number(said, "verified") + " verified";
  return {true, std::move(good), said.dump(-1, ' ', false, json::error_handler_t::replace)};
}

MediaResult read_media_result(const MediaConfig& config) {
  std::ifstream file(config.result_file);
  const std::string line{std::istreambuf_iterator<char>(file), {}};
  return judge_media_result(line, now_micros(), config.max_age_hours);
}

}  // namespace dw::load
