// stdout and stderr.
#pragma once

#include <string>
#include <string_view>

#include "extractor/reading/line_stream.h"

namespace dw::extract {

inline constexpr const char* kConfigVariable = "DW_EXTRACT_CONFIG";
inline constexpr const char* kConfigPlace = "/etc/dw/extract.json";

// To stdout, whole. Throws Error(failed) when it cannot be written.
void print_document(std::string_view text);

// The same, piece by piece.
class StdoutSink : public ByteSink {
 public:
  void write(std::string_view bytes) override;
  void flush() override;
};

// One line each, to stderr.
void print_error(std::string_view line);
void print_warning(std::string_view line);

}  // namespace dw::extract
