#include "loader/plan/lock_waits.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>
#include <sstream>

#include "common/sql/identifiers.h"
#include "loader/plan/planner.h"
#include "loader/plan/transaction_rules.h"

namespace dw::load {
namespace {

using sql::StatementClass;
using sql::Verb;
using Action = HeldStep::Action;

// More holders than these are not waited for: the key has room for 300 bytes.
constexpr std::size_t kMostHolders = 8;
// The least that lock_wait_timeout can be (MySQL manual 7.1.8): who goes on sooner did not give up.
constexpr Micros kLeastTimeout = 1'000'000;

constexpr std::string_view kGaveUp =
    "waited for a table that another session had locked, and gave up before that was unlocked";
constexpr std::string_view kKilled =
    "waited for a table that another session had locked, and was killed before that was unlocked";
constexpr std::string_view kWentOn =
    "its session went on although another one had locked the table: it ran earlier, or not at all";
constexpr std::string_view kUnseen =
    "waited for a table that another session had locked, and when that was unlocked the log does not tell";
constexpr std::string_view kVanished =
    "waited for a table that another session had locked, and its own session ended without a word";

bool contains(const std::vector<std::uint64_t>& threads, std::uint64_t thread) {
  return std::find(threads.begin(), threads.end(), thread) != threads.end();
}

// A CALL's tables are not known, nor are those of a view.
bool may_wait(const sql::Statement& statement) {
  const bool changes = statement.cls == StatementClass::change ||
                       statement.cls == StatementClass::destructive ||
                       statement.cls == StatementClass::schema;
  return changes && !statement.temporary && statement.verb != Verb::call;
}

bool unlocks(const sql::Statement& statement) {
  return statement.verb == Verb::lock_tables || statement.verb == Verb::unlock_tables ||
         statement.verb == Verb::begin || statement.release;
}

bool ends_session(Command command) {
  return command == Command::quit || command == Command::change_user || command == Command::reset_connection;
}

// KILL [HARD | SOFT] [CONNECTION | QUERY] thread
std::optional<std::uint64_t> killed_thread(const sql::Statement& statement) {
  sql::Lexer lexer(statement.text);
  if (!lexer.next().is("KILL")) return std::nullopt;
  sql::Token token = lexer.next();
  while (token.kind == sql::TokenKind::word && !token.is("ID")) token = lexer.next();
  if (token.kind != sql::TokenKind::number) return std::nullopt;
  std::uint64_t thread = 0;
  const char* const end = token.text.data() + token.text.size();
  return std::from_chars(token.text.data(), end, thread).ptr == end ? std::optional(thread) : std::nullopt;
}

}  // namespace

std::string LockWait::key() const {
  std::ostringstream out;
  out << "wait " << number << (definition ? " definition " : " rows ") << (sure ? "sure " : "unsure ")
      << since << " " << thread << " for";
  for (const std::uint64_t holder : holders) out << " " << holder;
  return out.str();
}

LockWait LockWait::from(const std::string& key) {
  LockWait out;
  std::istringstream in(key);
  std::string word;
  std::string kind;
  std::string certainty;
  in >> word >> out.number >> kind >> certainty >> out.since >> out.thread >> word;
  out.definition = kind == "definition";
  out.sure = certainty == "sure";
  for (std::uint64_t holder = 0; in >> holder;) out.holders.insert(holder);
  return out;
}

LockWaits::LockWaits(const Batch& batch, const std::vector<HeldTransaction>& held,
                     const SessionTable& sessions, bool lower_case_names)
    : batch_(batch), lower_case_names_(lower_case_names) {
  for (const auto& [thread, session] : sessions.all()) {
    if (session.tables_locked) lockers_.insert(thread);
  }
  sure_ = lockers_;
  for (const HeldTransaction& one : held) {
    if (!is_wait(one.key)) continue;
    Wait& wait = waits_.emplace_back();
    wait.what = LockWait::from(one.key);
    wait.left = wait.what.holders;
    wait.kept = true;
  }
  std::sort(waits_.begin(), waits_.end(),
            [](const Wait& one, const Wait& other) { return one.what.number < other.what.number; });
  for (std::size_t i = 0; i < waits_.size(); ++i) waiting_[waits_[i].what.thread] = i;
  if (!waits_.empty()) last_number_ = waits_.back().what.number;
}

void LockWaits::begin_row(std::size_t number, std::uint32_t event) {
  event_ = event;
  if (waiting_.empty() && lockers_.empty()) return;
  const Event& row = batch_.events[event];
  // A thread's id comes again only when the server has started anew, which ended all that waited.
  if (row.command == Command::connect &&
      (waiting_.contains(row.thread_id) || lockers_.contains(row.thread_id)))
    return start_anew(number, row.thread_id);
  end(row.thread_id, {Turn::Kind::went_on, number, event, row.thread_id});
  if (!lockers_.contains(row.thread_id)) return;
  sure_.insert(row.thread_id);
  if (ends_session(row.command)) release(number, row.thread_id);
}

void LockWaits::start_anew(std::size_t number, std::uint64_t connected) {
  for (const auto& [thread, wait] : waiting_)
    waits_[wait].turns.push_back({Turn::Kind::killed, number, event_, thread});
  waiting_.clear();
  lockers_.erase(connected);
  sure_.erase(connected);
}

void LockWaits::observe(const sql::Statement& statement, const SessionTable& sessions,
                        const std::vector<Unit>& units) {
  const std::size_t number = units.size();
  const std::uint64_t thread = batch_.events[event_].thread_id;
  // What stands behind it in its packet waits with it.
  if (const auto found = waiting_.find(thread); found != waiting_.end()) {
    by_unit_[number] = found->second;
    return;
  }
  if (lockers_.contains(thread) && unlocks(statement)) release(number, thread);
  if (statement.verb == Verb::lock_tables) lockers_.insert(thread);
  if (lockers_.empty()) return;
  if (statement.cls == StatementClass::administration) return kill(number, statement);
  const Session* session = sessions.find(thread);
  // Who has locked tables can reach no other ones.
  if (session == nullptr || lockers_.contains(thread) || !may_wait(statement)) return;
  std::set<std::uint64_t> holders = holders_of(statement, *session, sessions);
  if (holders.empty() || uses_already(statement, *session, units)) return;
  begin(number, statement, std::move(holders));
}

void LockWaits::begin(std::size_t number, const sql::Statement& statement, std::set<std::uint64_t> holders) {
  while (holders.size() > kMostHolders) holders.erase(std::prev(holders.end()));
  const Event& event = batch_.events[event_];
  Wait& wait = waits_.emplace_back();
  wait.what.number = ++last_number_;
  wait.what.definition = statement.commits;
  wait.what.sure = std::any_of(holders.begin(), holders.end(),
                               [&](std::uint64_t holder) { return sure_.contains(holder); });
  wait.what.since = event.time;
  wait.what.thread = event.thread_id;
  wait.left = holders;
  wait.what.holders = std::move(holders);
  waiting_[event.thread_id] = waits_.size() - 1;
  by_unit_[number] = waits_.size() - 1;
}

void LockWaits::end(std::uint64_t thread, Turn turn) {
  const auto found = waiting_.find(thread);
  if (found == waiting_.end()) return;
  waits_[found->second].turns.push_back(turn);
  waiting_.erase(found);
}

void LockWaits::release(std::size_t number, std::uint64_t holder) {
  lockers_.erase(holder);
  sure_.erase(holder);
  for (auto one = waiting_.begin(); one != waiting_.end();) {
    Wait& wait = waits_[one->second];
    if (wait.left.erase(holder) > 0) wait.turns.push_back({Turn::Kind::released, number, event_, holder});
    one = wait.left.empty() ? waiting_.erase(one) : std::next(one);
  }
}

void LockWaits::kill(std::size_t number, const sql::Statement& statement) {
  if (waiting_.empty()) return;
  if (const auto thread = killed_thread(statement))
    end(*thread, {Turn::Kind::killed, number, event_, *thread});
}

LockWaits::Name LockWaits::folded(const sql::TableName& name, const Session& session) const {
  const std::string& schema = name.schema.empty() && session.database ? *session.database : name.schema;
  return {sql::folded(schema, lower_case_names_), sql::folded(name.table, lower_case_names_)};
}

bool LockWaits::meets(const TableLock& lock, const sql::TableName& name, const Session& session) const {
  const Name locked = folded(lock.name, session);
  const Name named = folded(name, session);
  return locked.first == named.first && locked.second == named.second;
}

std::set<std::uint64_t> LockWaits::holders_of(const sql::Statement& statement, const Session& session,
                                              const SessionTable& sessions) const {
  const bool whole_schema = statement.verb == Verb::drop_database;
  const auto is_held = [&](const TableLock& lock) {
    const auto wants = [&](const sql::TableName& name) {
      return meets(lock, whole_schema ? sql::TableName{name.schema, lock.name.table} : name, session);
    };
    return std::any_of(statement.writes.begin(), statement.writes.end(), wants) ||
           (lock.write && std::any_of(statement.reads.begin(), statement.reads.end(), wants));
  };
  std::set<std::uint64_t> out;
  for (const std::uint64_t locker : lockers_) {
    const Session* holder = sessions.find(locker);
    if (holder != nullptr && std::any_of(holder->locks.begin(), holder->locks.end(), is_held))
      out.insert(locker);
  }
  return out;
}

// Its transaction has the table: LOCK TABLES waits for that, and not the other way round.
bool LockWaits::uses_already(const sql::Statement& statement, const Session& session,
                             const std::vector<Unit>& units) const {
  if (!changes_rows(statement) || (!session.in_transaction && session.autocommit)) return false;
  const std::uint64_t thread = batch_.events[event_].thread_id;
  for (std::size_t i = units.size(); i-- > 0;) {
    const sql::Statement& earlier = units[i].statement;
    const Event& row = batch_.events[units[i].event];
    if (row.thread_id != thread) continue;
    if (row.command == Command::connect || ends_session(row.command)) return false;
    if (!units[i].is_statement) continue;
    if (earlier.commits || earlier.verb == Verb::commit || earlier.verb == Verb::rollback) return false;
    for (const sql::TableName& name : statement.writes) {
      const auto is_it = [&](const sql::TableName& one) {
        return folded(one, session) == folded(name, session);
      };
      if (std::any_of(earlier.writes.begin(), earlier.writes.end(), is_it)) return true;
    }
  }
  return false;
}

std::string LockWaits::key_of(std::size_t number) const {
  const auto found = by_unit_.find(number);
  return found == by_unit_.end() ? std::string() : waits_[found->second].what.key();
}

void LockWaits::keep(std::size_t number) {
  waits_[by_unit_.at(number)].kept = true;
}

std::vector<HeldStep> LockWaits::steps(std::size_t covered, const Vanished& vanished) const {
  std::vector<HeldStep> out;
  for (const bool definition : {true, false}) {
    for (const Wait& wait : waits_) {
      if (wait.kept && wait.what.definition == definition) add_steps(wait, covered, vanished, out);
    }
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const HeldStep& left, const HeldStep& right) { return left.unit < right.unit; });
  return out;
}

