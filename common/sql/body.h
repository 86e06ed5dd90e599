// Finds out whether a `;` ends a statement or stands inside its body.
//
// Bodies: CREATE [OR REPLACE] … PROCEDURE | FUNCTION | TRIGGER | EVENT, ALTER EVENT … DO, and MariaDB's
// anonymous blocks (BEGIN NOT ATOMIC, IF, CASE, LOOP, REPEAT, WHILE, FOR at the start, with a label or
// without). MySQL manual 15.6 (compound statements); MariaDB "Using Compound Statements Outside of Stored
// Programs".
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "common/sql/token_list.h"

namespace dw::sql {

class BodyTracker {
 public:
  // Reads the tokens that were added since the last call. To be called at each `;` (before it is added) and
  // at the end.
  void advance(const TokenList& tokens);

  // The tokens read so far leave a block open.
  [[nodiscard]] bool open() const { return package_ || !blocks_.empty(); }

  // A statement with a body, or one that could have one.
  [[nodiscard]] bool has_body() const { return kind_ != Kind::none; }
  // A block that runs at once, with no CREATE.
  [[nodiscard]] bool anonymous() const { return kind_ == Kind::anonymous; }

  // Index of the body's first token; 0 while it has not been met.
  [[nodiscard]] std::size_t body_token() const { return body_token_; }

  void clear();

 private:
  enum class Kind : std::uint8_t { none, routine, trigger, event, anonymous };
  // What opened the block. An expression's CASE ends with END, a statement's with END CASE.
  enum class Block : std::uint8_t { begin, case_expression, case_statement, if_, loop, repeat, while_, for_ };

  void start(const TokenList& tokens);
  void read(const TokenList& tokens, std::size_t i);
  void read_keyword(const TokenList& tokens, std::size_t i, bool at_start);
  void read_header(const TokenList& tokens, std::size_t i);
  void open_block(const TokenList& tokens, std::size_t i);
  void close_block(const TokenList& tokens, std::size_t i);
  [[nodiscard]] bool top_is(Block block) const { return !blocks_.empty() && blocks_.back() == block; }

  Kind kind_ = Kind::none;
  bool started_ = false;
  bool package_ = false;  // Oracle's packages are not understood: never cut
  bool header_ = false;   // still before the body's first statement
  bool parameters_seen_ = false;
  bool statement_may_start_ = false;
  bool in_handler_ = false;  // between DECLARE … HANDLER FOR and the handler's statement
  std::size_t next_ = 0;
  std::size_t body_token_ = 0;
  std::size_t skip_until_ = 0;
  std::size_t parentheses_ = 0;
  std::vector<Block> blocks_;
};

}  // namespace dw::sql
