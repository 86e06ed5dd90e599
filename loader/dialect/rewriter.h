// A statement's tokens, and the changes that are made to them.
//
// Changes name tokens, so that what stands in strings and comments is never touched. The text between tokens
// stays as it is. Version comments are resolved first: what the source's server ran stands among the tokens
// without its comment; what it took for a comment is gone.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/sql/lexer.h"

namespace dw::load {

class Rewriter {
 public:
  // Told the opening of a version comment: did the source run what is in it?
  using Executed = std::function<bool(std::string_view opening)>;

  // `text` must outlive the rewriter.
  Rewriter(std::string_view text, sql::LexerOptions options, const Executed& executed);

  [[nodiscard]] std::size_t size() const { return live_.size(); }
  // Behind the last token: `end`.
  [[nodiscard]] const sql::Token& at(std::size_t i) const;
  [[nodiscard]] bool is(std::size_t i, std::string_view upper) const { return at(i).is(upper); }
  [[nodiscard]] bool is_name(std::size_t i) const;
  // The `)` of the `(` at `open`; size() when there is none.
  [[nodiscard]] std::size_t close_of(std::size_t open) const;
  // The first token from `i` on, before `end` and outside parentheses, that is `upper`; `end` when none is.
  [[nodiscard]] std::size_t find(std::size_t i, std::size_t end, std::string_view upper) const;
  // Behind a name with its dots: app.t, `t`.
  [[nodiscard]] std::size_t behind_name(std::size_t i) const;

  void erase(std::size_t begin, std::size_t end);  // [begin, end)
  void replace(std::size_t i, std::string text);
  void put_before(std::size_t i, const std::string& text);
  void put_behind(std::size_t i, const std::string& text);

  // False when the text is not lexically complete: it is not to be changed then.
  [[nodiscard]] bool whole() const { return whole_; }
  [[nodiscard]] bool changed() const { return changed_; }
  [[nodiscard]] std::string text() const;

 private:
  struct Piece {
    sql::Token token;
    std::string before;
    std::optional<std::string> instead;
    std::string behind;
  };
  Piece& piece(std::size_t i) { return pieces_[live_[i]]; }

  std::string_view text_;
  std::vector<Piece> pieces_;
  std::vector<std::size_t> live_;
  sql::Token end_;
  bool whole_ = true;
  bool changed_ = false;
};

}  // namespace dw::load
