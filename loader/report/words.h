// Numbers and times in the words of people. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "common/util/clock.h"

namespace dw::load {

std::string grouped(std::uint64_t number);        // 1,204
std::string bytes_text(std::uint64_t bytes);      // 310 MB
std::string duration_text(std::int64_t seconds);  // 14 s, 3 min, 5 h, 2 days
std::string second_text(Micros time);             // 2026-11-21 12:08:11 UTC
std::string counted(std::uint64_t number, const std::string& noun,
                    const std::string& nouns = "");  // 1 row, 2 rows

}  // namespace dw::load