void LockWaits::add_steps(const Wait& wait, std::size_t covered, const Vanished& vanished,
                          std::vector<HeldStep>& out) const {
  const bool gone = contains(vanished.threads, wait.what.thread);
  LockWait now = wait.what;
  const auto let_go = [&](std::size_t unit, const std::set<std::uint64_t>& left, std::string_view why) {
    const std::string key = now.key();
    now.holders = left;
    if (left.empty()) {
      out.push_back({.action = Action::commit, .unit = unit, .key = key, .suspicion = why});
    } else if (now.key() != key) {
      out.push_back({.action = Action::rename, .unit = unit, .key = key, .new_key = now.key()});
    }
    return left.empty();
  };
  const auto give_up = [&](std::size_t unit, std::string_view why) {
    out.push_back({.action = Action::roll_back, .unit = unit, .key = now.key(), .suspicion = why});
  };
  for (const Turn& turn : wait.turns) {
    if (turn.unit >= covered) break;
    if (turn.kind == Turn::Kind::killed) return give_up(turn.unit, kKilled);
    if (turn.kind == Turn::Kind::went_on && gave_up(now, turn)) return give_up(turn.unit, kGaveUp);
    std::set<std::uint64_t> left = now.holders;
    if (turn.kind == Turn::Kind::went_on) {
      left.clear();
    } else {
      left.erase(turn.thread);
    }
    const std::string_view why = turn.kind == Turn::Kind::went_on ? kWentOn : gone ? kVanished : "";
    if (let_go(turn.unit, left, why)) return;
  }
  std::set<std::uint64_t> left = now.holders;
  std::erase_if(left, [&](std::uint64_t holder) { return contains(vanished.threads, holder); });
  if (gone && (vanished.restart || !left.empty())) return give_up(covered, kVanished);
  let_go(covered, left, kUnseen);
}

