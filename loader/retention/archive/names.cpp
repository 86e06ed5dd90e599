#include "loader/retention/archive/names.h"

#include <algorithm>

#include "common/util/clock.h"
#include "common/util/digest.h"

namespace dw::load {
namespace {

constexpr std::size_t kLongest = 64;
constexpr std::size_t kHash = 10;

std::size_t characters(const std::string& name) {
  return static_cast<std::size_t>(std::count_if(
      name.begin(), name.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string hash_of(const std::string& name) {
  Sha256 sha;
  sha.add(name);
  return sha.hex().substr(0, kHash);
}

// The first `count` characters of UTF-8.
std::string first_characters(const std::string& name, std::size_t count) {
  std::size_t at = 0;
  for (; at < name.size(); ++at) {
    const bool starts = (static_cast<unsigned char>(name[at]) & 0xC0U) != 0x80U;
    if (starts && count-- == 0) break;
  }
  return name.substr(0, at);
}

// `name` and `tail` within the longest name; `whole` is what the hash tells apart.
std::string fitted(const std::string& name, const std::string& tail, const std::string& whole) {
  if (characters(name) + characters(tail) <= kLongest) return name + tail;
  return first_characters(name, kLongest - characters(tail) - kHash - 1) + "_" + hash_of(whole) + tail;
}

bool is_plain(const std::string& name) {
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}

std::string trigger_name(const std::string& head, const std::string& table) {
  if (is_plain(table)) return fitted(head + table, "", table);
  std::string plain;
  for (const char c : table) {
    const auto lower = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    plain += is_plain(std::string(1, lower)) ? lower : '_';
  }
  return first_characters(head + plain, kLongest - kHash - 1) + "_" + hash_of(table);
}

}  // namespace

std::string archive_schema(const std::string& schema) {
  return fitted(schema, "_archive", schema);
}

std::string view_schema(const std::string& schema) {
  return fitted(schema, "_all", schema);
}

std::string generation_name(const std::string& table, const std::string& route, const std::string& period,
                            unsigned number) {
  std::string tail;
  for (const std::string& part : {route, period, number > 1 ? std::to_string(number) : std::string()})
    tail += part.empty() ? "" : "__" + part;
  return fitted(table, tail, table);
}

std::string delete_trigger_name(const std::string& table) {
  return trigger_name("dw_archive_", table);
}

std::string update_trigger_name(const std::string& table) {
  return trigger_name("dw_archive_~u_", table);
}

std::string insert_trigger_name(const std::string& table) {
  return trigger_name("dw_archive_~i_", table);
}

bool is_own_trigger(const std::string& name) {
  return name.starts_with("dw_archive_");
}

std::string period_of(std::int64_t micros, SplitBy split) {
  if (split == SplitBy::none) return "";
  const std::string time = format_time(micros);  // 2026-11-21T…
  return split == SplitBy::year ? time.substr(0, 4) : time.substr(0, 4) + "_" + time.substr(5, 2);
}

std::string end_of_period(const std::string& period) {
  if (period.empty()) return "";
  const int year = std::stoi(period.substr(0, 4));
  if (period.size() == 4) return std::to_string(year + 1) + "-01-01";
  const int month = std::stoi(period.substr(5, 2));
  if (month == 12) return std::to_string(year + 1) + "-01-01";
  return std::to_string(year) + (month < 9 ? "-0" : "-") + std::to_string(month + 1) + "-01";
}

}  // namespace dw::load
