// After the servers' own lexer (sql/sql_lex.cc, lex_one_token), whose quirks it follows: MySQL manual 11.1
// (literals), 11.2 (schema object names), 11.4 (user-defined variables), 11.7 (comments).
#include "common/sql/lexer.h"

#include <array>
#include <bit>
#include <cstring>

#include "common/sql/comment.h"
#include "common/sql/word_table.h"

namespace dw::sql {

namespace {

enum class ByteClass : std::uint8_t {
  other,   // an operator, or a byte that no statement has
  single,  // punctuation that never goes on: ( ) , ; and the like
  space,
  letter,  // also _ and every byte >= 0x80
  prefix,  // b B n N x X: a letter, or the start of b'1', N'a', x'FF'
  dollar,
  digit,
  quote,
  backtick,
  at,
  dot,
  hash,
  minus,
  slash,
  star,
  question,
};

constexpr std::uint32_t kMostDollarTags = 64;

constexpr std::array<ByteClass, 256> make_classes() {
  std::array<ByteClass, 256> classes{};
  for (const char c : std::string_view(" \t\n\v\f\r"))
    classes[static_cast<unsigned char>(c)] = ByteClass::space;
  for (unsigned c = 'a'; c <= 'z'; ++c) classes[c] = classes[c - 'a' + 'A'] = ByteClass::letter;
  for (unsigned c = 0x80; c <= 0xFF; ++c) classes[c] = ByteClass::letter;
  classes['_'] = ByteClass::letter;
  for (const char c : std::string_view("bBnNxX")) classes[static_cast<unsigned char>(c)] = ByteClass::prefix;
  for (unsigned c = '0'; c <= '9'; ++c) classes[c] = ByteClass::digit;
  for (const char c : std::string_view("(),;=+%^~{}[]"))
    classes[static_cast<unsigned char>(c)] = ByteClass::single;
  classes['$'] = ByteClass::dollar;
  classes['\''] = classes['"'] = ByteClass::quote;
  classes['`'] = ByteClass::backtick;
  classes['@'] = ByteClass::at;
  classes['.'] = ByteClass::dot;
  classes['#'] = ByteClass::hash;
  classes['-'] = ByteClass::minus;
  classes['/'] = ByteClass::slash;
  classes['*'] = ByteClass::star;
  classes['?'] = ByteClass::question;
  return classes;
}

constexpr std::array<ByteClass, 256> kClasses = make_classes();

ByteClass class_of(char c) {
  return kClasses[static_cast<unsigned char>(c)];
}

constexpr std::array<bool, 256> make_word_bytes() {
  std::array<bool, 256> bytes{};
  for (std::size_t c = 0; c < 256; ++c) {
    const ByteClass k = kClasses[c];
    bytes[c] =
        k == ByteClass::letter || k == ByteClass::prefix || k == ByteClass::dollar || k == ByteClass::digit;
  }
  return bytes;
}

constexpr std::array<bool, 256> kWordBytes = make_word_bytes();

bool is_word_byte(char c) {
  return kWordBytes[static_cast<unsigned char>(c)];
}
// A bit for each of eight bytes that is none of a word's.
unsigned other_bytes_of_eight(const char* p) {
  const auto bit = [p](unsigned i) { return static_cast<unsigned>(!is_word_byte(p[i])) << i; };
  return bit(0) | bit(1) | bit(2) | bit(3) | bit(4) | bit(5) | bit(6) | bit(7);
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_hex_digit(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

const char* skip_digits(const char* p, const char* end) {
  while (p < end && is_digit(*p)) ++p;
  return p;
}

const char* find(const char* p, const char* end, char c) {
  return p == end ? nullptr : static_cast<const char*>(std::memchr(p, c, static_cast<std::size_t>(end - p)));
}

// From behind the opening quote to behind the closing one; null when there is none.
const char* skip_quoted(const char* p, const char* end, char quote, bool escapes, bool& has_backslash) {
  constexpr std::ptrdiff_t kShort = 24;  // most literals are shorter than memchr is worth
  for (;;) {
    const char* near = end - p > kShort ? p + kShort : end;
    while (p < near && *p != quote && *p != '\\') ++p;
    if (p == near && p < end) {
      const char* close = find(p, end, quote);
      if (close == nullptr) close = end;
      const char* backslash = find(p, close, '\\');
      p = backslash != nullptr ? backslash : close;
    }
    if (p == end) return nullptr;
    if (*p == '\\') {
      has_backslash = true;
      p += escapes ? 2 : 1;
      if (p > end) return nullptr;
      continue;
    }
    ++p;
    if (p == end || *p != quote) return p;
    ++p;
  }
}

std::size_t operator_length(const char* p, const char* end) {
  const char second = p + 1 < end ? p[1] : '\0';
  const char third = p + 2 < end ? p[2] : '\0';
  switch (*p) {
    case ':':
      return second == '=' ? 2 : 1;
    case '<':
      if (second == '=') return third == '>' ? 3 : 2;
      return second == '<' || second == '>' ? 2 : 1;
    case '>':
      return second == '=' || second == '>' ? 2 : 1;
    case '!':
      return second == '=' ? 2 : 1;
    case '&':
      return second == '&' ? 2 : 1;
    case '|':
      return second == '|' ? 2 : 1;
    case '-':
      if (second == '>') return third == '>' ? 3 : 2;
      return 1;
    case '\\':
      return second == 'N' ? 2 : 1;  // \N is NULL
    default:
      return 1;
  }
}

}  // namespace

bool Token::is(std::string_view upper) const {
  return (kind == TokenKind::word || kind == TokenKind::punctuation) && equals_ignoring_case(text, upper);
}

Lexer::Lexer(std::string_view text, LexerOptions options)
    : begin_(text.data()), at_(begin_), end_(begin_ + text.size()), options_(options) {}

std::size_t Lexer::offset() const {
  return static_cast<std::size_t>(at_ - begin_);
}

const char* Lexer::skip_word(const char* p) const {
  if (options_.charset == Charset::ascii_safe) {
    // Eight at a time: the length of a word is not to be guessed, its branch would be missed at most words.
    for (; end_ - p >= 8; p += 8) {
      const unsigned others = other_bytes_of_eight(p);
      if (others != 0) return p + std::countr_zero(others);
    }
    while (p < end_ && is_word_byte(*p)) ++p;
    return p;
  }
  while (p < end_ && is_word_byte(*p)) p += is_pair(p, end_, options_.charset) ? 2 : 1;
  return p;
}

Token Lexer::take(TokenKind kind, const char* end) {
  Token token;
  token.kind = kind;
  token.text = {at_, static_cast<std::size_t>(end - at_)};
  at_ = end;
  return token;
}

Token Lexer::take_word(const char* end) {
  Token token = take(TokenKind::word, end);
  if (end + 1 < end_ && *end == '.' && is_word_byte(end[1])) {
    dot_is_separator_ = true;
    token.identifier = true;
  }
  return token;
}

Token Lexer::unterminated() {
  return take(TokenKind::unterminated, end_);
}

Token Lexer::at_end() {
  const bool open = in_version_comment_;
  in_version_comment_ = false;
  return take(open ? TokenKind::unterminated : TokenKind::end, end_);
}

// `prefix` bytes, the quote, and what it holds.
Token Lexer::quoted(TokenKind kind, std::size_t prefix, bool backslash_escapes) {
  const char* start = at_ + prefix;
  bool has_backslash = false;
  const char* close =
      options_.charset == Charset::ascii_safe
          ? skip_quoted(start + 1, end_, *start, backslash_escapes, has_backslash)
          : skip_quoted_pairs(start + 1, end_, *start, backslash_escapes, options_.charset, has_backslash);
  Token token = close != nullptr ? take(kind, close) : unterminated();
  token.has_backslash = has_backslash && *start != '`';
  return token;
}

// x'FF' and b'01'; the server stops at anything else between the quotes.
Token Lexer::digits_in_quotes(TokenKind kind) {
  const char* first = at_ + 2;
  const char* p = first;
  const bool hex = kind == TokenKind::hex_literal;
  while (p < end_ && (hex ? is_hex_digit(*p) : *p == '0' || *p == '1')) ++p;
  if (p == end_ || *p != '\'' || (hex && (p - first) % 2 != 0)) return unterminated();
  return take(kind, p + 1);
}

// What starts with a digit: 1, 1.5, 1e5, 0xFF, 0b1, and names such as 1a.
Token Lexer::number_or_word() {
  const char* start = at_;
  const char* p = start;
  if (*p == '0' && p + 1 < end_ && (p[1] == 'x' || p[1] == 'b')) {
    const bool hex = p[1] == 'x';
    p += 2;
    while (p < end_ && (hex ? is_hex_digit(*p) : *p == '0' || *p == '1')) ++p;
    if (p - start > 2 && (p == end_ || !is_word_byte(*p))) {
      return take(hex ? TokenKind::hex_literal : TokenKind::bit_literal, p);
    }
    return take_word(skip_word(p));
  }
  p = skip_digits(p, end_);
  if (p == end_) return take(TokenKind::number, p);
  if (!is_word_byte(*p)) {
    if (*p != '.' || (p + 1 < end_ && p[1] == '.'))
      return take(TokenKind::number, p);  // 1..9 is MariaDB's FOR
    return fraction(p + 1);
  }
  if (*p == 'e' || *p == 'E') {
    const char* exponent = p + 1;
    if (exponent < end_ && (*exponent == '+' || *exponent == '-')) ++exponent;
    if (exponent < end_ && is_digit(*exponent)) return take(TokenKind::number, skip_digits(exponent, end_));
  }
  return take_word(skip_word(p));
}

// The rest of a number, from behind its point.
Token Lexer::fraction(const char* p) {
  p = skip_digits(p, end_);
  if (p < end_ && (*p == 'e' || *p == 'E')) {
    const char* exponent = p + 1;
    if (exponent < end_ && (*exponent == '+' || *exponent == '-')) ++exponent;
    if (exponent < end_ && is_digit(*exponent)) p = skip_digits(exponent, end_);
  }
  return take(TokenKind::number, p);
}

Token Lexer::dot() {
  const char* p = at_;
  const bool separator = dot_is_separator_;
  dot_is_separator_ = false;
  if (!separator && p + 1 < end_ && is_digit(p[1])) return fraction(p + 1);
  word_must_follow_ = p + 1 < end_ && is_word_byte(p[1]);
  return take(TokenKind::punctuation, p + 1);
}

Token Lexer::user_variable() {
  const char* p = at_ + 1;
  if (p < end_ && *p == '@') return system_variable();
  if (p < end_ && (*p == '\'' || *p == '"' || *p == '`')) {
    const bool string = *p == '\'' || (*p == '"' && !options_.ansi_quotes);
    return quoted(TokenKind::user_variable, 1, string && !options_.no_backslash_escapes);
  }
  while (p < end_ && (is_word_byte(*p) || *p == '.')) p += is_pair(p, end_, options_.charset) ? 2 : 1;
  return take(TokenKind::user_variable, p);
}

// @@x, @@session.x, @@`x`, with every part that follows without white space.
Token Lexer::system_variable() {
  const char* p = at_ + 2;
  for (;;) {
    if (p < end_ && *p == '`') {
      bool has_backslash = false;
      p = options_.charset == Charset::ascii_safe
              ? skip_quoted(p + 1, end_, '`', false, has_backslash)
              : skip_quoted_pairs(p + 1, end_, '`', false, options_.charset, has_backslash);
      if (p == nullptr) return unterminated();
    } else {
      p = skip_word(p);
    }
    if (p + 1 >= end_ || *p != '.' || (!is_word_byte(p[1]) && p[1] != '`')) break;
    ++p;
  }
  return take(TokenKind::system_variable, p);
}

// A name such as $a, or a text between $tag$ and $tag$ (MySQL 9, for JavaScript bodies). Where the second tag
// lacks it can only be a name.
Token Lexer::dollar() {
  const char* start = at_;
  const char* p = start + 1;
  while (p < end_ && is_word_byte(*p) && *p != '$') p += is_pair(p, end_, options_.charset) ? 2 : 1;
  if (p < end_ && *p == '$') {
    if (++dollar_tags_ > kMostDollarTags) return unterminated();  // each may cost a search to the end
    const std::string_view tag(start, static_cast<std::size_t>(p + 1 - start));
    const std::string_view rest(start, static_cast<std::size_t>(end_ - start));
    const std::size_t close = rest.find(tag, tag.size());
    if (close != std::string_view::npos) {
      Token token = take(TokenKind::string, start + close + tag.size());
      token.has_backslash = true;
      return token;
    }
  }
  return take_word(skip_word(p));
}

// At "/*": a version comment's opening, or a whole comment. `body` is behind the "/*".
Token Lexer::block_comment(const char* body) {
  const char* p = body;
  const bool marked_mariadb = p + 1 < end_ && *p == 'M' && p[1] == '!';
  if (marked_mariadb && options_.server.kind != ServerVersion::Kind::mysql) ++p;
  if (p < end_ && *p == '!') {
    const VersionDigits version = read_version_digits(p + 1, end_, marked_mariadb, options_);
    if (!version.runs) return skipped_version_comment(version.end);
    in_version_comment_ = true;
    return take(TokenKind::version_comment, version.end);
  }
  const char* close = find_comment_end(body, end_);
  return close != nullptr ? take(TokenKind::comment, close + 2) : unterminated();
}

Token Lexer::skipped_version_comment(const char* body) {
  const char* close = find_skipped_end(body, end_);
  return close != nullptr ? take(TokenKind::comment, close + 2) : unterminated();
}

Token Lexer::punctuation() {
  const char* p = at_;
  return take(TokenKind::punctuation, p + operator_length(p, end_));
}

Token Lexer::next() {
  const char* const end = end_;
  for (;;) {
    const char* p = at_;
    if (word_must_follow_) {
      word_must_follow_ = false;
      Token token = take_word(skip_word(p));
      token.identifier = true;
      return token;
    }
    while (p < end && class_of(*p) == ByteClass::space) ++p;
    at_ = p;
    if (p == end) return at_end();
    const char second = p + 1 < end ? p[1] : '\0';
    switch (class_of(*p)) {
      case ByteClass::letter:
        return take_word(skip_word(p));
      case ByteClass::prefix:
        if (second == '\'') {
          if (*p == 'n' || *p == 'N') return quoted(TokenKind::string, 1, !options_.no_backslash_escapes);
          return digits_in_quotes(*p == 'x' || *p == 'X' ? TokenKind::hex_literal : TokenKind::bit_literal);
        }
        return take_word(skip_word(p));
      case ByteClass::single:
        return take(TokenKind::punctuation, p + 1);
      case ByteClass::digit:
        return number_or_word();
      case ByteClass::dollar:
        return dollar();
      case ByteClass::quote:
        if (*p == '"' && options_.ansi_quotes) return quoted(TokenKind::quoted_identifier, 0, false);
        return quoted(TokenKind::string, 0, !options_.no_backslash_escapes);
      case ByteClass::backtick:
        return quoted(TokenKind::quoted_identifier, 0, false);
      case ByteClass::at:
        return user_variable();
      case ByteClass::dot:
        return dot();
      case ByteClass::question:
        return take(TokenKind::parameter, p + 1);
      case ByteClass::star:
        if (in_version_comment_ && second == '/') {
          in_version_comment_ = false;
          return take(TokenKind::version_comment_end, p + 2);
        }
        return punctuation();
      case ByteClass::slash: {
        if (second != '*') return punctuation();
        Token token = block_comment(p + 2);
        if (token.kind != TokenKind::comment || options_.keep_comments) return token;
        break;
      }
      case ByteClass::minus: {
        // A comment only with white space or a control character behind it, or at the end of the text.
        const bool comment =
            second == '-' && (p + 2 >= end || class_of(p[2]) == ByteClass::space || is_control(p[2]));
        if (!comment) return punctuation();
        [[fallthrough]];
      }
      case ByteClass::hash: {
        Token token = take(TokenKind::comment, find_line_end(p, end));
        if (options_.keep_comments) return token;
        break;
      }
      default:
        return punctuation();
    }
  }
}

}  // namespace dw::sql
