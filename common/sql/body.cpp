#include "common/sql/body.h"

#include "common/sql/word_table.h"

namespace dw::sql {

namespace {

using K = Keyword;

bool is_colon(const CompactToken& token) {
  return token.kind == CompactKind::other && token.length == 1 && *token.begin == ':';
}

// Words that can start only a simple statement: behind them a routine's header is over.
bool starts_simple_statement(K keyword) {
  switch (keyword) {
    case K::k_return:
    case K::k_insert:
    case K::k_update:
    case K::k_delete:
    case K::k_replace:
    case K::k_select:
    case K::k_call:
    case K::k_with:
    case K::k_truncate:
    case K::k_signal:
    case K::k_create:
    case K::k_alter:
    case K::k_drop:
    case K::k_do:
    case K::k_grant:
    case K::k_revoke:
      return true;
    default:
      return false;
  }
}

bool equals_word(const CompactToken& token, std::string_view word) {
  return token.kind == CompactKind::word && equals_ignoring_case(token.text(), word);
}

// Of most tokens a body knows only that a statement has begun.
bool is_plain(const CompactToken& token) {
  return token.keyword == K::k_none && token.kind != CompactKind::open && token.kind != CompactKind::close &&
         token.kind != CompactKind::semicolon && token.kind != CompactKind::other;
}

bool is_body_word(K keyword) {
  return keyword == K::k_begin || keyword == K::k_if || keyword == K::k_case || keyword == K::k_loop ||
         keyword == K::k_repeat || keyword == K::k_while || keyword == K::k_for;
}

// In DECLARE … HANDLER FOR condition, condition statement: the word at i is the statement's first.
bool ends_conditions(const TokenList& tokens, std::size_t i) {
  const CompactToken& before = tokens.at(i - 1);
  if (before.is(K::k_for) || before.is(CompactKind::comma)) return false;
  if (tokens.at(i).is(K::k_value) && before.is(K::k_sqlstate)) return false;
  return !(before.is(K::k_not) && equals_word(tokens.at(i), "found"));
}

}  // namespace

void BodyTracker::clear() {
  kind_ = Kind::none;
  started_ = package_ = header_ = parameters_seen_ = statement_may_start_ = in_handler_ = false;
  next_ = skip_until_ = parentheses_ = body_token_ = 0;
  blocks_.clear();
}

// Tells from the first words what the statement can hold.
void BodyTracker::start(const TokenList& tokens) {
  started_ = true;
  const K first = tokens.at(0).keyword;
  if (first == K::k_create || first == K::k_alter) {
    // CREATE OR REPLACE DEFINER = `a`@`b` AGGREGATE FUNCTION: the object is among the first words.
    for (std::size_t i = 1; i < 16; ++i) {
      const CompactToken& token = tokens.at(i);
      if (token.is(CompactKind::end)) return;
      if (token.is(K::k_procedure) || token.is(K::k_function)) kind_ = Kind::routine;
      if (token.is(K::k_trigger)) kind_ = Kind::trigger;
      if (token.is(K::k_event)) kind_ = Kind::event;
      if (token.is(K::k_package)) package_ = true;
      if (kind_ != Kind::none || package_) {
        next_ = i + 1;
        break;
      }
      if (token.is(K::k_table) || token.is(K::k_view) || token.is(K::k_index) || token.is(K::k_user)) return;
    }
    if (first == K::k_alter && kind_ != Kind::event) kind_ = Kind::none;
    header_ = kind_ != Kind::none;
    return;
  }
  std::size_t i = 0;
  if (tokens.at(0).is_name() && is_colon(tokens.at(1))) i = 2;
  const K word = tokens.at(i).keyword;
  const bool block = is_body_word(word) && (word != K::k_begin || i > 0 || tokens.at(1).is(K::k_not));
  if (!block) return;
  kind_ = Kind::anonymous;
  statement_may_start_ = true;
  next_ = i;
}

void BodyTracker::advance(const TokenList& tokens) {
  if (!started_) start(tokens);
  if (kind_ == Kind::none) return;
  for (; next_ < tokens.size(); ++next_) {
    if (next_ < skip_until_) continue;
    if (header_) {
      read_header(tokens, next_);
    } else if (is_plain(tokens.at(next_)) && !in_handler_) {
      statement_may_start_ = false;
    } else {
      read(tokens, next_);
    }
  }
}

// Looks for the place where the body starts.
void BodyTracker::read_header(const TokenList& tokens, std::size_t i) {
  const CompactToken& token = tokens.at(i);
  if (token.is(CompactKind::open)) ++parentheses_;
  if (token.is(CompactKind::close) && parentheses_ > 0) {
    --parentheses_;
    parameters_seen_ = true;
    return;
  }
  if (parentheses_ > 0) return;
  switch (kind_) {
    case Kind::event:
      if (token.is(K::k_do)) {
        header_ = false;
        body_token_ = i + 1;
        statement_may_start_ = true;
      }
      return;
    case Kind::trigger:
      if (token.is(K::k_row) && tokens.at(i - 1).is(K::k_each)) {
        header_ = false;
        statement_may_start_ = true;
        const bool follows =
            equals_word(tokens.at(i + 1), "follows") || equals_word(tokens.at(i + 1), "precedes");
        if (follows) skip_until_ = i + 3;
        body_token_ = follows ? i + 3 : i + 1;
      }
      return;
    default:
      if (!parameters_seen_ || tokens.at(i - 1).is(CompactKind::dot)) return;
      if (starts_simple_statement(token.keyword)) {
        header_ = false;
        statement_may_start_ = false;
        body_token_ = i;
      } else if (is_body_word(token.keyword) || is_colon(tokens.at(i + 1))) {
        header_ = false;
        statement_may_start_ = true;
        body_token_ = i;
        read(tokens, i);
      }
  }
}

void BodyTracker::read(const TokenList& tokens, std::size_t i) {
  const CompactToken& token = tokens.at(i);
  if (in_handler_ && token.kind == CompactKind::word && ends_conditions(tokens, i)) {
    in_handler_ = false;
    statement_may_start_ = true;
  }
  const bool at_start = statement_may_start_;
  statement_may_start_ = false;
  switch (token.kind) {
    case CompactKind::open:
      ++parentheses_;
      return;
    case CompactKind::close:
      if (parentheses_ > 0) --parentheses_;
      return;
    case CompactKind::semicolon:
      statement_may_start_ = true;
      in_handler_ = false;
      parentheses_ = 0;
      return;
    case CompactKind::other:
      statement_may_start_ = is_colon(token);  // behind a label
      return;
    case CompactKind::word:
      if (token.keyword != K::k_none) read_keyword(tokens, i, at_start);
      return;
    default:
      return;
  }
}

void BodyTracker::read_keyword(const TokenList& tokens, std::size_t i, bool at_start) {
  switch (tokens.at(i).keyword) {
    case K::k_case:
      blocks_.push_back(at_start ? Block::case_statement : Block::case_expression);
      return;
    case K::k_begin:
    case K::k_if:
    case K::k_loop:
    case K::k_repeat:
    case K::k_while:
    case K::k_for:
      if (at_start && parentheses_ == 0) open_block(tokens, i);
      return;
    case K::k_then:
    case K::k_else:
      statement_may_start_ = top_is(Block::if_) || top_is(Block::case_statement);
      return;
    case K::k_do:
      statement_may_start_ = !at_start && (top_is(Block::while_) || top_is(Block::for_));
      return;
    case K::k_handler:
      // DECLARE CONTINUE HANDLER FOR conditions statement
      if (i >= 2 && tokens.at(i - 2).is(K::k_declare) && tokens.at(i + 1).is(K::k_for)) {
        in_handler_ = true;
        skip_until_ = i + 2;
      }
      return;
    case K::k_end:
      if (top_is(Block::case_expression) || at_start ||
          (top_is(Block::repeat) && tokens.at(i + 1).is(K::k_repeat))) {
        close_block(tokens, i);
      }
      return;
    default:
      return;
  }
}

void BodyTracker::open_block(const TokenList& tokens, std::size_t i) {
  Block block = Block::begin;
  bool inner_starts = true;
  switch (tokens.at(i).keyword) {
    case K::k_if:
      block = Block::if_;
      inner_starts = false;
      break;
    case K::k_while:
      block = Block::while_;
      inner_starts = false;
      break;
    case K::k_for:
      block = Block::for_;
      inner_starts = false;
      break;
    case K::k_loop:
      block = Block::loop;
      break;
    case K::k_repeat:
      block = Block::repeat;
      break;
    default:
      if (tokens.at(i + 1).is(K::k_not) && tokens.at(i + 2).is(K::k_atomic)) skip_until_ = i + 3;
      break;
  }
  blocks_.push_back(block);
  statement_may_start_ = inner_starts;
}

// At END: the words behind it (END CASE, END IF, a label) open nothing.
void BodyTracker::close_block(const TokenList& tokens, std::size_t i) {
  if (blocks_.empty()) return;
  const Block block = blocks_.back();
  blocks_.pop_back();
  if (block == Block::case_expression || block == Block::begin) return;
  if (is_body_word(tokens.at(i + 1).keyword)) skip_until_ = i + 2;
}

}  // namespace dw::sql
