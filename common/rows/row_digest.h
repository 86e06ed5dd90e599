// A digest over a bag of rows: equal for equal rows, on MySQL and on MariaDB, whatever their order. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "common/rows/column.h"

namespace dw::rows {

using Value = std::optional<std::string_view>;  // nullopt is NULL

// The row's bytes in the one form that stands for its values: numbers without leading zeros, floating ones as
// their bits, JSON as sorted keys without white space. Appends to `out`.
void append_canonical(std::string& out, std::span<const Column> columns, std::span<const Value> values);

// The sum, modulo 2^128, of the first halves of each row's SHA-256: servers sort texts differently, and a
// table without a key has no order at all. SHA-256 because OpenSSL's takes 0.2 µs for a row of 256 bytes
// where the processor helps, which is far less than the server takes to send it.
class RowDigest {
 public:
  void add(std::span<const Column> columns, std::span<const Value> values);
  [[nodiscard]] std::uint64_t rows() const { return rows_; }
  [[nodiscard]] std::string text() const;  // 32 hexadecimal digits

 private:
  std::uint64_t rows_ = 0;
  std::uint64_t high_ = 0;
  std::uint64_t low_ = 0;
  std::string canonical_;
};

}  // namespace dw::rows
