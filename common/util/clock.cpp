#include "common/util/clock.h"

#include <charconv>
#include <chrono>

namespace dw {
namespace {

void put_digits(std::string& out, std::int64_t value, int width) {
  char buffer[20];
  for (int i = width - 1; i >= 0; --i) {
    buffer[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
  out.append(buffer, static_cast<std::size_t>(width));
}

// Reads exactly `width` digits from the front of `text`.
std::optional<int> take_digits(std::string_view& text, std::size_t width) {
  if (text.size() < width) return std::nullopt;
  int value = 0;
  for (std::size_t i = 0; i < width; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(width);
  return value;
}

bool take(std::string_view& text, char wanted) {
  if (text.empty() || text.front() != wanted) return false;
  text.remove_prefix(1);
  return true;
}

Micros take_fraction(std::string_view& text) {
  Micros value = 0;
  Micros unit = kSecond / 10;
  while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
    value += (text.front() - '0') * unit;
    unit /= 10;
    text.remove_prefix(1);
  }
  return value;
}

std::optional<Micros> take_date(std::string_view& text) {
  const auto year = take_digits(text, 4);
  if (!year || !take(text, '-')) return std::nullopt;
  const auto month = take_digits(text, 2);
  if (!month || !take(text, '-')) return std::nullopt;
  const auto day = take_digits(text, 2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{*year},
                                         std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok()) return std::nullopt;
  return Micros{std::chrono::sys_days{date}.time_since_epoch().count()} * 86'400 * kSecond;
}

std::optional<Micros> take_clock(std::string_view& text) {
  const auto hour = take_digits(text, 2);
  if (!hour || *hour > 23 || !take(text, ':')) return std::nullopt;
  const auto minute = take_digits(text, 2);
  if (!minute || *minute > 59 || !take(text, ':')) return std::nullopt;
  const auto second = take_digits(text, 2);
  if (!second || *second > 60) return std::nullopt;
  Micros time = (Micros{*hour} * 3600 + Micros{*minute} * 60 + *second) * kSecond;
  if (take(text, '.')) time += take_fraction(text);
  return time;
}

// The zone's distance from UTC; no zone means UTC.
std::optional<Micros> take_zone(std::string_view& text) {
  if (text.empty() || take(text, 'Z')) return 0;
  const bool east = text.front() == '+';
  if (!east && text.front() != '-') return std::nullopt;
  text.remove_prefix(1);
  const auto hours = take_digits(text, 2);
  take(text, ':');
  const auto minutes = take_digits(text, 2);
  if (!hours || !minutes) return std::nullopt;
  const Micros offset = (Micros{*hours} * 3600 + Micros{*minutes} * 60) * kSecond;
  return east ? offset : -offset;
}

std::optional<Micros> parse_epoch(std::string_view text) {
  Micros seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc{} || seconds < 0 || seconds > 253'402'300'799) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  Micros time = seconds * kSecond;
  if (take(text, '.')) time += take_fraction(text);
  return text.empty() ? std::optional(time) : std::nullopt;
}

}  // namespace

Micros now_micros() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

double steady_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

void append_time(std::string& out, Micros time) {
  using std::chrono::days;
  const std::chrono::sys_time<std::chrono::microseconds> point{std::chrono::microseconds{time}};
  const auto day = std::chrono::floor<days>(point);
  const std::chrono::year_month_day date{day};
  const auto rest = (point - day).count();
  put_digits(out, static_cast<int>(date.year()), 4);
  out += '-';
  put_digits(out, static_cast<unsigned>(date.month()), 2);
  out += '-';
  put_digits(out, static_cast<unsigned>(date.day()), 2);
  out += 'T';
  put_digits(out, rest / kSecond / 3600, 2);
  out += ':';
  put_digits(out, rest / kSecond / 60 % 60, 2);
  out += ':';
  put_digits(out, rest / kSecond % 60, 2);
  out += '.';
  put_digits(out, rest % kSecond, 6);
  out += 'Z';
}

std::string format_time(Micros time) {
  std::string out;
  append_time(out, time);
  return out;
}

std::optional<Micros> parse_time(std::string_view text) {
  if (text.find('-') == std::string_view::npos) return parse_epoch(text);
  const auto date = take_date(text);
  if (!date) return std::nullopt;
  if (text.empty()) return date;
  if (!take(text, 'T') && !take(text, ' ')) return std::nullopt;
  const auto clock = take_clock(text);
  if (!clock) return std::nullopt;
  const auto zone = take_zone(text);
  if (!zone || !text.empty()) return std::nullopt;
  return *date + *clock - *zone;
}

}  // namespace dw
