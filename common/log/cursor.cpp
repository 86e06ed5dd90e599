#include "common/log/cursor.h"

#include <charconv>

#include "common/util/digest.h"

namespace dw {
namespace {

constexpr std::size_t kFingerprintSize = 32;

template <typename Number>
bool take_number(std::string_view& text, Number& value) {
  if (text.empty() || text.front() < '0' || text.front() > '9') return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return error == std::errc{};
}

}  // namespace

std::string Cursor::text() const {
  return fingerprint + "-" + std::to_string(index) + "-" + std::to_string(time);
}

std::optional<Cursor> Cursor::parse(std::string_view text) {
  Cursor cursor;
  if (text.size() <= kFingerprintSize || text[kFingerprintSize] != '-') return std::nullopt;
  cursor.fingerprint = text.substr(0, kFingerprintSize);
  if (cursor.fingerprint.find_first_not_of("0123456789abcdef") != std::string::npos) return std::nullopt;
  text.remove_prefix(kFingerprintSize + 1);
  if (!take_number(text, cursor.index)) return std::nullopt;
  if (text.empty() || text.front() != '-') return std::nullopt;
  text.remove_prefix(1);
  if (!take_number(text, cursor.time) || !text.empty()) return std::nullopt;
  return cursor;
}

std::string generation_fingerprint(std::string_view first_row) {
  return sha256_hex(first_row).substr(0, kFingerprintSize);
}

}  // namespace dw
