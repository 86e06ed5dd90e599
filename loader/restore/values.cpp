#include "loader/restore/values.h"

#include <algorithm>
#include <array>

#include "common/sql/identifiers.h"

namespace dw::load::restore {
namespace {

template <std::size_t N>
bool is_one_of(const std::string& type, const std::array<std::string_view, N>& types) {
  return std::find(types.begin(), types.end(), type) != types.end();
}

bool is_integer(const std::string& type) {
  static constexpr std::array<std::string_view, 5> kTypes{"tinyint", "smallint", "mediumint", "int",
                                                          "bigint"};
  return is_one_of(type, kTypes);
}

bool is_floating(const std::string& type) {
  return type == "float" || type == "double";
}

// A clock or a calendar, or a word of MariaDB's own: text without a character set.
bool is_plain_text(const std::string& type) {
  static constexpr std::array<std::string_view, 7> kTypes{"date", "datetime", "timestamp", "time",
                                                          "uuid", "inet4",    "inet6"};
  return is_one_of(type, kTypes);
}

bool looks_numeric(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789.+-eE") == std::string::npos;
}

std::string hex(std::string_view bytes) {
  static constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out = "x'";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += kDigits[byte >> 4U];
    out += kDigits[byte & 15U];
  }
  return out + "'";
}

// Text that a person can read, and that no client program changes on its way.
bool is_readable(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= ' ' && c <= '~') || c == '\n' || c == '\t'; });
}

std::string in_character_set(const std::string& charset, const std::string& text) {
  static constexpr std::array<std::string_view, 3> kWide{"ucs2", "utf16", "utf32"};
  static constexpr std::string_view kWideLittle = "utf16le";
  const bool wide = is_one_of(charset, kWide) || charset == kWideLittle;
  if (!wide && is_readable(text)) return sql::quote_literal(text);
  return "_" + charset + " " + hex(text);
}

std::string name_of(const Column& column) {
  return sql::quote_identifier(column.name);
}

}  // namespace

std::string exact_value(const Column& column) {
  if (is_floating(column.type)) return "CAST(" + name_of(column) + " AS DOUBLE)";
  if (column.type == "bit") return name_of(column) + "+0";
  return name_of(column);
}

Value normal_value(const Column& column, std::optional<std::string_view> value) {
  if (!value) return std::nullopt;
  if (!is_integer(column.type) || !value->starts_with('0')) return std::string(*value);
  const std::size_t first = std::min(value->find_first_not_of('0'), value->size() - 1);
  return std::string(value->substr(first));
}

std::string literal(const Column& column, const Value& value) {
  if (!value) return "NULL";
  const std::string& type = column.type;
  const bool numeric =
      is_integer(type) || is_floating(type) || type == "decimal" || type == "bit" || type == "year";
  // Of another generation of the table, in which the column held text.
  if (numeric && !looks_numeric(*value)) return sql::quote_literal(*value);
  if (numeric && !is_floating(type)) return *value;
  if (is_floating(type)) return value->find('e') == std::string::npos ? *value + "e0" : *value;
  if (is_plain_text(type)) return sql::quote_literal(*value);
  if (type == "json") return in_character_set("utf8mb4", *value);
  if (!column.charset.empty()) return in_character_set(column.charset, *value);
  return hex(*value);
}

std::string equals(const Column& column, const Value& value) {
  return name_of(column) + (value ? "=" : "<=>") + literal(column, value);
}

std::string is_identical(const Column& column, const Value& value) {
  const std::string& type = column.type;
  if (!value) return name_of(column) + " IS NULL";
  if (type == "json") {
    return "CAST(" + name_of(column) +
           " AS CHAR CHARACTER SET utf8mb4) COLLATE utf8mb4_bin=" + literal(column, value);
  }
  const bool compares_as_bytes = is_integer(type) || type == "decimal" || type == "bit" || type == "year" ||
                                 is_floating(type) || is_plain_text(type);
  if (compares_as_bytes) return equals(column, value);
  // HEX gives the column's own bytes: no collation, no padding.
  return "HEX(" + name_of(column) + ")='" + hex(*value).substr(2);
}

}  // namespace dw::load::restore
