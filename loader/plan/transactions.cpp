#include "loader/plan/transactions.h"

#include <algorithm>
#include <cctype>

namespace dw::load {
namespace {

using sql::StatementClass;
using sql::Verb;

bool changes_rows(const sql::Statement& statement) {
  return statement.cls == StatementClass::change || statement.cls == StatementClass::destructive;
}

// The words of an XA statement: "XA", "PREPARE", "'id'" …
std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> out;
  sql::Lexer lexer(text);
  for (sql::Token token = lexer.next(); token.kind != sql::TokenKind::end; token = lexer.next()) {
    out.emplace_back(token.text);
    if (token.kind == sql::TokenKind::unterminated) break;
  }
  return out;
}

// Savepoint names are compared without case (both servers use utf8_general_ci for identifiers of this kind).
std::string folded(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  return name;
}

bool same_word(const std::string& left, const char* upper) {
  sql::Token token;
  token.kind = sql::TokenKind::word;
  token.text = left;
  return token.is(upper);
}

}  // namespace

void Transactions::finish(Transaction& transaction, Fate fate) {
  for (const std::size_t number : transaction.statements) {
    Fate& known = fates_[number];
    if (known != Fate::rolled_back) known = fate;  // ROLLBACK TO has decided already
  }
}

void Transactions::finish(std::uint64_t thread, Fate fate) {
  const auto found = open_.find(thread);
  if (found == open_.end()) return;
  finish(found->second, fate);
  open_.erase(found);
}

void Transactions::end_session(std::uint64_t thread) {
  finish(thread, Fate::rolled_back);
}

void Transactions::observe_xa(std::uint64_t thread, const sql::Statement& statement) {
  const std::vector<std::string> words = words_of(statement.text);
  if (words.size() < 3) return;
  std::string id;
  for (std::size_t i = 2; i < words.size() && !same_word(words[i], "ONE"); ++i) id += words[i];
  const bool one_phase =
      std::any_of(words.begin(), words.end(), [](const auto& w) { return same_word(w, "ONE"); });
  if (same_word(words[1], "START") || same_word(words[1], "BEGIN")) {
    finish(thread, Fate::committed);
    open_[thread];
  } else if (same_word(words[1], "PREPARE")) {
    const auto found = open_.find(thread);
    if (found == open_.end()) return;
    prepared_[id] = std::move(found->second);
    open_.erase(found);
  } else if (same_word(words[1], "COMMIT") || same_word(words[1], "ROLLBACK")) {
    const Fate fate = same_word(words[1], "COMMIT") ? Fate::committed : Fate::rolled_back;
    const auto found = prepared_.find(id);
    if (found != prepared_.end()) {
      finish(found->second, fate);
      prepared_.erase(found);
    } else if (one_phase || fate == Fate::rolled_back) {
      finish(thread, fate);
    }
  }
}

void Transactions::observe(std::size_t number, std::uint64_t thread, const Session& before,
                           const sql::Statement& statement) {
  if (statement.commits) finish(thread, Fate::committed);
  switch (statement.verb) {
    case Verb::begin:
      open_[thread];
      return;
    case Verb::commit:
      finish(thread, Fate::committed);
      if (statement.chain) open_[thread];
      return;
    case Verb::rollback:
      finish(thread, Fate::rolled_back);
      if (statement.chain) open_[thread];
      return;
    case Verb::set_autocommit:
      if (statement.autocommit_value && !before.autocommit) finish(thread, Fate::committed);
      return;
    case Verb::xa:
      observe_xa(thread, statement);
      return;
    default:
      break;
  }
  auto found = open_.find(thread);
  if (found == open_.end() && before.in_transaction && !statement.commits) {
    found = open_.emplace(thread, Transaction{}).first;  // it began in an earlier batch
    found->second.carried = true;
  }
  const std::string name = folded(statement.name);
  if (statement.verb == Verb::savepoint) {
    if (found == open_.end()) return;
    auto& points = found->second.savepoints;
    std::erase_if(points, [&](const auto& point) { return point.first == name; });
    points.emplace_back(name, found->second.statements.size());
  } else if (statement.verb == Verb::rollback_to_savepoint) {
    if (found == open_.end()) return;
    auto& [statements, points, carried] = found->second;
    const auto point =
        std::find_if(points.begin(), points.end(), [&](const auto& p) { return p.first == name; });
    // A savepoint that is not known was set in an earlier batch, and all that is here came after it; or there
    // is none of that name, and production gave an error.
    if (point == points.end() && !carried) return;
    const std::size_t keep = point == points.end() ? 0 : point->second;
    for (std::size_t i = keep; i < statements.size(); ++i) fates_[statements[i]] = Fate::rolled_back;
    statements.resize(keep);
    if (point != points.end()) points.erase(point + 1, points.end());
  } else if (changes_rows(statement) && !statement.commits) {
    if (found == open_.end() && before.autocommit) return;
    if (found == open_.end()) found = open_.emplace(thread, Transaction{}).first;
    found->second.statements.push_back(number);
    fates_[number] = Fate::open;
  }
}

Fate Transactions::fate(std::size_t number) const {
  const auto found = fates_.find(number);
  return found == fates_.end() ? Fate::committed : found->second;
}

std::vector<std::uint64_t> Transactions::open_threads() const {
  std::vector<std::uint64_t> out;
  for (const auto& [thread, transaction] : open_) {
    if (!transaction.statements.empty()) out.push_back(thread);
  }
  return out;
}

std::size_t Transactions::first_open(std::size_t none) const {
  std::size_t first = none;
  const auto consider = [&](const Transaction& transaction) {
    if (!transaction.statements.empty()) first = std::min(first, transaction.statements.front());
  };
  for (const auto& [thread, transaction] : open_) consider(transaction);
  for (const auto& [id, transaction] : prepared_) consider(transaction);
  return first;
}

}  // namespace dw::load
