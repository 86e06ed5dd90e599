#include "loader/dialect/rewriter.h"

namespace dw::load {

using sql::Token;
using sql::TokenKind;

Rewriter::Rewriter(std::string_view text, sql::LexerOptions options, const Executed& executed) : text_(text) {
  sql::Lexer lexer(text, options);
  bool hidden = false;
  for (Token token = lexer.next(); token.kind != TokenKind::end; token = lexer.next()) {
    if (token.kind == TokenKind::unterminated) {
      whole_ = false;
      break;
    }
    Piece piece{token, "", std::nullopt, ""};
    const bool opens = token.kind == TokenKind::version_comment;
    const bool closes = token.kind == TokenKind::version_comment_end;
    if (opens) hidden = !executed(token.text);
    if (opens || closes || hidden) {
      piece.instead = " ";
      changed_ = true;
    } else {
      live_.push_back(pieces_.size());
    }
    if (closes) hidden = false;
    pieces_.push_back(std::move(piece));
  }
}

const Token& Rewriter::at(std::size_t i) const {
  return i < live_.size() ? pieces_[live_[i]].token : end_;
}

bool Rewriter::is_name(std::size_t i) const {
  return at(i).kind == TokenKind::word || at(i).kind == TokenKind::quoted_identifier;
}

std::size_t Rewriter::close_of(std::size_t open) const {
  int depth = 0;
  for (std::size_t i = open; i < size(); ++i) {
    if (is(i, "(")) ++depth;
    if (is(i, ")") && --depth == 0) return i;
  }
  return size();
}

std::size_t Rewriter::find(std::size_t i, std::size_t end, std::string_view upper) const {
  int depth = 0;
  for (; i < end; ++i) {
    if (depth == 0 && is(i, upper) && !at(i).identifier) return i;
    if (is(i, "(")) ++depth;
    if (is(i, ")")) --depth;
  }
  return end;
}

std::size_t Rewriter::behind_name(std::size_t i) const {
  while (is_name(i) && is(i + 1, ".")) i += 2;
  return i + 1;
}

void Rewriter::erase(std::size_t begin, std::size_t end) {
  for (std::size_t i = begin; i < end && i < size(); ++i) {
    piece(i) = {piece(i).token, "", "", ""};
    changed_ = true;
  }
}

void Rewriter::replace(std::size_t i, std::string text) {
  piece(i).instead = std::move(text);
  changed_ = true;
}

void Rewriter::put_before(std::size_t i, const std::string& text) {
  piece(i).before = text + piece(i).before;
  changed_ = true;
}

void Rewriter::put_behind(std::size_t i, const std::string& text) {
  piece(i).behind += text;
  changed_ = true;
}

std::string Rewriter::text() const {
  std::string out;
  out.reserve(text_.size() + 64);
  const char* gap = text_.data();
  for (const Piece& one : pieces_) {
    out.append(gap, one.token.text.data());
    out += one.before;
    out += one.instead ? std::string_view(*one.instead) : one.token.text;
    out += one.behind;
    gap = one.token.text.data() + one.token.text.size();
  }
  out.append(gap, text_.data() + text_.size());
  return out;
}

}  // namespace dw::load