// A change of rows is taken for run all the same: it waits for a day or a year, and what it is to keep must
// not get lost.
bool LockWaits::gave_up(const LockWait& now, const Turn& turn) const {
  if (!now.definition || !now.sure) return false;
  if (batch_.events[turn.event].time - now.since < kLeastTimeout) return false;
  return std::any_of(now.holders.begin(), now.holders.end(),
                     [&](std::uint64_t holder) { return lives_behind(holder, turn.event); });
}

bool LockWaits::lives_behind(std::uint64_t thread, std::uint32_t event) const {
  for (std::size_t i = event + 1; i < batch_.events.size(); ++i) {
    if (batch_.events[i].thread_id == thread) return batch_.events[i].command != Command::connect;
  }
  const auto& live = batch_.header.live;
  const Event& row = batch_.events[event];
  return live && Position{row.generation, row.index} < live->at && contains(live->threads, thread);
}

bool refused_by_own_locks(const Session& session, const sql::Statement& statement, bool lower_case_names) {
  if (session.locks.empty() || !changes_rows(statement)) return false;
  const bool several = statement.writes.size() > 1;
  const auto may_change = [&](const sql::TableName& name) {
    const std::string schema = name.schema.empty() ? session.database.value_or("") : name.schema;
    return std::any_of(session.locks.begin(), session.locks.end(), [&](const TableLock& lock) {
      return (lock.write || several) &&
             sql::folded(lock.name.schema, lower_case_names) == sql::folded(schema, lower_case_names) &&
             sql::folded(lock.name.table, lower_case_names) == sql::folded(name.table, lower_case_names);
    });
  };
  return !std::all_of(statement.writes.begin(), statement.writes.end(), may_change);
}

}  // namespace dw::load
