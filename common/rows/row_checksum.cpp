#include "common/rows/row_checksum.h"

#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <vector>

#include "common/sql/identifiers.h"
#include "common/util/error.h"

namespace dw::rows {
namespace {

// Values that can be as long as max_allowed_packet, past which CONCAT gives NULL on both servers.
bool is_long(const Column& column) {
  return column.kind == ValueKind::json ||
         is_one_of(base_type(column), {"mediumtext", "longtext", "mediumblob", "longblob"});
}

std::string sha256(const std::string& text) {
  return "SHA2(" + text + ",256)";
}

// Puts the row's values into one text from which each can be told: which are NULL, one digit for each that
// may be; then values without a comma in them; then the lengths of the others but the last, and these.
class RowText {
 public:
  // False: not as text.
  bool add(const Column& column, bool same_servers) {
    const std::string name = sql::quote_identifier(column.name);
    if (column.nullable) nulls_.push_back("ISNULL(" + name + ")");
    switch (column.kind) {
      case ValueKind::integer:
      case ValueKind::decimal:
        values_.push_back(number(column, name));
        return true;
      case ValueKind::floating:
        values_.push_back(name + "*1e0+0e0");  // in all its digits, whatever (M,D) says; and -0 is 0
        return same_servers;
      case ValueKind::plain:
        values_.push_back(name);
        return same_servers ||
               is_one_of(base_type(column), {"date", "datetime", "timestamp", "time", "year"});
      case ValueKind::json:
        add_long(name, "CAST(" + name + " AS CHAR)");
        return same_servers;
      case ValueKind::text:
      case ValueKind::binary:
        add_bytes(column, name);
        return base_type(column) != "vector";
      case ValueKind::geometry:
        break;
    }
    return false;
  }

  [[nodiscard]] std::string sql() const {
    std::string out = "CONCAT_WS(','";
    if (!nulls_.empty()) out += "," + (nulls_.size() == 1 ? nulls_[0] : "CONCAT(" + joined(nulls_) + ")");
    if (!values_.empty()) out += "," + joined(values_);
    for (std::size_t i = 0; i + 1 < texts_.size(); ++i) out += ",LENGTH(" + texts_[i] + ")";
    if (!texts_.empty()) out += "," + joined(texts_);
    return out + ")";
  }

 private:
  // ZEROFILL is a matter of printing.
  static std::string number(const Column& column, const std::string& name) {
    return column.type.find("zerofill") == std::string::npos ? select_expression(column) : name + "+0";
  }

  // A NULL that is none of the row's would be left out of the text. As text it would be of the connection's
  // collation, which does not go together with a column's (ER_CANT_AGGREGATE_NCOLLATIONS).
  void add_long(const std::string& name, const std::string& text) {
    values_.push_back("IF(ISNULL(" + name + "),NULL,CAST(COALESCE(" + sha256(text) + ",RAND()) AS BINARY))");
  }

  // Texts of one collation are put together as they are; a cast takes half as long again as all the rest.
  void add_bytes(const Column& column, const std::string& name) {
    if (is_long(column)) return add_long(name, name);
    const bool plain = column.kind == ValueKind::binary || is_alike(column);
    texts_.push_back(plain ? name : "CAST(" + name + " AS BINARY)");
  }

  bool is_alike(const Column& column) {
    const bool wide = (column.charset.starts_with("utf") && !column.charset.starts_with("utf8")) ||
                      column.charset == "ucs2";
    if (wide) return false;
    if (collation_.empty()) collation_ = column.collation;
    return collation_ == column.collation;
  }

  static std::string joined(const std::vector<std::string>& parts) {
    std::string out;
    for (const std::string& part : parts) out += (out.empty() ? "" : ",") + part;
    return out;
  }

  std::vector<std::string> nulls_;
  std::vector<std::string> values_;
  std::vector<std::string> texts_;
  std::string collation_;
};

std::uint64_t number_of(std::string_view digits) {
  std::uint64_t out = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size())
    throw Error(ExitCode::failed, "a server's checksum is no number: " + std::string(digits));
  return out;
}

}  // namespace

RowChecksum& RowChecksum::operator+=(const RowChecksum& other) {
  rows += other.rows;
  value ^= other.value;
  return *this;
}

// What is NULL after all (a row's text is too long for the server) differs whenever it is looked at.
std::optional<std::string> checksum_select(std::span<const Column> columns, std::span<const Column> key,
                                           bool same_servers) {
  RowText row;
  for (const Column& column : columns) {
    if (!row.add(column, same_servers)) return std::nullopt;
  }
  RowText place;
  for (const Column& column : key) {
    if (!place.add(column, same_servers)) return std::nullopt;
  }
  return "COUNT(*),BIT_XOR(COALESCE((CRC32(" + row.sql() + ")+1)*(CRC32(" + place.sql() +
         ")|1),CAST(RAND()*1e18 AS UNSIGNED)))";
}

std::string checksum_query(const std::string& select, const std::string& from,
                           std::span<const std::string> conditions) {
  std::string out;
  for (std::size_t i = 0; i < conditions.size(); ++i)
    out += (i == 0 ? "SELECT " : " UNION ALL SELECT ") + std::to_string(i) + "," + select + " FROM " + from +
           " WHERE " + conditions[i];
  return out;
}

RowChecksum checksum_from(std::string_view rows, std::string_view value) {
  return {number_of(rows), number_of(value)};
}

}  // namespace dw::rows
