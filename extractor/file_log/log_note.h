// What a run notes of the place that it read to: the state file's JSON.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "extractor/file_log/row_reader.h"

namespace dw::extract {

struct LogNote {
  std::string fingerprint;
  std::uint64_t offset = 0;
  LogState state;
};

// `global`: the modes of sessions to come; a note made under others is of no use.
std::string log_note_text(const LogNote& note, QuoteModes global);

// nullopt when the text is no such note, or of another version of this program.
std::optional<LogNote> read_log_note(std::string_view text, QuoteModes global);

}  // namespace dw::extract
