#include "common/sql/redact.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace dw::sql {
namespace {

// A password stands behind it.
bool announces_secret(const Token& token) {
  constexpr std::string_view kName = "PASSWORD";
  if (token.kind != TokenKind::word) return false;
  if (token.is("IDENTIFIED")) return true;
  if (token.text.size() < kName.size()) return false;
  Token end = token;
  end.text.remove_prefix(token.text.size() - kName.size());
  return end.is(kName);
}

bool is_text(const Token& token) {
  if (token.kind == TokenKind::unterminated) return !token.text.empty();
  return token.kind == TokenKind::string || token.kind == TokenKind::hex_literal ||
         token.kind == TokenKind::bit_literal;
}

// Whether a quote right behind it would be read as one with it: N'…', x'…'.
bool takes_in_quote(char c) {
  return c == '_' || c == '$' || (static_cast<unsigned char>(c) & 0x80U) != 0 ||
         std::isalnum(static_cast<unsigned char>(c)) != 0;
}

}  // namespace

std::string without_passwords(std::string_view statement, const LexerOptions& options) {
  std::string out;
  Lexer lexer(statement, options);
  std::size_t copied = 0;
  bool secret = false;
  bool replaced = false;  // what stands before `copied`
  for (Token token = lexer.next(); token.kind != TokenKind::end; token = lexer.next()) {
    secret = secret || announces_secret(token);
    if (!secret || !is_text(token)) continue;
    const auto begin = static_cast<std::size_t>(token.text.data() - statement.data());
    out.append(statement, copied, begin - copied);
    if (!replaced || begin != copied) {  // strings that touch are one
      if (!out.empty() && takes_in_quote(out.back())) out += ' ';
      out += "'<secret>'";
    }
    copied = begin + token.text.size();
    replaced = true;
  }
  out.append(statement.substr(copied));
  return out;
}

std::string before_passwords(std::string_view text) {
  static constexpr std::array<std::string_view, 2> kWords{"IDENTIFIED", "PASSWORD"};
  const auto same = [](char a, char b) { return std::toupper(static_cast<unsigned char>(a)) == b; };
  auto end = text.end();
  for (const std::string_view word : kWords) {
    const auto found = std::search(text.begin(), text.end(), word.begin(), word.end(), same);
    if (found != text.end()) end = std::min(end, found + static_cast<std::ptrdiff_t>(word.size()));
  }
  if (end == text.end()) return std::string(text);
  return std::string(text.begin(), end) + " <secret>";
}

}  // namespace dw::sql
