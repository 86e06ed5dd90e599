// Times as microseconds since 1970-01-01 UTC, and their text forms.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dw {

using Micros = std::int64_t;

constexpr Micros kSecond = 1'000'000;
constexpr Micros kHour = 3600 * kSecond;
constexpr Micros kDay = 24 * kHour;

Micros now_micros();

// Seconds of a clock that only goes forward, for how long something took.
double steady_seconds();

// "2026-11-21T01:41:21.267560Z"
std::string format_time(Micros time);
void append_time(std::string& out, Micros time);

// "2026-11-21T01:41:21[.267560][Z|+hh:mm]", "2026-11-21 01:41:21[.267560]" (UTC), "2026-11-21" or seconds
// since 1970. nullopt when it is none of these.
std::optional<Micros> parse_time(std::string_view text);

}  // namespace dw
