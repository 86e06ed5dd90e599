#include "common/sql/statement.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <optional>
#include <utility>

#include "common/sql/body.h"
#include "common/sql/classifier.h"
#include "common/sql/word_table.h"

namespace dw::sql {

Statement::Statement() = default;  // here: the one that is given by itself fills it with zeros first

Classifier::Classifier(const TokenList& tokens, Statement& statement)
    : tokens_(tokens), statement_(statement), scan_(tokens, statement) {}

void Classifier::become(StatementClass cls, Verb verb, bool commits) {
  statement_.cls = cls;
  statement_.verb = verb;
  statement_.commits = commits;
}

// Nothing that was found so far can be relied on.
void Classifier::unparsed() {
  become(StatementClass::unparsed, Verb::none);
  statement_.temporary = false;
}

bool Classifier::is_word(std::size_t i, std::string_view upper) const {
  return at(i).kind == CompactKind::word && equals_ignoring_case(at(i).text(), upper);
}

void Classifier::run() {
  dispatch(0);
}

void Classifier::dispatch(std::size_t i) {
  constexpr int kMostPrefixes = 8;
  if (++prefixes_ > kMostPrefixes) return unparsed();
  std::size_t first = i;
  while (is(first, CompactKind::open)) ++first;
  if (first != i) {
    const bool known =
        is(first, K::k_select) || is(first, K::k_with) || is(first, K::k_values) || is(first, K::k_table);
    if (!known) return unparsed();
    return query(i, is(first, K::k_values)  ? Verb::values
                    : is(first, K::k_table) ? Verb::table
                    : is(first, K::k_with)  ? Verb::with
                                            : Verb::select);
  }
  switch (at(i).keyword) {
    case K::k_select:
      return query(i, Verb::select);
    case K::k_values:
      return query(i, Verb::values);
    case K::k_table:
      return query(i, Verb::table);
    case K::k_with:
      return with(i);
    case K::k_insert:
      return insert(i, Verb::insert);
    case K::k_replace:
      return insert(i, Verb::replace);
    case K::k_update:
      return update(i);
    case K::k_delete:
      return delete_rows(i);
    case K::k_load:
      return load(i);
    case K::k_import:
      return is(i + 1, K::k_table) ? become(StatementClass::change, Verb::import_table, true) : unparsed();
    case K::k_call:
      return call(i);
    case K::k_do:
      become(StatementClass::change, Verb::do_);
      scan_.run(i + 1, tokens_.size());
      return scan_.broken() || ends_at(i + 1) ? unparsed() : void();
    case K::k_truncate:
      return truncate(i);
    case K::k_handler:
      return handler(i);
    case K::k_create:
      return create(i);
    case K::k_alter:
      return alter(i);
    case K::k_drop:
      return drop(i);
    case K::k_rename:
      return rename(i);
    case K::k_grant:
    case K::k_revoke:
      return become(StatementClass::account, Verb::account, true);
    case K::k_set:
      return set(i);
    case K::k_use:
      if (!at(i + 1).is_name() || !ends_at(i + 2)) return unparsed();
      become(StatementClass::session_state, Verb::use);
      statement_.name = name_of(at(i + 1));
      return;
    case K::k_prepare:
    case K::k_execute:
    case K::k_deallocate:
      return prepared(i);
    case K::k_show:
      return become(StatementClass::read, Verb::show);
    case K::k_help:
      return become(StatementClass::read, Verb::help);
    case K::k_get:
      return become(StatementClass::read, Verb::show);  // GET DIAGNOSTICS
    case K::k_explain:
    case K::k_describe:
    case K::k_desc:
      return explain(i);
    case K::k_analyze:
      if (is(i + 1, K::k_format) && is(i + 2, CompactKind::equals)) return dispatch(i + 4);
      if (is(i + 1, K::k_select) || is(i + 1, K::k_update) || is(i + 1, K::k_delete) ||
          is(i + 1, K::k_insert) || is(i + 1, K::k_replace) || is(i + 1, K::k_with) ||
          is(i + 1, CompactKind::open)) {
        return dispatch(i + 1);  // MariaDB: it runs
      }
      return maintenance(i, Verb::analyze_table, true);
    case K::k_check:
      return maintenance(i, Verb::check_table, true);
    case K::k_checksum:
      return maintenance(i, Verb::checksum_table, false);
    case K::k_optimize:
      return maintenance(i, Verb::optimize_table, true);
    case K::k_repair:
      return maintenance(i, Verb::repair_table, true);
    case K::k_lock:
    case K::k_unlock:
      return lock(i);
    default:
      break;
  }
  if (administration(i)) return;
  const bool starts_transaction = is(i, K::k_start) && is(i + 1, K::k_transaction);
  if (is(i, K::k_start) && !starts_transaction) return unparsed();
  transaction(i);
}

namespace {

bool is_blank(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

bool has_nul(std::string_view text) {
  return !text.empty() && std::memchr(text.data(), 0, text.size()) != nullptr;
}

// A byte that may be the first of a pair, whose second is not what it seems.
bool has_pairs(std::string_view text, Charset charset) {
  return charset != Charset::ascii_safe &&
         std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
}

// One piece of a packet at a time.
class Cutter {
 public:
  Cutter(std::string_view packet, LexerOptions options)
      : packet_(packet), lexer_(packet, with_comments(options)), options_(options) {}

  [[nodiscard]] bool done() const { return done_; }

  // False at the end of the packet.
  bool next(Statement& statement) {
    if (done_) return false;
    tokens_.clear();
    body_.clear();
    const std::size_t begin = lexer_.offset();
    std::size_t end = packet_.size();
    bool in_version_comment = false;
    for (;;) {
      const Token token = lexer_.next();
      if (token.kind == TokenKind::end) {
        done_ = true;
        break;
      }
      if (token.kind == TokenKind::version_comment) in_version_comment = true;
      if (token.kind == TokenKind::version_comment_end) in_version_comment = false;
      if (token.kind == TokenKind::punctuation && token.text[0] == ';') {
        body_.advance(tokens_);
        if (!body_.open() && !in_version_comment) {
          end = lexer_.offset() - 1;
          break;
        }
      }
      tokens_.append(token);
    }
    statement.text = trimmed(packet_.substr(begin, end - begin));
    fill(statement);
    return true;
  }

 private:
  static LexerOptions with_comments(LexerOptions options) {
    options.keep_comments = true;
    return options;
  }

  void fill(Statement& statement) {
    // At the end of a text "--" is a comment, before a ";" it is two signs.
    statement.self_contained = !tokens_.has_comment && !tokens_.has_version_comment &&
                               !tokens_.has_backslash && !tokens_.unterminated &&
                               !statement.text.ends_with("--") && !has_nul(statement.text) &&
                               !has_pairs(statement.text, options_.charset);
    if (tokens_.unterminated || statement.text.size() > std::numeric_limits<std::uint32_t>::max()) {
      statement.cls = StatementClass::unparsed;
      return;
    }
    if (tokens_.size() == 0) return;
    body_.advance(tokens_);
    // Oracle's bodies begin and end otherwise.
    const bool foreign_body = options_.oracle && body_.has_body();
    if (body_.open() || foreign_body || (tokens_.has_semicolon && !body_.has_body())) {
      statement.cls = StatementClass::unparsed;
    } else if (body_.anonymous()) {
      statement.cls = StatementClass::change;
    } else {
      Classifier(tokens_, statement).run();
    }
    if (tokens_.has_version_comment) statement.doubts |= doubt_version_comment;
  }

  std::string_view packet_;
  Lexer lexer_;
  TokenList tokens_;
  BodyTracker body_;
  LexerOptions options_;
  bool done_ = false;
};

}  // namespace

Statement classify(std::string_view text, LexerOptions options) {
  std::vector<Statement> statements = parse_packet(text, options);
  return statements.size() == 1 ? std::move(statements.front()) : unreadable(text);
}

Statement unreadable(std::string_view text) {
  Statement statement;
  statement.text = trimmed(text);
  statement.cls = StatementClass::unparsed;
  return statement;
}

namespace {

// `piece` with all that stands behind it in the packet.
void refuse_from(Statement& piece, std::string_view packet) {
  piece.text = trimmed(packet.substr(static_cast<std::size_t>(piece.text.data() - packet.data())));
  piece.cls = StatementClass::unparsed;
  piece.verb = Verb::none;
  piece.commits = piece.temporary = piece.self_contained = false;
}

}  // namespace

std::vector<Statement> parse_packet(std::string_view packet, LexerOptions options) {
  std::vector<Statement> statements(1);  // the last one is the piece at hand
  Cutter cutter(packet, options);
  std::optional<Statement> first_empty;
  while (cutter.next(statements.back())) {
    Statement& piece = statements.back();
    Statement* before = statements.size() > 1 ? &piece - 1 : nullptr;
    if (before != nullptr && before->cls == StatementClass::unparsed) {
      // Part of what was refused; its tables may be changed all the same.
      before->writes.insert(before->writes.end(), piece.writes.begin(), piece.writes.end());
      piece = Statement{};
    } else if (piece.cls != StatementClass::empty) {
      if (first_empty || piece.cls == StatementClass::unparsed) refuse_from(piece, packet);
      if (cutter.done()) return statements;
      statements.emplace_back();
    } else {
      if (!first_empty) first_empty = piece;
      piece = Statement{};
    }
  }
  if (statements.size() > 1) {
    statements.pop_back();
  } else if (first_empty) {
    statements.back() = std::move(*first_empty);
  }
  return statements;
}

const char* to_string(StatementClass cls) {
  switch (cls) {
    case StatementClass::empty:
      return "empty";
    case StatementClass::read:
      return "read";
    case StatementClass::change:
      return "change";
    case StatementClass::destructive:
      return "destructive";
    case StatementClass::schema:
      return "schema";
    case StatementClass::transaction_control:
      return "transaction_control";
    case StatementClass::session_state:
      return "session_state";
    case StatementClass::account:
      return "account";
    case StatementClass::administration:
      return "administration";
    case StatementClass::unparsed:
      return "unparsed";
  }
  return "unparsed";
}

}  // namespace dw::sql
