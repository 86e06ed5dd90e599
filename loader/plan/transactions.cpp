#include "loader/plan/transactions.h"

#include <algorithm>

#include "loader/plan/transaction_rules.h"

namespace dw::load {
namespace {

using sql::StatementClass;
using sql::Verb;
using End = TransactionEffect::End;

// A deadlock takes back its victim's whole transaction and leaves no trace; that the client begins anew
// without having ended the old one is its sign (facts.md, "What a row is").
constexpr std::string_view kBeginInside =
    "its transaction was ended by another BEGIN: the sign of a deadlock, which would have taken it back";
constexpr std::string_view kEndUnseen =
    "its transaction is over, and the log does not say how: a deadlock or a connection that was reset takes "
    "it back";
constexpr std::string_view kNotUnderstood =
    "rolled back, but its transaction held a text that is not understood and may have committed";
constexpr std::string_view kRefused =
    "production refuses it: a change in a read-only transaction, or one that XA does not allow";

Fate fate_of(End end) {
  return end == End::commit ? Fate::committed : Fate::rolled_back;
}

}  // namespace

Transactions::Transactions(bool default_autocommit, const std::vector<HeldTransaction>& held)
    : default_autocommit_(default_autocommit) {
  for (const HeldTransaction& one : held) {
    if (is_wait(one.key)) continue;
    Transaction& transaction = one.thread ? open_[*one.thread] : prepared_[one.xid];
    transaction.thread = one.thread.value_or(0);
    transaction.touched = true;
    transaction.held = one.key;
  }
}

Transactions::Transaction& Transactions::current(std::uint64_t thread, const Session& before) {
  const auto [place, is_new] = open_.try_emplace(thread);
  if (is_new) {  // it began in an earlier batch, or begins by itself under autocommit=0
    place->second.thread = thread;
    place->second.savepoints = Savepoints(before.savepoints);
  }
  return place->second;
}

void Transactions::end(std::size_t number, Transaction& transaction, Fate fate, std::string_view suspicion) {
  if (!transaction.held.empty()) {
    HeldStep step{.unit = number, .key = transaction.held, .suspicion = suspicion};
    step.action = fate == Fate::committed ? HeldStep::Action::commit : HeldStep::Action::roll_back;
    if (fate == Fate::rolled_back && transaction.undecided > 0) step.suspicion = kNotUnderstood;
    steps_.push_back(std::move(step));
    return;
  }
  for (std::size_t i = 0; i < transaction.statements.size(); ++i) {
    const std::size_t statement = transaction.statements[i];
    fates_[statement] = fate;
    if (!suspicion.empty()) suspicions_[statement] = suspicion;
    if (fate == Fate::rolled_back && i < transaction.undecided) suspicions_[statement] = kNotUnderstood;
  }
}

void Transactions::end(std::size_t number, std::uint64_t thread, Fate fate, std::string_view suspicion) {
  first_ends_.try_emplace(thread, fate);
  const auto found = open_.find(thread);
  if (found == open_.end()) return;
  end(number, found->second, fate, suspicion);
  open_.erase(found);
}

void Transactions::observe_call(std::size_t number, std::uint64_t thread, const CallEffect& effect) {
  end(number, thread, effect.commits ? Fate::committed : Fate::rolled_back);
}

void Transactions::end_session(std::size_t number, std::uint64_t thread) {
  end(number, thread, Fate::rolled_back);
}

void Transactions::end_unseen(std::size_t number, std::uint64_t thread) {
  end(number, thread, Fate::committed, kEndUnseen);
}

std::vector<std::uint64_t> Transactions::changing_threads() const {
  std::vector<std::uint64_t> out;
  for (const auto& [thread, transaction] : open_) {
    if (!transaction.held.empty() || !transaction.statements.empty()) out.push_back(thread);
  }
  return out;
}

void Transactions::prepare(std::size_t number, std::uint64_t thread, const std::string& xid) {
  const auto found = open_.find(thread);
  if (found == open_.end()) return;
  Transaction transaction = std::move(found->second);
  open_.erase(found);
  transaction.prepared_at = number;
  transaction.xid = xid;
  if (!transaction.held.empty()) {
    steps_.push_back({HeldStep::Action::rename, number, transaction.held, held_key(xid)});
    transaction.held = held_key(xid);
  }
  prepared_[xid] = std::move(transaction);
}

void Transactions::settle(std::size_t number, const std::string& xid, Fate fate) {
  const auto found = prepared_.find(xid);
  if (found == prepared_.end()) return;
  end(number, found->second, fate, {});
  prepared_.erase(found);
}

void Transactions::keep_held(std::size_t number, const std::string& key) {
  fates_[number] = Fate::held;
  held_keys_[number] = key;
}

void Transactions::follow_savepoint(std::size_t number, Transaction& transaction,
                                    const sql::Statement& statement) {
  if (!transaction.held.empty()) return keep_held(number, transaction.held);
  if (transaction.touched) transaction.savepoint_statements.push_back(number);
  auto& statements = transaction.statements;
  const auto back_to = transaction.savepoints.follow(statement, statements.size());
  if (!back_to) return;
  for (std::size_t i = *back_to; i < statements.size(); ++i) fates_[statements[i]] = Fate::rolled_back;
  statements.resize(*back_to);
  transaction.undecided = std::min(transaction.undecided, statements.size());
}

void Transactions::add_change(std::size_t number, Transaction& transaction, const sql::Statement& statement,
                              Micros time) {
  if (!transaction.held.empty()) return keep_held(number, transaction.held);
  if (transaction.statements.empty()) {
    transaction.since = time;
  } else {
    seen_[number] = transaction.statements.back();
  }
  transaction.statements.push_back(number);
  transaction.bytes += statement.text.size();
  transaction.touched = true;
  fates_[number] = Fate::open;
}

void Transactions::observe(std::size_t number, std::uint64_t thread, const Session& before,
                           const sql::Statement& statement, Micros time) {
  if (statement.cls == StatementClass::unparsed) {
    const auto found = open_.find(thread);
    if (found != open_.end())
      found->second.undecided = std::max<std::size_t>(found->second.statements.size(), 1);
    return;
  }
  const TransactionEffect effect = effect_of(before, statement, default_autocommit_);
  if (effect.refused) {
    if (!changes_rows(statement) && !statement.commits) return;
    fates_[number] = Fate::refused;
    suspicions_[number] = kRefused;
    return;
  }
  if (effect.settles != End::none) return settle(number, effect.xid, fate_of(effect.settles));
  if (effect.end == End::prepare) return prepare(number, thread, effect.xid);
  if (effect.end != End::none) {
    const bool begins_inside = statement.verb == Verb::begin;
    end(number, thread, fate_of(effect.end), begins_inside ? kBeginInside : std::string_view{});
    if (effect.opens) open_[thread].thread = thread;
  } else if (is_savepoint(statement) && effect.opens) {
    follow_savepoint(number, current(thread, before), statement);
  } else if (changes_rows(statement) && effect.opens) {
    add_change(number, current(thread, before), statement, time);
  }
}

// The key is the session's also where XA PREPARE follows in this batch: it may lie behind the watermark.
void Transactions::hold(Transaction& transaction) {
  const std::string key = held_key(transaction.thread);
  for (const std::size_t number : transaction.statements) keep_held(number, key);
  for (const std::size_t number : transaction.savepoint_statements) keep_held(number, key);
  transaction.held = key;
  if (!transaction.prepared_at) return;
  transaction.held = held_key(transaction.xid);
  steps_.push_back({HeldStep::Action::rename, *transaction.prepared_at, key, transaction.held});
}

std::vector<Transactions::Transaction*> Transactions::waiting() {
  std::vector<Transaction*> out;
  const auto consider = [&](Transaction& one) {
    if (one.held.empty() && !one.statements.empty()) out.push_back(&one);
  };
  for (auto& [thread, transaction] : open_) consider(transaction);
  for (auto& [xid, transaction] : prepared_) consider(transaction);
  return out;
}

void Transactions::set_aside(const HoldRule& rule, Micros now) {
  for (Transaction* one : waiting()) {
    if (now - one->since >= rule.after || one->bytes > rule.bytes) hold(*one);
  }
}

void Transactions::set_aside_first() {
  const std::vector<Transaction*> all = waiting();
  const auto first = std::min_element(all.begin(), all.end(), [](const auto* left, const auto* right) {
    return left->statements.front() < right->statements.front();
  });
  if (first != all.end()) hold(**first);
}

Fate Transactions::fate(std::size_t number) const {
  const auto found = fates_.find(number);
  return found == fates_.end() ? Fate::committed : found->second;
}

std::optional<Fate> Transactions::first_end(std::uint64_t thread) const {
  const auto found = first_ends_.find(thread);
  return found == first_ends_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<std::size_t> Transactions::undone_before(std::size_t number) const {
  const auto found = seen_.find(number);
  if (found == seen_.end() || fate(found->second) != Fate::rolled_back) return std::nullopt;
  return found->second;
}

std::string_view Transactions::suspicion(std::size_t number) const {
  const auto found = suspicions_.find(number);
  return found == suspicions_.end() ? std::string_view{} : found->second;
}

std::vector<HeldStep> Transactions::steps() const {
  std::vector<HeldStep> out = steps_;
  std::stable_sort(out.begin(), out.end(),
                   [](const HeldStep& left, const HeldStep& right) { return left.unit < right.unit; });
  return out;
}

std::size_t Transactions::open_count() const {
  std::size_t count = 0;
  const auto consider = [&](const Transaction& one) {
    count += one.held.empty() && !one.statements.empty() ? 1U : 0U;
  };
  for (const auto& [thread, transaction] : open_) consider(transaction);
  for (const auto& [xid, transaction] : prepared_) consider(transaction);
  return count;
}

std::size_t Transactions::first_open(std::size_t none) const {
  std::size_t first = none;
  const auto consider = [&](const Transaction& one) {
    if (one.held.empty() && !one.statements.empty()) first = std::min(first, one.statements.front());
  };
  for (const auto& [thread, transaction] : open_) consider(transaction);
  for (const auto& [xid, transaction] : prepared_) consider(transaction);
  return first;
}

}  // namespace dw::load
