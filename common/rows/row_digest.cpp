#include "common/rows/row_digest.h"

#include <bit>
#include <charconv>
#include <cstdio>

#include <nlohmann/json.hpp>

#include "common/util/digest.h"

namespace dw::rows {
namespace {

void append_number(std::string& out, std::uint64_t number, int bytes) {
  for (int i = 0; i < bytes; ++i) out += static_cast<char>((number >> (8 * i)) & 0xFFU);
}

std::uint64_t read_number(std::string_view bytes) {
  std::uint64_t out = 0;
  for (std::size_t i = 0; i < 8; ++i)
    out |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  return out;
}

// "007" -> "7", "-0.50" stays, "-0" -> "0": ZEROFILL is a matter of printing.
std::string number_text(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  while (text.size() > 1 && text[0] == '0' && text[1] != '.') text.remove_prefix(1);
  const bool zero = text.find_first_not_of("0.") == std::string_view::npos;
  return (negative && !zero ? "-" : "") + std::string(text);
}

// Its bits: the servers print the same number in different ways (1e15 and 1000000000000000). MariaDB makes 0
// of a literal -0 and MySQL keeps it (measured), so no replay could make them equal, and none need: -0 = 0 in
// SQL.
std::string floating_bits(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::string(text);
  if (value == 0) value = 0;
  std::string out;
  append_number(out, std::bit_cast<std::uint64_t>(value), 8);
  return out;
}

// Text that is no JSON after all is compared as text.
std::string json_text(std::string_view text) {
  const nlohmann::json value = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (value.is_discarded()) return std::string(text);
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void append_part(std::string& out, std::string_view bytes) {
  append_number(out, bytes.size() + 1, 8);
  out += bytes;
}

}  // namespace

void append_canonical(std::string& out, std::span<const Column> columns, std::span<const Value> values) {
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const Value& value = values[i];
    if (!value) {
      append_number(out, 0, 8);
      continue;
    }
    switch (columns[i].kind) {
      case ValueKind::integer:
      case ValueKind::decimal:
        append_part(out, number_text(*value));
        break;
      case ValueKind::floating:
        append_part(out, floating_bits(*value));
        break;
      case ValueKind::json:
        append_part(out, json_text(*value));
        break;
      default:
        append_part(out, *value);
    }
  }
}

void RowDigest::add(std::span<const Column> columns, std::span<const Value> values) {
  canonical_.clear();
  append_canonical(canonical_, columns, values);
  const std::array<char, 32> sha = sha256_bytes(canonical_);
  const std::uint64_t low = read_number({sha.data(), 8});
  const std::uint64_t high = read_number({sha.data() + 8, 8});
  low_ += low;
  high_ += high + (low_ < low ? 1 : 0);
  ++rows_;
}

std::string RowDigest::text() const {
  std::array<char, 33> out{};
  std::snprintf(out.data(), out.size(), "%016llx%016llx", static_cast<unsigned long long>(high_),
                static_cast<unsigned long long>(low_));
  return {out.data(), 32};
}

}  // namespace dw::rows
