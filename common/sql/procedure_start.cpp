#include "common/sql/procedure_start.h"

#include <algorithm>
#include <initializer_list>
#include <vector>

#include "common/sql/tokens.h"

namespace dw::sql {
namespace {

class StartReader {
 public:
  StartReader(std::string_view body, LexerOptions options) : tokens_(tokens_of(body, options)) {}

  bool commits_first() {
    begin_block();
    while (is(i_, "DECLARE")) {
      if (!declaration()) return false;
    }
    return is(i_, "COMMIT") || (is(i_, "START") && is(i_ + 1, "TRANSACTION"));
  }

 private:
  [[nodiscard]] bool is(std::size_t i, std::string_view upper) const {
    return i < tokens_.size() && tokens_[i].is(upper);
  }
  [[nodiscard]] bool is_any(std::size_t i, std::initializer_list<std::string_view> words) const {
    return std::any_of(words.begin(), words.end(), [&](std::string_view word) { return is(i, word); });
  }

  // [label:] BEGIN
  bool begin_block() {
    if (is(i_ + 1, ":")) i_ += 2;
    if (!is(i_, "BEGIN")) return false;
    ++i_;
    return true;
  }

  // False when it may fail: a DEFAULT that calls a function or has a query.
  bool declaration() {
    if (is(i_ + 2, "HANDLER")) {
      handler();
      return true;
    }
    bool computes = false;
    bool has_default = false;
    for (; i_ < tokens_.size() && !is(i_, ";"); ++i_) {
      has_default = has_default || is(i_, "DEFAULT");
      computes = computes || (has_default && is(i_, "("));
    }
    ++i_;
    return !computes;
  }

  // DECLARE action HANDLER FOR condition, … statement;
  void handler() {
    i_ += 4;
    for (;; ++i_) {
      if (is(i_, "SQLSTATE")) {
        i_ += is(i_ + 1, "VALUE") ? 3 : 2;
      } else {
        i_ += is(i_, "NOT") ? 2 : 1;  // NOT FOUND, an error's number, a condition's name, …
      }
      if (!is(i_, ",")) break;
    }
    if (begin_block()) behind_block();
    while (i_ < tokens_.size() && !is(i_, ";")) ++i_;
    ++i_;
  }

  // To the END of the block that was begun.
  void behind_block() {
    for (std::size_t depth = 1; i_ < tokens_.size(); ++i_) {
      if (is_any(i_, {"BEGIN", "CASE"})) ++depth;
      if (!is(i_, "END") || is_any(i_ + 1, {"IF", "LOOP", "WHILE", "REPEAT", "FOR"})) continue;
      if (is(i_ + 1, "CASE")) ++i_;
      if (--depth == 0) return;
    }
  }

  std::vector<Token> tokens_;
  std::size_t i_ = 0;
};

}  // namespace

bool commits_first(std::string_view body, LexerOptions options) {
  return StartReader(body, options).commits_first();
}

}  // namespace dw::sql
