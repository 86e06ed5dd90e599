#include "extractor/file_log/statement_scanner.h"

#include <algorithm>
#include <array>

#include "common/sql/comment.h"

namespace dw::extract {
namespace {

constexpr std::array<bool, 256> make_special() {
  std::array<bool, 256> special{};
  for (const char c : std::string_view("'\"`#-/*$")) special[static_cast<unsigned char>(c)] = true;
  return special;
}
constexpr std::array<bool, 256> kSpecial = make_special();

bool is_special(char c) {
  return kSpecial[static_cast<unsigned char>(c)];
}

// What makes "--" a comment: white space or a control character behind it.
bool is_blank(char c) {
  return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F;
}

char at(const char* p, const char* end) {
  return p < end ? *p : '\n';
}

}  // namespace

bool is_word_byte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' ||
         byte >= 0x80;
}

void StatementScanner::feed(std::string_view lines) {
  const char* p = lines.data();
  const char* const end = p + lines.size();
  while (p < end) {
    switch (state_) {
      case State::code:
        p = in_code(p, end);
        break;
      case State::single_quote:
      case State::double_quote:
      case State::backtick:
        p = in_quotes(p, end);
        break;
      case State::line_comment:
        p = sql::find_line_end(p, end);
        if (p < end) {
          state_ = State::code;
          ++p;
        }
        break;
      case State::block_comment:
        p = in_block_comment(p, end);
        break;
      case State::dollar:
        p = in_dollar_quotes(p, end);
        break;
    }
    last_ = p[-1];
  }
}

const char* StatementScanner::in_code(const char* p, const char* end) {
  const char* const start = p;
  for (; p < end; ++p) {
    if (!is_special(*p)) continue;
    switch (*p) {
      case '\'':
        state_ = State::single_quote;
        return p + 1;
      case '"':
        state_ = State::double_quote;
        return p + 1;
      case '`':
        state_ = State::backtick;
        return p + 1;
      case '#':
        saw_comment_ = true;
        state_ = State::line_comment;
        return p + 1;
      case '-':
        if (at(p + 1, end) != '-' || !is_blank(at(p + 2, end)) || p + 1 == end) break;
        saw_comment_ = true;
        state_ = State::line_comment;
        return p + 2;
      case '/':
        if (at(p + 1, end) == '*') return at_slash(p, end);
        break;
      case '*':
        if (!in_version_comment_ || at(p + 1, end) != '/') break;
        in_version_comment_ = false;
        ++p;
        break;
      default:  // $
        saw_dollar_ = true;
        if (rules_.dollar_quotes && !is_word_byte(p > start ? p[-1] : last_)) {
          const char* behind = at_dollar(p, end);
          if (state_ == State::dollar) return behind;
        }
        break;
    }
  }
  return p;
}

const char* StatementScanner::at_slash(const char* p, const char* end) {
  const char* body = p + 2;
  const char* mark = at(body, end) == 'M' ? body + 1 : body;
  saw_comment_ = true;
  const bool version = at(mark, end) == '!';
  saw_version_comment_ = saw_version_comment_ || version;
  if (version && !rules_.skip_version_comments) {
    in_version_comment_ = true;
    return mark + 1;
  }
  state_ = State::block_comment;
  nests_ = version;
  depth_ = 1;
  return body;
}

const char* StatementScanner::in_block_comment(const char* p, const char* end) {
  while (p < end) {
    if (*p == '*' && at(p + 1, end) == '/') {
      p += 2;
      if (--depth_ == 0) {
        state_ = State::code;
        return p;
      }
    } else if (nests_ && *p == '/' && at(p + 1, end) == '*') {
      p += 2;
      ++depth_;
    } else {
      ++p;
    }
  }
  return p;
}

const char* StatementScanner::in_quotes(const char* p, const char* end) {
  const char quote = state_ == State::single_quote ? '\'' : (state_ == State::double_quote ? '"' : '`');
  const bool escapes =
      quote == '\'' ? rules_.backslash_in_single : (quote == '"' && rules_.backslash_in_double);
  if (escaped_) {
    escaped_ = false;
    ++p;
  }
  for (; p < end; ++p) {
    if (*p == quote) {
      state_ = State::code;  // a doubled quote opens it again at once
      return p + 1;
    }
    if (*p != '\\' || quote == '`') continue;
    saw_backslash_ = true;
    if (!escapes) continue;
    if (++p == end) {
      escaped_ = true;
      return p;
    }
  }
  return p;
}

// At a $ that begins a word: behind the tag when it is one, and the state says so.
const char* StatementScanner::at_dollar(const char* p, const char* end) {
  const char* close = p + 1;
  while (close < end && is_word_byte(*close) && *close != '$') ++close;
  if (at(close, end) != '$') return p;
  tag_.assign(p, close + 1);
  state_ = State::dollar;
  return close + 1;
}

const char* StatementScanner::in_dollar_quotes(const char* p, const char* end) {
  const char* found = std::search(p, end, tag_.begin(), tag_.end());
  if (found == end) return end;
  state_ = State::code;
  return found + tag_.size();
}

}  // namespace dw::extract
