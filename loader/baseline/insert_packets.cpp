#include "loader/baseline/insert_packets.h"

#include <algorithm>

#include "common/sql/identifiers.h"
#include "common/util/error.h"

namespace dw::load {
namespace {

// Well below every server's max_allowed_packet (MariaDB: 16 MiB), and large enough that its size does not
// matter.
constexpr std::size_t kFullPacket = std::size_t{512} * 1024;

[[noreturn]] void refuse(const rows::Column& column) {
  throw Error(ExitCode::failed, "the source gave no value of " + column.type + " for column " + column.name,
              "both programs must be of the same version");
}

bool is_digits(std::string_view value, std::string_view others) {
  return !value.empty() && std::all_of(value.begin(), value.end(), [&](char c) {
    return (c >= '0' && c <= '9') || others.find(c) != std::string_view::npos;
  });
}

// In a utf8mb4 session no byte of a longer character is a quote or a backslash, and bytes that form none are
// read one by one.
void append_quoted(std::string& out, std::string_view value) {
  out += '\'';
  for (;;) {
    const std::size_t stop = value.find_first_of(std::string_view("'\\\0", 3));
    out.append(value, 0, stop);
    if (stop == std::string_view::npos) break;
    out += '\\';
    out += value[stop] == '\0' ? '0' : value[stop];
    value.remove_prefix(stop + 1);
  }
  out += '\'';
}

void append_geometry(std::string& out, const rows::Column& column, std::string_view value) {
  const std::size_t space = value.find(' ');
  if (space == std::string_view::npos || !is_digits(value.substr(0, space), "")) refuse(column);
  out += "ST_GeomFromWKB(_binary";
  append_quoted(out, value.substr(space + 1));
  out += ',';
  out += value.substr(0, space);
  out += ')';
}

}  // namespace

void append_literal(std::string& out, const rows::Column& column, const rows::Value& value) {
  if (!value) {
    out += "NULL";
    return;
  }
  switch (column.kind) {
    case rows::ValueKind::integer:
    case rows::ValueKind::decimal:
      if (!is_digits(*value, "-.")) refuse(column);
      out += *value;
      return;
    case rows::ValueKind::floating:
      if (!is_digits(*value, "-+.eE")) refuse(column);
      out += *value;
      // Without an exponent it would be a DECIMAL, of limited digits.
      if (value->find_first_of("eE") == std::string_view::npos) out += "e0";
      return;
    case rows::ValueKind::text:
      if (!column.charset.starts_with("utf8")) out += "_" + column.charset;
      break;
    case rows::ValueKind::binary:
      out += "_binary";
      break;
    case rows::ValueKind::geometry:
      return append_geometry(out, column, *value);
    case rows::ValueKind::plain:
    case rows::ValueKind::json:
      break;
  }
  append_quoted(out, *value);
}

void InsertPackets::begin(const rows::Table& table) {
  columns_ = table.stored_columns();
  std::string names;
  for (const rows::Column& column : columns_)
    names += (names.empty() ? "" : ",") + sql::quote_identifier(column.name);
  head_ = "INSERT INTO " + sql::quote_identifier(table.schema) + "." + sql::quote_identifier(table.name) +
          " (" + names + ") VALUES ";
  packet_ = head_;
  empty_ = true;
}

void InsertPackets::add(std::span<const rows::Value> values) {
  packet_ += empty_ ? "(" : ",(";
  empty_ = false;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (i != 0) packet_ += ',';
    append_literal(packet_, columns_[i], values[i]);
  }
  packet_ += ')';
  if (packet_.size() >= kFullPacket) flush();
}

void InsertPackets::flush() {
  if (empty_) return;
  send_(packet_);
  packet_ = head_;
  empty_ = true;
}

}  // namespace dw::load
