#include "common/sql/body_statements.h"

#include <algorithm>
#include <array>

#include "common/sql/body.h"
#include "common/sql/statement_pattern.h"

namespace dw::sql {
namespace {

// Walks over a body from statement to statement.
class BodyReader {
 public:
  BodyReader(std::string_view body, LexerOptions options) : tokens_(tokens_of(body, options)) {}

  std::vector<BodyStatement> read() {
    while (i_ < tokens_.size()) step();
    return std::move(out_);
  }

 private:
  [[nodiscard]] bool is(std::size_t i, std::string_view upper) const {
    return i < tokens_.size() && tokens_[i].is(upper);
  }
  [[nodiscard]] bool is_any(std::size_t i, std::initializer_list<std::string_view> words) const {
    return std::any_of(words.begin(), words.end(), [&](std::string_view word) { return is(i, word); });
  }

  // At the place where a statement may start.
  void step() {
    if (is(i_, ";")) {
      ++i_;
    } else if (is(i_ + 1, ":")) {
      i_ += 2;
    } else if (is(i_, "BEGIN")) {
      ++i_;
      if (is(i_, "NOT")) i_ += 2;
    } else if (is(i_, "END")) {
      behind_statement();
    } else if (is(i_, "DECLARE")) {
      declare();
    } else if (is_any(i_, {"IF", "ELSEIF", "WHEN"})) {
      conditional();
      behind_word("THEN");
    } else if (is(i_, "CASE")) {
      conditional();
      ++i_;
      behind_operand();
    } else if (is_any(i_, {"WHILE", "FOR"})) {
      conditional();
      behind_word("DO");
    } else if (is_any(i_, {"LOOP", "REPEAT", "ELSE"})) {
      conditional();
      ++i_;
    } else if (is(i_, "UNTIL")) {
      behind_word("END");
      behind_statement();
    } else if (is_any(i_, {"RETURN", "LEAVE", "ITERATE"})) {
      conditional();  // what stands behind need not be reached
      behind_statement();
    } else if (is_any(i_, {"OPEN", "FETCH", "CLOSE"})) {
      behind_statement();
    } else if (is(i_, "SET")) {
      set();
    } else {
      const std::size_t begin = i_;
      behind_statement();
      add(begin, i_);
    }
  }

  void conditional() { straight_ = false; }

  // To the ";" that ends the statement here.
  void behind_statement() {
    while (i_ < tokens_.size() && !is(i_, ";")) ++i_;
  }

  // Behind the word, which ends a condition; CASE … END may be part of that.
  void behind_word(std::string_view upper) {
    ++i_;
    for (std::size_t cases = 0; i_ < tokens_.size(); ++i_) {
      if (cases == 0 && is(i_, upper)) break;
      if (is(i_, "CASE")) ++cases;
      if (is(i_, "END") && cases > 0) --cases;
    }
    ++i_;
  }

  // CASE operand WHEN: to the WHEN.
  void behind_operand() {
    for (std::size_t cases = 0; i_ < tokens_.size(); ++i_) {
      if (cases == 0 && is(i_, "WHEN")) return;
      if (is(i_, "CASE")) ++cases;
      if (is(i_, "END") && cases > 0) --cases;
    }
  }

  // A handler ends with a statement; variables, conditions and cursors run nothing that is logged.
  void declare() {
    const bool handler = is(i_ + 2, "HANDLER");
    if (!handler) return behind_statement();
    // A body with a handler may go on behind an error, or end there.
    conditional();
    i_ += 4;
    while (i_ < tokens_.size()) {
      if (is(i_, "SQLSTATE")) {
        i_ += is(i_ + 1, "VALUE") ? 3 : 2;
      } else if (is(i_, "NOT")) {
        i_ += 2;
      } else {
        ++i_;  // SQLEXCEPTION, SQLWARNING, an error's number, a condition's name
      }
      if (!is(i_, ",")) return;
      ++i_;
    }
  }

  // Each assignment is a statement of its own to the log.
  void set() {
    const std::size_t first = i_ + 1;
    std::size_t begin = first;
    std::size_t depth = 0;
    for (++i_;; ++i_) {
      const bool end = i_ >= tokens_.size() || is(i_, ";");
      if (is(i_, "(")) ++depth;
      if (is(i_, ")") && depth > 0) --depth;
      if (!end && (depth > 0 || !is(i_, ","))) continue;
      const bool of_row = is_any(begin, {"NEW", "OLD"}) && is(begin + 1, ".");
      if (i_ > begin && !of_row) add(begin, i_, "SET ");
      begin = i_ + 1;
      if (end) return;
    }
  }

  void add(std::size_t begin, std::size_t end, std::string_view prefix = "") {
    if (begin >= end || end > tokens_.size()) return;
    const char* first = tokens_[begin].text.data();
    const char* last = tokens_[end - 1].text.data() + tokens_[end - 1].text.size();
    out_.push_back({std::string(prefix) + std::string(first, last), straight_});
  }

  std::vector<Token> tokens_;
  std::size_t i_ = 0;
  bool straight_ = true;
  std::vector<BodyStatement> out_;
};

}  // namespace

std::vector<BodyStatement> body_statements(std::string_view body, LexerOptions options) {
  return BodyReader(body, options).read();
}

std::string_view body_of(std::string_view create_statement, LexerOptions options) {
  TokenList tokens;
  Lexer lexer(create_statement, options);
  for (Token token = lexer.next(); token.kind != TokenKind::end; token = lexer.next()) {
    tokens.append(token);
    if (token.kind == TokenKind::unterminated) return {};
  }
  BodyTracker tracker;
  tracker.advance(tokens);
  const std::size_t body = tracker.body_token();
  if (body == 0 || body >= tokens.size()) return {};
  return create_statement.substr(static_cast<std::size_t>(tokens.at(body).begin - create_statement.data()));
}

}  // namespace dw::sql
