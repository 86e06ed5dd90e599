#include "common/sql/statement_pattern.h"

#include <algorithm>

#include "common/sql/identifiers.h"
#include "common/sql/word_table.h"

namespace dw::sql {
namespace {

constexpr std::string_view kNameConst = "NAME_CONST";

bool is_row_word(std::string_view word) {
  return equals_ignoring_case(word, "new") || equals_ignoring_case(word, "old");
}

// SET SESSION x and SET x are logged alike.
void drop_session_word(std::vector<Token>& tokens) {
  if (tokens.size() < 2 || !tokens[0].is("SET")) return;
  if (tokens[1].is("SESSION") || tokens[1].is("LOCAL")) tokens.erase(tokens.begin() + 1);
}

// Index behind the ")" that belongs to the "(" at i; the size when there is none.
std::size_t behind_close(const std::vector<Token>& tokens, std::size_t i) {
  std::size_t depth = 0;
  for (; i < tokens.size(); ++i) {
    if (tokens[i].is("(")) ++depth;
    if (tokens[i].is(")") && --depth == 0) return i + 1;
  }
  return tokens.size();
}

bool is_name_const(const std::vector<Token>& tokens, std::size_t i) {
  return i + 3 < tokens.size() && tokens[i].is(kNameConst) && tokens[i + 1].is("(") &&
         tokens[i + 2].kind == TokenKind::string && tokens[i + 3].is(",");
}

// A word with a dot behind it, that no identifier character precedes.
bool has_row_word_before_dot(std::string_view text) {
  for (std::size_t dot = text.find('.'); dot != std::string_view::npos; dot = text.find('.', dot + 1)) {
    std::size_t end = dot;
    while (end > 0 && (text[end - 1] == ' ' || text[end - 1] == '\n' || text[end - 1] == '\t')) --end;
    if (end >= 3 && is_row_word(text.substr(end - 3, 3))) return true;
  }
  return false;
}

}  // namespace

bool may_be_marked(std::string_view text) {
  return text.find("NAME_CONST(") != std::string_view::npos || has_row_word_before_dot(text);
}

Marks marks_of(std::string_view text, LexerOptions options) {
  Marks marks;
  const std::vector<Token> tokens = tokens_of(text, options);
  bool names_one = false;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (is_name_const(tokens, i)) marks.name_const = true;
    if (!tokens[i].is_name() || !is_row_word(unquote(tokens[i].text))) continue;
    const bool before_dot = i + 1 < tokens.size() && tokens[i + 1].is(".");
    const bool behind_dot = i > 0 && tokens[i - 1].is(".");
    const bool of_table = before_dot && i > 0 &&
                          (tokens[i - 1].is("INTO") || tokens[i - 1].is("UPDATE") ||
                           tokens[i - 1].is("FROM") || tokens[i - 1].is("JOIN"));
    if (!before_dot || of_table) {
      names_one = names_one || !behind_dot || before_dot;
    } else if (!behind_dot) {
      marks.of_row = true;
    }
  }
  if (names_one) marks.of_row = false;
  return marks;
}

StatementPattern::StatementPattern(std::string_view text, LexerOptions options) {
  std::vector<Token> tokens = tokens_of(text, options);
  drop_session_word(tokens);
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    Part part{std::string(tokens[i].text), tokens[i].is_name(), false};
    const bool behind_limit = i > 0 && (tokens[i - 1].is("LIMIT") || tokens[i - 1].is("OFFSET"));
    const bool second = i > 2 && tokens[i - 1].is(",") && tokens[i - 3].is("LIMIT");
    part.limit = part.name && (behind_limit || second);
    parts_.push_back(std::move(part));
  }
  sets_user_variable_ =
      tokens.size() > 1 && tokens[0].is("SET") && tokens[1].kind == TokenKind::user_variable;
}

bool StatementPattern::same(std::size_t part, const Token& token) const {
  const Part& own = parts_[part];
  if (own.name && token.kind == TokenKind::word) return equals_ignoring_case(own.text, token.text);
  return own.text == token.text || (own.limit && token.kind == TokenKind::number);
}

// How many parts `name` takes up: x one, r.a three; 0 when the parts are not that name.
std::size_t StatementPattern::parts_named(std::size_t part, const std::string& name) const {
  std::string own = unquote(parts_[part].text);
  if (equals_ignoring_case(own, name)) return 1;
  if (part + 2 >= parts_.size() || parts_[part + 1].text != ".") return 0;
  own += "." + unquote(parts_[part + 2].text);
  return equals_ignoring_case(own, name) ? 3 : 0;
}

bool StatementPattern::matches(const std::vector<Token>& row) const {
  std::size_t i = 0;
  std::size_t part = 0;
  while (i < row.size() && part < parts_.size()) {
    if (same(part, row[i])) {
      ++i;
      ++part;
    } else if (parts_[part].name && is_name_const(row, i)) {
      const std::size_t taken = parts_named(part, unquote(row[i + 2].text));
      if (taken == 0) return false;
      part += taken;
      i = behind_close(row, i + 1);
    } else {
      return false;
    }
  }
  return i == row.size() && part == parts_.size() && part > 0;
}

bool is_spoiled_set(std::string_view text) {
  return text.size() > 4 && equals_ignoring_case(text.substr(0, 4), "set ") &&
         text.find("NAME_CONST('") != std::string_view::npos;
}

}  // namespace dw::sql
