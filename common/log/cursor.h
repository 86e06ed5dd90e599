// A place in the general query log, between two events.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/util/clock.h"

namespace dw {

// Everything before `index` in the generation has been read. `index` counts rows of a log table from 0, or
// bytes of a log file. Text form: "<fingerprint>-<index>-<microseconds>", safe in URLs and file names.
struct Cursor {
  std::string fingerprint;  // 32 hexadecimal digits that name the generation: see generation_fingerprint
  std::uint64_t index = 0;
  Micros time = 0;  // of the last event before the place; for people only, two equal places may differ in it

  [[nodiscard]] std::string text() const;
  static std::optional<Cursor> parse(std::string_view text);
  [[nodiscard]] bool same_place(const Cursor& other) const {
    return fingerprint == other.fingerprint && index == other.index;
  }
};

// Names a generation by its first row (or first bytes): the same wherever rotation moves the table or file.
std::string generation_fingerprint(std::string_view first_row);

}  // namespace dw
