// A table's column as far as reading, comparing and writing its values depends on it. Pure.
//
// A value is the bytes that the server gives for `select_expression` to a session with character_set_results
// NULL, sql_mode '' and time_zone '+00:00': both servers then give what they store, none converts.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace dw::rows {

enum class ValueKind : std::uint8_t {
  integer,   // decimal digits; also BIT, and ENUM and SET by number, so that the empty ENUM is told from ''
  decimal,   // DECIMAL as the server prints it
  floating,  // FLOAT is read as DOUBLE: as itself it is printed with 6 digits
  plain,     // dates, times, UUID, INET6: ASCII, the same text on both servers
  text,      // bytes in the column's own character set
  binary,
  json,      // compared as a value
  geometry,  // "SRID WKB": the SRID's decimal digits, a space, and well-known binary
};

struct Column {
  std::string name;
  std::string type;  // as information_schema's COLUMN_TYPE has it
  ValueKind kind = ValueKind::plain;
  std::string charset;  // of text; else ""
  std::string collation;
  bool nullable = false;
  bool generated = false;  // computed by the server: neither read nor written
  bool auto_increment = false;
  bool operator==(const Column&) const = default;
};

// From information_schema's DATA_TYPE.
ValueKind kind_of(std::string_view data_type);
const char* to_string(ValueKind kind);
std::optional<ValueKind> kind_from(std::string_view name);

// What to SELECT so that the value comes exactly. Measured on MariaDB 10.11 and MySQL 9.7
// (tests/integration/reading_test.cpp).
std::string select_expression(const Column& column);

// Whether rows can be walked in the column's order: the server must use an index for `column > literal`, and
// the value must compare as it was read.
bool orders(const Column& column);

enum class Form : std::uint8_t {
  stored,      // bytes as they were read
  characters,  // text in UTF-8, whatever the column's character set
};

// The value as SQL for comparing and writing; nullopt is NULL. Valid in every sql_mode and character set.
// Throws Error(usage) when it is no value of that kind: nothing of a request reaches the server unread.
std::string literal(const Column& column, std::optional<std::string_view> value, Form form = Form::stored);

// The type's word without its length and attributes: `enum`, `varchar`.
std::string_view base_type(const Column& column);
bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words);

}  // namespace dw::rows
