#include "common/sql/token_list.h"

#include <algorithm>
#include <utility>

namespace dw::sql {

namespace {

CompactKind kind_of_punctuation(std::string_view text) {
  if (text.size() != 1) return CompactKind::other;
  switch (text[0]) {
    case '(':
      return CompactKind::open;
    case ')':
      return CompactKind::close;
    case ',':
      return CompactKind::comma;
    case '.':
      return CompactKind::dot;
    case '=':
      return CompactKind::equals;
    case ';':
      return CompactKind::semicolon;
    default:
      return CompactKind::other;
  }
}

bool is_sign(const CompactToken& token) {
  return token.kind == CompactKind::other && token.length == 1 &&
         (*token.begin == '-' || *token.begin == '+');
}

bool is_introducer(const CompactToken& token) {
  return token.kind == CompactKind::word && token.length > 1 && *token.begin == '_';
}

bool may_fold(Keyword keyword) {
  return keyword == Keyword::k_null || keyword == Keyword::k_true || keyword == Keyword::k_false ||
         keyword == Keyword::k_default;
}

}  // namespace

void TokenList::clear() {
  size_ = depth_ = 0;
  has_comment = has_version_comment = has_backslash = unterminated = has_semicolon = false;
}

void TokenList::grow() {
  std::vector<CompactToken> wider(2 * capacity_);
  std::copy_n(tokens_, size_, wider.begin());
  far_ = std::move(wider);
  tokens_ = far_.data();
  capacity_ = far_.size();
}

void TokenList::push(const Token& token, CompactKind kind, Keyword keyword) {
  if (size_ == capacity_) grow();
  CompactToken& compact = tokens_[size_++];  // filled in place: a copy would wait for these four
  compact.begin = token.text.data();
  compact.length = static_cast<std::uint32_t>(token.text.size());
  compact.kind = kind;
  compact.keyword = keyword;
}

// The token `back` places before the end is "(" or ",", so that what follows starts a value.
bool TokenList::open_before(std::size_t back) const {
  if (size_ < back) return false;
  const CompactKind kind = tokens_[size_ - back].kind;
  return kind == CompactKind::open || kind == CompactKind::comma;
}

void TokenList::append_literal(const Token& token) {
  if (depth_ > 0 && size_ > 0) {
    if (is_introducer(tokens_[size_ - 1]) && open_before(2)) --size_;
    if (size_ > 0 && is_sign(tokens_[size_ - 1]) && open_before(2)) --size_;
    const std::size_t n = size_;
    if (n > 2 && tokens_[n - 1].kind == CompactKind::comma && tokens_[n - 2].kind == CompactKind::literal &&
        open_before(3)) {
      --size_;
      return;
    }
  }
  push(token, CompactKind::literal);
}

// `( literal ) , ( literal )`: the second row goes.
void TokenList::append_close(const Token& token) {
  if (depth_ > 0) --depth_;
  const std::size_t n = size_;
  if (n >= 6 && tokens_[n - 1].kind == CompactKind::literal && tokens_[n - 2].kind == CompactKind::open &&
      tokens_[n - 3].kind == CompactKind::comma && tokens_[n - 4].kind == CompactKind::close &&
      tokens_[n - 5].kind == CompactKind::literal && tokens_[n - 6].kind == CompactKind::open) {
    size_ = n - 3;
    return;
  }
  push(token, CompactKind::close);
}

void TokenList::append(const Token& token) {
  has_backslash = has_backslash || token.has_backslash;
  switch (token.kind) {
    case TokenKind::word: {
      const bool after_dot = size_ > 0 && tokens_[size_ - 1].kind == CompactKind::dot;
      const Keyword keyword = token.identifier || after_dot ? Keyword::k_none : find_keyword(token.text);
      if (depth_ > 0 && may_fold(keyword) && open_before(1)) {
        append_literal(token);
      } else {
        push(token, CompactKind::word, keyword);
      }
      break;
    }
    case TokenKind::quoted_identifier:
      push(token, CompactKind::identifier);
      break;
    case TokenKind::string:
    case TokenKind::number:
    case TokenKind::hex_literal:
    case TokenKind::bit_literal:
      append_literal(token);
      break;
    case TokenKind::user_variable:
      push(token, CompactKind::user_variable);
      break;
    case TokenKind::system_variable:
      push(token, CompactKind::system_variable);
      break;
    case TokenKind::parameter:
      push(token, CompactKind::parameter);
      break;
    case TokenKind::punctuation: {
      const CompactKind kind = kind_of_punctuation(token.text);
      if (kind == CompactKind::close) {
        append_close(token);
      } else {
        if (kind == CompactKind::open) ++depth_;
        if (kind == CompactKind::semicolon) has_semicolon = true;
        push(token, kind);
      }
      break;
    }
    case TokenKind::version_comment:
      has_version_comment = true;
      break;
    case TokenKind::version_comment_end:
      break;
    case TokenKind::comment:
      has_comment = true;
      // One that the server skips: another may run it.
      if (token.text.starts_with("/*!") || token.text.starts_with("/*M!")) has_version_comment = true;
      break;
    case TokenKind::unterminated:
      unterminated = true;
      break;
    case TokenKind::end:
      break;
  }
}

}  // namespace dw::sql
