#include "common/sql/key_value.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

namespace dw::sql {
namespace {

bool all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

bool is_date(std::string_view text) {
  constexpr std::size_t kLength = 10;
  if (text.size() != kLength || text[4] != '-' || text[7] != '-') return false;
  return all_digits(text.substr(0, 4)) && all_digits(text.substr(5, 2)) && all_digits(text.substr(8, 2));
}

std::size_t characters(std::string_view utf8) {
  return static_cast<std::size_t>(std::count_if(
      utf8.begin(), utf8.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

// An integer as it is written; a string counts when it is nothing but one.
struct Digits {
  std::string_view digits;
  bool negative = false;
};

std::optional<Digits> digits_of(const Constant& constant) {
  std::string_view text = constant.token.text;
  bool negative = constant.negative;
  if (constant.token.kind == TokenKind::string) {
    if (text.size() < 3 || (text.front() != '\'' && text.front() != '"') || negative) return std::nullopt;
    text = text.substr(1, text.size() - 2);
    if (text.front() == '-') {
      negative = true;
      text.remove_prefix(1);
    }
  } else if (constant.token.kind != TokenKind::number) {
    return std::nullopt;
  }
  if (!all_digits(text)) return std::nullopt;
  text.remove_prefix(std::min(text.find_first_not_of('0'), text.size() - 1));
  return Digits{text, negative && text != "0"};
}

std::optional<std::uint64_t> magnitude(const Digits& digits) {
  std::uint64_t value = 0;
  const char* end = digits.digits.data() + digits.digits.size();
  const auto [at, error] = std::from_chars(digits.digits.data(), end, value);
  return error == std::errc() && at == end ? std::optional(value) : std::nullopt;
}

constexpr std::uint64_t kLeast = std::uint64_t{1} << 63U;

std::optional<std::string> integer_text(const Constant& constant, const KeyColumn& column) {
  const auto digits = digits_of(constant);
  const auto value = digits ? magnitude(*digits) : std::nullopt;
  if (!value) return std::nullopt;
  if (!digits->negative && *value > column.most) return std::nullopt;
  const std::uint64_t lowest = column.least == 0 ? 0 : 0 - static_cast<std::uint64_t>(column.least);
  if (digits->negative && *value > lowest) return std::nullopt;
  return (digits->negative ? "-" : "") + std::string(digits->digits);
}

std::optional<std::string> bytes_of_hex(std::string_view token) {
  std::string_view digits = token.substr(2);
  if (!digits.empty() && digits.back() == '\'') digits.remove_suffix(1);
  if (digits.size() % 2 != 0) return std::nullopt;
  std::string out;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    unsigned byte = 0;
    const auto [at, error] = std::from_chars(digits.data() + i, digits.data() + i + 2, byte, 16);
    if (error != std::errc() || at != digits.data() + i + 2) return std::nullopt;
    out += static_cast<char>(byte);
  }
  return out;
}

std::optional<std::string> plain_string(const Constant& constant, Backslash backslash) {
  const Token& token = constant.token;
  if (constant.negative || token.kind != TokenKind::string) return std::nullopt;
  if (token.text.front() != '\'' && token.text.front() != '"') return std::nullopt;  // N'…', $$ … $$
  return unquote(token.text, backslash);
}

// The letter that stands for all that some collation takes for the same.
char folded(char c) {
  c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (c == 'w') return 'v';
  return c == 'y' ? 'i' : c;
}

bool is_plain(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
         std::string_view("_.@:/+-").find(c) != std::string_view::npos;
}

}  // namespace

std::optional<std::int64_t> integer_value(const Constant& constant) {
  const auto digits = digits_of(constant);
  const auto value = digits ? magnitude(*digits) : std::nullopt;
  if (!value || *value >= kLeast) return std::nullopt;
  const auto positive = static_cast<std::int64_t>(*value);
  return digits->negative ? -positive : positive;
}

std::optional<std::string> key_value(const Constant& constant, const KeyColumn& column, Backslash backslash) {
  switch (column.type) {
    case KeyType::integer:
      return integer_text(constant, column);
    case KeyType::text: {
      auto text = plain_string(constant, backslash);
      const bool may_change = !text || characters(*text) > column.longest || text->ends_with(' ');
      return may_change ? std::nullopt : text;
    }
    case KeyType::binary: {
      const bool hex = constant.token.kind == TokenKind::hex_literal && !constant.negative;
      auto bytes = hex ? bytes_of_hex(constant.token.text) : plain_string(constant, backslash);
      const bool fits =
          bytes && (column.fixed_length ? bytes->size() == column.longest : bytes->size() <= column.longest);
      return fits ? bytes : std::nullopt;
    }
    case KeyType::date: {
      auto text = plain_string(constant, backslash);
      return text && is_date(*text) ? text : std::nullopt;
    }
    case KeyType::other:
      break;
  }
  return std::nullopt;
}

std::optional<std::string> comparable(const KeyRow& row, const std::vector<KeyColumn>& columns) {
  std::string out;
  for (std::size_t i = 0; i < row.size(); ++i) {
    out += std::to_string(row[i].size()) + ":";
    if (columns[i].type != KeyType::text) {
      out += row[i];
      continue;
    }
    for (const char c : row[i]) {
      if (!is_plain(c)) return std::nullopt;
      out += folded(c);
    }
  }
  return out;
}

}  // namespace dw::sql
