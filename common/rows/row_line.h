// A row as a line of JSON: an array with a string for each value, null for NULL, and {"b64":"…"} for bytes
// that a string cannot hold. reading_format.md describes it. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/rows/row_digest.h"

namespace dw::rows {

// Appends the array, without a newline.
void append_row(std::string& out, std::span<const Column> columns, std::span<const Value> values);
// Appends one value of it.
void append_value(std::string& out, const Column& column, const Value& value);

// Reads rows that append_row wrote. The views that `values` gives live until the next call, as long as
// `line`.
class RowParser {
 public:
  // Throws Error(failed) when the line is no array of as many values as there are columns.
  void parse(std::string_view line, std::span<const Column> columns);
  [[nodiscard]] std::span<const Value> values() const { return values_; }

 private:
  Value parse_value(std::string_view line, std::size_t& at);
  std::string_view parse_string(std::string_view line, std::size_t& at);
  std::string_view unescape(std::string_view line, std::size_t& at);

  std::vector<Value> values_;
  std::vector<std::string> buffers_;  // of values that do not stand in the line as they are
  std::size_t used_ = 0;
};

}  // namespace dw::rows
