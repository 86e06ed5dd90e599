// Tokens of MySQL and MariaDB statements.
//
// A token is a view into the text that was given: the text must outlive it. Lexing never throws and never
// stops early: what cannot be a token (an open quote, an open comment) is a token of kind `unterminated`
// that reaches to the end of the text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/sql/charset.h"
#include "common/sql/server_version.h"

namespace dw::sql {

enum class TokenKind : std::uint8_t {
  word,               // keyword or unquoted identifier: SELECT, app, N (not followed by a quote), é
  quoted_identifier,  // `a``b`, and "a" under ANSI_QUOTES; text keeps its quotes
  string,             // 'a', "a", with an introducer or N/n prefix: _utf8mb4'a' (one token each part: the
                      // introducer is a `word`), N'a' (one token), $tag$ … $tag$; text keeps its quotes
  number,             // 1, 1.5e3, .5
  hex_literal,        // 0xFF, x'FF', X'FF'
  bit_literal,        // 0b01, b'01'
  user_variable,      // @a, @`a b`, @'a', @"a"
  system_variable,    // @@sql_mode, @@session.sql_mode, @@`x`
  parameter,          // ?
  punctuation,        // ( ) , ; . = and every operator, the longest match: := <=> -> ->> || && << >> != <>
  version_comment,  // the opening of a /*! … */ or /*M! … */ that the server runs, with its digits; what is
                    // inside comes as tokens
  version_comment_end,  // the */ that closes it
  comment,  // every other comment, optimizer hints and version comments that the server skips included; only
            // with `keep_comments`
  unterminated,  // an open quote or an open comment: from its first byte to the end of the text (empty, at
                 // the end, for an open version comment: what is in it came as tokens); also x'…' and b'…'
                 // that are no literal, at which the server stops
  end,  // the text is used up; every further call gives it again
};

// What the session's sql_mode and character set and the server do to the lexer.
struct LexerOptions {
  bool ansi_quotes = false;               // "a" is an identifier
  bool no_backslash_escapes = false;      // \ is an ordinary character inside quotes
  bool keep_comments = false;             // give `comment` tokens; else they are skipped
  bool oracle = false;                    // MariaDB's sql_mode ORACLE: other bodies, blocks and packages
  Charset charset = Charset::ascii_safe;  // character_set_client
  ServerVersion server{};                 // decides which version comments run
  VersionComments version_comments = VersionComments::run;  // for an unknown server
  bool operator==(const LexerOptions&) const = default;
};

struct Token {
  TokenKind kind = TokenKind::end;
  bool has_backslash = false;  // string or "…" with a backslash inside: its end depends on sql_mode. Also a
                               // $$ … $$ string, which only MySQL 9 knows
  bool identifier = false;     // a word next to a dot (a.select, select.a): never a keyword
  std::string_view text;

  // The token is this keyword or operator, whatever its case. `upper` must be upper-case ASCII.
  [[nodiscard]] bool is(std::string_view upper) const;
  [[nodiscard]] bool is_name() const {
    return kind == TokenKind::word || kind == TokenKind::quoted_identifier;
  }
};

class Lexer {
 public:
  explicit Lexer(std::string_view text, LexerOptions options = {});

  Token next();

  // Offset of the first byte that no token has covered yet.
  [[nodiscard]] std::size_t offset() const;

 private:
  Token take(TokenKind kind, const char* end);
  Token take_word(const char* end);
  Token unterminated();
  Token at_end();
  Token quoted(TokenKind kind, std::size_t prefix, bool backslash_escapes);
  Token digits_in_quotes(TokenKind kind);
  Token number_or_word();
  Token fraction(const char* p);
  Token dot();
  Token user_variable();
  Token system_variable();
  Token dollar();
  Token block_comment(const char* body);
  Token skipped_version_comment(const char* body);
  [[nodiscard]] const char* skip_word(const char* p) const;
  Token punctuation();

  const char* begin_;
  const char* at_;  // the first byte that no token has covered yet
  const char* end_;
  LexerOptions options_;
  std::uint32_t dollar_tags_ = 0;
  bool in_version_comment_ = false;
  bool dot_is_separator_ = false;  // the word just given is followed by .x: `db.1table`, not `db` and `.1`
  bool word_must_follow_ = false;  // just behind a separating dot: `1e5` is a name there
};

}  // namespace dw::sql
