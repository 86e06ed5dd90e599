// Whether a statement's text can end where it ends: no quote and no comment is open there.
//
// A statement is fed line by line, so that one of gigabytes is looked at once. Says the same as sql::Lexer
// (tests/fuzz compares the two); what it adds is that it goes on where it was, and that it can be asked under
// each of the rules that a server may have read the text by.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace dw::extract {

struct ScanRules {
  bool backslash_in_single = true;     // 'a\'b' is one string
  bool backslash_in_double = true;     // "a\"b" is one
  bool skip_version_comments = false;  // /*! … */ is a comment like any other, and may hold comments
  bool dollar_quotes = false;          // $tag$ … $tag$ is a string (MySQL 9)
};

// A byte of a name or keyword without quotes.
bool is_word_byte(char c);

class StatementScanner {
 public:
  explicit StatementScanner(ScanRules rules = {}) : rules_(rules) {}

  // Whole lines, each with its newline, except for the text's last one.
  void feed(std::string_view lines);

  [[nodiscard]] bool open() const {
    return (state_ != State::code && state_ != State::line_comment) || in_version_comment_;
  }

  // What the answer may hang on: no rule but the one named makes a difference without it.
  [[nodiscard]] bool saw_backslash() const { return saw_backslash_; }  // inside quotes
  [[nodiscard]] bool saw_version_comment() const { return saw_version_comment_; }
  [[nodiscard]] bool saw_dollar() const { return saw_dollar_; }
  [[nodiscard]] bool saw_comment() const { return saw_comment_; }

 private:
  enum class State : std::uint8_t {
    code,
    single_quote,
    double_quote,
    backtick,
    line_comment,
    block_comment,
    dollar
  };

  const char* in_code(const char* p, const char* end);
  const char* in_quotes(const char* p, const char* end);
  const char* in_block_comment(const char* p, const char* end);
  const char* at_slash(const char* p, const char* end);
  const char* at_dollar(const char* p, const char* end);
  const char* in_dollar_quotes(const char* p, const char* end);

  ScanRules rules_;
  State state_ = State::code;
  bool escaped_ = false;  // a backslash stands before the next byte
  bool in_version_comment_ = false;
  bool nests_ = false;  // the open block comment may hold others
  std::uint32_t depth_ = 0;
  char last_ = '\n';  // of the bytes fed before
  std::string tag_;
  bool saw_backslash_ = false;
  bool saw_version_comment_ = false;
  bool saw_dollar_ = false;
  bool saw_comment_ = false;
};

}  // namespace dw::extract
