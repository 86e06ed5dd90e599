// One statement's tokens, kept small enough that a rule can look ahead and back.
//
// Comments are dropped. What classification never looks at is folded: `1, 'a', NULL` is one literal, and a
// row of literals behind such a row is left out, so that a long INSERT … VALUES needs no more room than a
// short one.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <string_view>
#include <vector>

#include "common/sql/keywords.h"
#include "common/sql/lexer.h"

namespace dw::sql {

enum class CompactKind : std::uint8_t {
  word,        // with its keyword, or k_none
  identifier,  // quoted
  literal,     // string, number, hex, bit; NULL, TRUE, FALSE, DEFAULT inside parentheses
  user_variable,
  system_variable,
  parameter,
  open,   // (
  close,  // )
  comma,
  dot,
  equals,
  semicolon,  // inside a body, or where a statement cannot be cut
  other,
  end,
};

struct CompactToken {
  const char* begin = nullptr;
  std::uint32_t length = 0;
  CompactKind kind = CompactKind::end;
  Keyword keyword = Keyword::k_none;

  [[nodiscard]] std::string_view text() const { return {begin, length}; }
  [[nodiscard]] bool is(Keyword k) const { return keyword == k; }
  [[nodiscard]] bool is(CompactKind k) const { return kind == k; }
  [[nodiscard]] bool is_name() const { return kind == CompactKind::word || kind == CompactKind::identifier; }
};

class TokenList {
 public:
  TokenList() { tokens_.reserve(kInside); }
  TokenList(const TokenList&) = delete;  // the tokens of a short statement are in the object itself
  TokenList& operator=(const TokenList&) = delete;
  ~TokenList() = default;

  void clear();

  // Takes the lexer's next token; comments and version comments only leave their flag.
  void append(const Token& token);

  [[nodiscard]] std::size_t size() const { return tokens_.size(); }
  // Behind the last token every index gives `end`.
  [[nodiscard]] const CompactToken& at(std::size_t i) const { return i < tokens_.size() ? tokens_[i] : end_; }

  bool has_comment = false;
  bool has_version_comment = false;
  bool has_backslash = false;  // in a quoted token
  bool unterminated = false;
  bool has_semicolon = false;

 private:
  void append_literal(const Token& token);
  void append_close(const Token& token);
  bool open_before(std::size_t back) const;
  void push(const Token& token, CompactKind kind, Keyword keyword = Keyword::k_none);

  static constexpr std::size_t kInside = 64;
  alignas(CompactToken) std::array<std::byte, kInside * sizeof(CompactToken)> room_;
  std::pmr::monotonic_buffer_resource memory_{room_.data(), room_.size()};
  std::pmr::vector<CompactToken> tokens_{&memory_};
  CompactToken end_;
  std::size_t depth_ = 0;
};

}  // namespace dw::sql
