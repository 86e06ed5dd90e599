#include "extractor/file_log/local_clock.h"

#include <cstdlib>
#include <ctime>
#include <filesystem>

#include "common/util/clock.h"
#include "common/util/error.h"

namespace dw::extract {
namespace {

bool is_offset(const std::string& zone) {
  return zone.size() == 6 && (zone[0] == '+' || zone[0] == '-') && zone[3] == ':' &&
         (zone.substr(1, 2) + zone.substr(4)).find_first_not_of("0123456789") == std::string::npos;
}

// The C library's own form, in which east is negative (POSIX, "TZ").
std::string posix_zone(const std::string& zone) {
  return std::string("<LOG>") + (zone[0] == '+' ? '-' : '+') + zone.substr(1);
}

std::time_t seconds_of(const LocalTime& local, int daylight_saving) {
  std::tm tm{};
  tm.tm_year = local.year - 1900;
  tm.tm_mon = local.month - 1;
  tm.tm_mday = local.day;
  tm.tm_hour = local.hour;
  tm.tm_min = local.minute;
  tm.tm_sec = local.second;
  tm.tm_isdst = daylight_saving;
  return std::mktime(&tm);
}

bool shows(std::time_t seconds, const LocalTime& local) {
  std::tm tm{};
  return ::localtime_r(&seconds, &tm) != nullptr && tm.tm_hour == local.hour && tm.tm_mday == local.day;
}

}  // namespace

void set_wall_clock(const std::string& zone) {
  if (zone.empty()) return;
  const bool known = zone == "UTC" || is_offset(zone) ||
                     (zone.find("..") == std::string::npos && zone.front() != '/' &&
                      std::filesystem::is_regular_file("/usr/share/zoneinfo/" + zone));
  if (!known) {
    throw Error(ExitCode::usage, "log.time_zone \"" + zone + "\" is no time zone of this machine",
                "write an offset such as +02:00, or install tzdata for names such as Europe/Berlin");
  }
  ::setenv("TZ", (is_offset(zone) ? posix_zone(zone) : zone).c_str(), 1);
  ::tzset();
}

std::string wall_clock_name() {
  const std::time_t now = std::time(nullptr);
  std::tm tm{};
  return ::localtime_r(&now, &tm) == nullptr || tm.tm_zone == nullptr ? std::string() : tm.tm_zone;
}

Micros utc_of(const LocalTime& local, Micros previous) {
  const std::time_t summer = seconds_of(local, 1);
  const std::time_t winter = seconds_of(local, 0);
  const bool summer_fits = shows(summer, local);
  const bool winter_fits = shows(winter, local);
  if (summer_fits && winter_fits && summer < winter)
    return (static_cast<Micros>(summer) * kSecond < previous - kSecond ? winter : summer) * kSecond;
  return (summer_fits && !winter_fits ? summer : winter) * kSecond;
}

}  // namespace dw::extract
