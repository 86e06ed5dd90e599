#include "common/sql/xa.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "common/sql/identifiers.h"
#include "common/sql/tokens.h"
#include "common/util/letter_case.h"

namespace dw::sql {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

std::string to_hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    out += kHex[static_cast<unsigned char>(c) >> 4U];
    out += kHex[static_cast<unsigned char>(c) & 15U];
  }
  return out;
}

// The digits of x'…' and 0x…, as many as whole bytes need.
std::string hex_digits(std::string_view digits) {
  return (digits.size() % 2 == 0 ? "" : "0") + lower(digits);
}

std::string from_bits(std::string_view bits) {
  std::string out;
  std::string whole(bits);
  whole.insert(0, (4 - whole.size() % 4) % 4, '0');
  for (std::size_t i = 0; i < whole.size(); i += 4) {
    unsigned value = 0;
    for (std::size_t k = 0; k < 4; ++k) value = value * 2 + (whole[i + k] == '1' ? 1 : 0);
    out += kHex[value];
  }
  return hex_digits(out);
}

// Reads an id part by part.
class XidReader {
 public:
  XidReader(const std::vector<Token>& tokens, std::size_t at) : tokens_(tokens), at_(at) {}

  // gtrid [, bqual [, format]]
  std::optional<std::string> read() {
    const auto gtrid = bytes();
    if (!gtrid) return std::nullopt;
    std::string bqual;
    std::string format = "1";
    if (comma()) {
      const auto second = bytes();
      if (!second) return std::nullopt;
      bqual = *second;
      if (comma()) {
        if (at_ >= tokens_.size()) return std::nullopt;
        format = number(tokens_[at_++].text);
        if (format.empty()) return std::nullopt;
      }
    }
    return *gtrid + "," + bqual + "," + format;
  }
  [[nodiscard]] std::size_t at() const { return at_; }

 private:
  bool comma() {
    const bool is_comma = at_ < tokens_.size() && tokens_[at_].is(",");
    if (is_comma) ++at_;
    return is_comma;
  }

  // Hexadecimal digits of a string, a hexadecimal or a bit literal.
  std::optional<std::string> bytes() {
    if (at_ >= tokens_.size()) return std::nullopt;
    const Token& token = tokens_[at_];
    const bool quoted = token.text.ends_with('\'');  // x'…', not 0x…
    const std::string_view digits = token.text.substr(std::min<std::size_t>(2, token.text.size()));
    const std::string_view inner = quoted ? digits.substr(0, digits.size() - 1) : digits;
    std::string out;
    if (token.kind == TokenKind::hex_literal) {
      out = hex_digits(inner);
    } else if (token.kind == TokenKind::bit_literal) {
      out = from_bits(inner);
    } else if (token.kind == TokenKind::string) {
      out = to_hex(unquote(token.text));
    } else {
      return std::nullopt;
    }
    ++at_;
    return out;
  }

  static std::string number(std::string_view text) {
    const bool hex = text.starts_with("0x") || text.starts_with("0X");
    const std::string_view digits = hex ? text.substr(2) : text;
    if (digits.empty() ||
        lower(digits).find_first_not_of(hex ? kHex : kHex.substr(0, 10)) != std::string::npos)
      return "";
    return std::to_string(std::stoull(std::string(digits).substr(0, 15), nullptr, hex ? 16 : 10));
  }

  const std::vector<Token>& tokens_;
  std::size_t at_;
};

std::optional<XaStatement::Verb> verb_of(const Token& token) {
  using Verb = XaStatement::Verb;
  if (token.is("START") || token.is("BEGIN")) return Verb::start;
  if (token.is("END")) return Verb::end;
  if (token.is("PREPARE")) return Verb::prepare;
  if (token.is("COMMIT")) return Verb::commit;
  if (token.is("ROLLBACK")) return Verb::rollback;
  if (token.is("RECOVER")) return Verb::recover;
  return std::nullopt;
}

}  // namespace

std::optional<XaStatement> parse_xa(std::string_view text) {
  const std::vector<Token> tokens = tokens_of(text);
  if (tokens.size() < 2 || !tokens[0].is("XA")) return std::nullopt;
  const auto verb = verb_of(tokens[1]);
  if (!verb) return std::nullopt;
  XaStatement out;
  out.verb = *verb;
  if (*verb == XaStatement::Verb::recover) return out;
  XidReader reader(tokens, 2);
  const auto xid = reader.read();
  if (!xid) return std::nullopt;
  out.xid = *xid;
  std::size_t i = reader.at();
  const auto word = [&](const char* upper) { return i < tokens.size() && tokens[i].is(upper); };
  if (word("ONE")) {
    out.one_phase = true;
    i += 2;
  } else if (word("RESUME")) {
    out.resume = true;
    ++i;
  } else if (word("JOIN") || word("SUSPEND")) {
    out.refused = true;
    i = tokens.size();
  }
  if (word(";")) ++i;
  return i >= tokens.size() ? std::optional(out) : std::nullopt;
}

}  // namespace dw::sql
