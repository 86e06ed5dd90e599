#include "common/rows/row_line.h"

#include <algorithm>
#include <charconv>

#include "common/log/batch.h"
#include "common/util/digest.h"
#include "common/util/error.h"
#include "common/util/json_string.h"

namespace dw::rows {
namespace {

constexpr std::string_view kBytesOpening = R"({"b64":")";

[[noreturn]] void refuse(const char* what) {
  throw Error(ExitCode::failed, std::string("a row of the source's answer is damaged: ") + what);
}

bool is_ascii(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// Whether the stored bytes are the value's characters in UTF-8. (MySQL manual 12.9: in ucs2, utf16 and utf32
// even ASCII has several bytes.)
bool is_string(const Column& column, std::string_view bytes) {
  if (column.kind == ValueKind::geometry) return false;
  const bool utf8 = column.kind != ValueKind::text || column.charset.starts_with("utf8");
  if (utf8) return is_utf8(bytes);
  const bool wide = column.charset.starts_with("utf") || column.charset == "ucs2";
  return !wide && is_ascii(bytes);
}

void append_utf8(std::string& out, unsigned code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0U | (code >> 6U));
    out += static_cast<char>(0x80U | (code & 0x3FU));
  } else {
    out += static_cast<char>(0xE0U | (code >> 12U));
    out += static_cast<char>(0x80U | ((code >> 6U) & 0x3FU));
    out += static_cast<char>(0x80U | (code & 0x3FU));
  }
}

unsigned hex_digits(std::string_view digits) {
  unsigned code = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
  if (digits.size() != 4 || error != std::errc() || end != digits.data() + digits.size()) refuse("an escape");
  return code;
}

char unescaped(char letter) {
  switch (letter) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case '"':
    case '\\':
    case '/':
      return letter;
    default:
      refuse("an escape");
  }
}

void expect(std::string_view line, std::size_t& at, std::string_view text) {
  if (line.substr(at, text.size()) != text) refuse("it is no such array");
  at += text.size();
}

}  // namespace

void append_value(std::string& out, const Column& column, const Value& value) {
  if (!value) {
    out += "null";
  } else if (is_string(column, *value)) {
    append_json_string(out, *value);
  } else {
    out += kBytesOpening;
    out += base64_encode(*value);
    out += "\"}";
  }
}

void append_row(std::string& out, std::span<const Column> columns, std::span<const Value> values) {
  out += '[';
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (i != 0) out += ',';
    append_value(out, columns[i], values[i]);
  }
  out += ']';
}

void RowParser::parse(std::string_view line, std::span<const Column> columns) {
  values_.clear();
  buffers_.resize(columns.size());
  used_ = 0;
  std::size_t at = 0;
  expect(line, at, "[");
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (i != 0) expect(line, at, ",");
    values_.push_back(parse_value(line, at));
  }
  expect(line, at, "]");
  if (at != line.size()) refuse("there is more behind it");
}

Value RowParser::parse_value(std::string_view line, std::size_t& at) {
  if (line.substr(at, 1) == "\"") return parse_string(line, at);
  if (line.substr(at, 4) == "null") {
    at += 4;
    return std::nullopt;
  }
  expect(line, at, kBytesOpening);
  --at;
  const auto bytes = base64_decode(parse_string(line, at));
  if (!bytes) refuse("base64");
  expect(line, at, "}");
  return buffers_[used_++] = *bytes;
}

std::string_view RowParser::parse_string(std::string_view line, std::size_t& at) {
  const std::size_t begin = ++at;
  const std::size_t stop = line.find_first_of("\"\\", begin);
  if (stop == std::string_view::npos) refuse("a string has no end");
  if (line[stop] == '\\') return unescape(line, at);
  at = stop + 1;
  return line.substr(begin, stop - begin);
}

std::string_view RowParser::unescape(std::string_view line, std::size_t& at) {
  std::string& out = buffers_[used_++];
  out.clear();
  for (;;) {
    const std::size_t stop = line.find_first_of("\"\\", at);
    if (stop == std::string_view::npos || stop + 1 >= line.size()) refuse("a string has no end");
    out.append(line, at, stop - at);
    at = stop + 1;
    if (line[stop] == '"') return out;
    if (line[at] == 'u') {
      append_utf8(out, hex_digits(line.substr(at + 1, 4)));
      at += 5;
    } else {
      out += unescaped(line[at++]);
    }
  }
}

}  // namespace dw::rows
