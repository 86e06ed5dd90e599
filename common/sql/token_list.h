// One statement's tokens, kept small enough that a rule can look ahead and back.
//
// Comments are dropped. What classification never looks at is folded: `1, 'a', NULL` is one literal, and a
// row of literals behind such a row is left out, so that a long INSERT … VALUES needs no more room than a
// short one.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
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

struct CompactToken {  // no values of its own: room for many costs nothing
  const char* begin;
  std::uint32_t length;
  CompactKind kind;
  Keyword keyword;

  [[nodiscard]] std::string_view text() const { return {begin, length}; }
  [[nodiscard]] bool is(Keyword k) const { return keyword == k; }
  [[nodiscard]] bool is(CompactKind k) const { return kind == k; }
  [[nodiscard]] bool is_name() const { return kind == CompactKind::word || kind == CompactKind::identifier; }
};

class TokenList {
 public:
  TokenList() = default;
  TokenList(const TokenList&) = delete;  // the tokens of a short statement are in the object itself
  TokenList& operator=(const TokenList&) = delete;
  ~TokenList() = default;

  void clear();

  // Takes the lexer's next token; comments and version comments only leave their flag.
  void append(const Token& token);

  [[nodiscard]] std::size_t size() const { return size_; }
  // Behind the last token every index gives `end`.
  [[nodiscard]] const CompactToken& at(std::size_t i) const { return i < size_ ? tokens_[i] : kEnd; }

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

  void grow();

  static constexpr CompactToken kEnd{nullptr, 0, CompactKind::end, Keyword::k_none};
  static constexpr std::size_t kNear = 64;
  std::array<CompactToken, kNear> near_;
  std::vector<CompactToken> far_;  // all tokens, once there are more
  CompactToken* tokens_ = near_.data();
  std::size_t size_ = 0;
  std::size_t capacity_ = kNear;
  std::size_t depth_ = 0;
};

}  // namespace dw::sql
