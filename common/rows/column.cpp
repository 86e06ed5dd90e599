#include "common/rows/column.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "common/sql/identifiers.h"
#include "common/util/error.h"

namespace dw::rows {

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::string_view base_type(const Column& column) {
  return std::string_view(column.type).substr(0, column.type.find_first_of("( "));
}

namespace {

constexpr std::array<std::pair<std::string_view, ValueKind>, 8> kNames{{{"integer", ValueKind::integer},
                                                                        {"decimal", ValueKind::decimal},
                                                                        {"floating", ValueKind::floating},
                                                                        {"plain", ValueKind::plain},
                                                                        {"text", ValueKind::text},
                                                                        {"binary", ValueKind::binary},
                                                                        {"json", ValueKind::json},
                                                                        {"geometry", ValueKind::geometry}}};

// Values that the server would print as digits when asked for, but keeps under names.
bool is_read_by_number(const Column& column) {
  return is_one_of(base_type(column), {"bit", "enum", "set"});
}

std::string hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out = "x'";
  out.reserve(bytes.size() * 2 + 3);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += kDigits[byte >> 4U];
    out += kDigits[byte & 0x0FU];
  }
  return out + "'";
}

bool is_number(std::string_view value, bool fraction) {
  if (value.starts_with('-')) value.remove_prefix(1);
  const std::size_t point = value.find('.');
  const std::string_view whole = value.substr(0, point);
  const std::string_view rest = point == std::string_view::npos ? "" : value.substr(point + 1);
  const auto digits = [](std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  };
  return !(whole.empty() && rest.empty()) && digits(whole) && digits(rest) &&
         (fraction || point == std::string_view::npos);
}

bool is_floating(std::string_view value) {
  double number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  return error == std::errc() && end == value.data() + value.size() && std::isfinite(number);
}

// Digits, letters and what stands between them in dates, UUIDs and addresses.
bool is_plain(std::string_view value) {
  return std::all_of(value.begin(), value.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == ' ' ||
           c == '-' || c == ':' || c == '.' || c == '/' || c == '+';
  });
}

std::string geometry_literal(std::string_view value) {
  const std::size_t space = value.find(' ');
  if (space == std::string_view::npos || space == 0 || !is_number(value.substr(0, space), false)) return {};
  return "ST_GeomFromWKB(" + hex(value.substr(space + 1)) + "," + std::string(value.substr(0, space)) + ")";
}

// "" when the value is none of the kind.
std::string literal_or_nothing(const Column& column, std::string_view value, Form form) {
  switch (column.kind) {
    case ValueKind::integer:
      return is_number(value, false) ? std::string(value) : "";
    case ValueKind::decimal:
      return is_number(value, true) ? std::string(value) : "";
    case ValueKind::floating:
      // An exponent makes it a DOUBLE; without one it would be a DECIMAL, which a DOUBLE is not equal to.
      if (!is_floating(value)) return "";
      return std::string(value) + (value.find_first_of("eE") == std::string_view::npos ? "e0" : "");
    case ValueKind::plain:
      return is_plain(value) ? "'" + std::string(value) + "'" : "";
    case ValueKind::text:
      return "_" + (form == Form::characters ? "utf8mb4" : column.charset) + " " + hex(value);
    case ValueKind::json:
      return "_utf8mb4 " + hex(value);
    case ValueKind::geometry:
      return geometry_literal(value);
    case ValueKind::binary:
      break;
  }
  return hex(value);
}

}  // namespace

ValueKind kind_of(std::string_view data_type) {
  if (is_one_of(data_type, {"tinyint", "smallint", "mediumint", "int", "bigint", "bit", "enum", "set"}))
    return ValueKind::integer;
  if (data_type == "decimal") return ValueKind::decimal;
  if (is_one_of(data_type, {"float", "double"})) return ValueKind::floating;
  if (is_one_of(data_type, {"char", "varchar", "tinytext", "text", "mediumtext", "longtext"}))
    return ValueKind::text;
  if (is_one_of(data_type, {"binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob", "vector"}))
    return ValueKind::binary;
  if (data_type == "json") return ValueKind::json;
  if (is_one_of(data_type, {"geometry", "point", "linestring", "polygon", "multipoint", "multilinestring",
                            "multipolygon", "geometrycollection", "geomcollection"}))
    return ValueKind::geometry;
  return ValueKind::plain;
}

const char* to_string(ValueKind kind) {
  return kNames[static_cast<std::size_t>(kind)].first.data();
}

std::optional<ValueKind> kind_from(std::string_view name) {
  for (const auto& [word, kind] : kNames) {
    if (word == name) return kind;
  }
  return std::nullopt;
}

std::string select_expression(const Column& column) {
  std::string name = sql::quote_identifier(column.name);
  if (is_read_by_number(column)) return "CAST(" + name + " AS UNSIGNED)";
  // Multiplied, not added to: -0 stays -0.
  if (column.kind == ValueKind::floating && base_type(column) == "float") return name + "*1e0";
  if (column.kind == ValueKind::geometry) return "CONCAT(ST_SRID(" + name + "),' ',ST_AsWKB(" + name + "))";
  return name;
}

bool orders(const Column& column) {
  if (column.generated || column.nullable) return false;
  switch (column.kind) {
    case ValueKind::floating:
    case ValueKind::json:
    case ValueKind::geometry:
      return false;
    case ValueKind::integer:
      return !is_one_of(base_type(column), {"enum", "set"});
    default:
      return true;
  }
}

std::string literal(const Column& column, std::optional<std::string_view> value, Form form) {
  if (!value) return "NULL";
  std::string out = literal_or_nothing(column, *value, form);
  if (out.empty()) {
    throw Error(ExitCode::usage, "a value given for column " + column.name + " is no value of " + column.type,
                "write it as dw-extract read prints it");
  }
  return out;
}

}  // namespace dw::rows
