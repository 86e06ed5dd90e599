// Statements about the session, transactions and the server (MySQL manual 15.3, 15.5, 15.7.3 to 15.8).
#include <utility>

#include "common/sql/classifier.h"
#include "common/sql/identifiers.h"
#include "common/sql/word_table.h"

namespace dw::sql {

// What the assignments of one SET come to.
struct SetSummary {
  bool global = false;
  bool account = false;
  bool autocommit = false;
  Verb special = Verb::none;  // SET NAMES and its like
};

namespace {

// The variable's name in @@session.autocommit: what is behind the last dot.
std::string last_part(std::string_view variable) {
  variable.remove_prefix(2);
  const std::size_t dot = variable.rfind('.');
  if (dot != std::string_view::npos) variable.remove_prefix(dot + 1);
  return unquote(variable, Backslash::ordinary);
}

bool has_global_scope(std::string_view variable) {
  variable.remove_prefix(2);
  const std::string_view scope = variable.substr(0, variable.find('.'));
  if (scope.size() == variable.size()) return false;
  return equals_ignoring_case(scope, "global") || equals_ignoring_case(scope, "persist") ||
         equals_ignoring_case(scope, "persist_only");
}

bool is_assignment(const CompactToken& token) {
  return token.is(CompactKind::equals) || (token.is(CompactKind::other) && token.text() == ":=");
}

}  // namespace

void Classifier::set(std::size_t i) {
  ++i;
  if (is(i, K::k_statement)) {
    // MariaDB: SET STATEMENT x = 1 FOR statement
    std::size_t depth = 0;
    for (; !ends_at(i); ++i) {
      if (is(i, CompactKind::open)) ++depth;
      if (is(i, CompactKind::close) && depth > 0) --depth;
      if (depth == 0 && is(i, K::k_for)) return dispatch(i + 1);
    }
    return unparsed();
  }
  std::size_t scope = i;
  if (is(i, K::k_session) || is(i, K::k_local) || is(i, K::k_global)) ++scope;
  if (is(scope, K::k_transaction) && !is_assignment(at(scope + 1))) {
    if (is(i, K::k_global)) return become(StatementClass::administration, Verb::administration);
    return become(StatementClass::transaction_control, Verb::set_transaction);
  }
  if (is(i, K::k_resource)) return become(StatementClass::administration, Verb::administration);
  if ((is(i, K::k_default) && is(i + 1, K::k_role)))
    return become(StatementClass::account, Verb::account, true);
  if (is(i, K::k_role) && !is_assignment(at(i + 1)))
    return become(StatementClass::session_state, Verb::set_role);
  set_list(i);
}

// assignment, assignment, …
void Classifier::set_list(std::size_t i) {
  become(StatementClass::session_state, Verb::set);
  if (ends_at(i)) return unparsed();
  SetSummary summary;
  std::size_t depth = 0;
  std::size_t first = i;
  for (;; ++i) {
    if (is(i, CompactKind::open)) ++depth;
    if (is(i, CompactKind::close) && depth > 0) --depth;
    if (!ends_at(i) && (depth > 0 || !is(i, CompactKind::comma))) continue;
    if (i == first) return unparsed();
    one_assignment(first, i, summary);
    if (statement_.cls == StatementClass::unparsed) return;
    if (ends_at(i)) break;
    first = i + 1;
  }
  if (scan_.broken()) return unparsed();
  if (summary.special != Verb::none) statement_.verb = summary.special;
  if (summary.account) return become(StatementClass::account, Verb::account, true);
  if (summary.autocommit) statement_.verb = Verb::set_autocommit;
  if (summary.global) {
    statement_.cls = StatementClass::administration;
    if (!summary.autocommit) statement_.verb = Verb::administration;
  } else if (summary.autocommit) {
    statement_.cls = StatementClass::transaction_control;
  } else if (scan_.calls_stored_function) {
    statement_.cls = StatementClass::change;
  }
}

void Classifier::one_assignment(std::size_t i, std::size_t end, SetSummary& summary) {
  if (is(i, K::k_names) && !is_assignment(at(i + 1))) {
    summary.special = Verb::set_names;
    statement_.name = name_of(at(i + 1));
    return;
  }
  const bool character_set = is(i, K::k_character) && is(i + 1, K::k_set);
  if (character_set || (is(i, K::k_charset) && !is_assignment(at(i + 1)))) {
    summary.special = Verb::set_character_set;
    statement_.name = name_of(at(character_set ? i + 2 : i + 1));
    return;
  }
  if (is(i, K::k_password)) {
    summary.account = true;
    return;
  }
  bool global = false;
  std::string variable;
  if (is(i, CompactKind::user_variable)) {
    ++i;
  } else if (is(i, CompactKind::system_variable)) {
    std::string_view text = at(i).text();
    global = has_global_scope(text);
    variable = last_part(text);
    ++i;
  } else {
    global = is(i, K::k_global) || is(i, K::k_persist) || is(i, K::k_persist_only);
    if ((global || is(i, K::k_session) || is(i, K::k_local)) && !is_assignment(at(i + 1))) {
      ++i;
    } else {
      global = false;
    }
    if (is(i, CompactKind::system_variable)) {
      variable = last_part(at(i).text());
    } else if (at(i).is_name()) {
      variable = name_of(at(i));
    } else {
      return unparsed();
    }
    ++i;
  }
  while (is(i, CompactKind::dot) && at(i + 1).is_name()) {  // @@global . x; key_cache.key_buffer_size
    variable = name_of(at(i + 1));
    i += 2;
  }
  if (!is_assignment(at(i)) || i + 1 >= end) return unparsed();
  summary.global = summary.global || global;
  const std::uint32_t outside = statement_.doubts & doubt_user_variable;
  const std::size_t value = i + 1;
  scan_.run(value, end);
  const bool autocommit = !global && equals_ignoring_case(variable, "autocommit");
  if (autocommit) {
    summary.autocommit = true;
    const std::string text = name_of(at(value));
    const bool alone = value + 1 == end && (at(value).is_name() || is(value, CompactKind::literal));
    const bool off = text == "0" || equals_ignoring_case(text, "off") || equals_ignoring_case(text, "false");
    const bool on = text == "1" || equals_ignoring_case(text, "on") || equals_ignoring_case(text, "true");
    statement_.autocommit_value = !(alone && off);
    if (!alone || (!on && !off)) {  // an expression: the value is not in the text
      statement_.doubts |= doubt_system_variable;
      return;
    }
  }
  // A user variable inside SET is what SET is for.
  statement_.doubts = (statement_.doubts & ~static_cast<std::uint32_t>(doubt_user_variable)) | outside;
}

// BEGIN, START TRANSACTION, COMMIT, ROLLBACK, SAVEPOINT, RELEASE, XA
void Classifier::transaction(std::size_t i) {
  constexpr StatementClass kControl = StatementClass::transaction_control;
  switch (at(i).keyword) {
    case K::k_begin:
      if (is(i + 1, K::k_work)) ++i;
      return ends_at(i + 1) ? become(kControl, Verb::begin, true) : unparsed();
    case K::k_start:
      return become(kControl, Verb::begin, true);
    case K::k_commit:
      return completion(i + 1, Verb::commit);
    case K::k_rollback:
      return completion(i + 1, Verb::rollback);
    case K::k_xa:
      return ends_at(i + 1) ? unparsed() : become(kControl, Verb::xa);
    case K::k_savepoint:
    case K::k_release: {
      const bool release = is(i, K::k_release);
      if (release && !is(i + 1, K::k_savepoint)) return unparsed();
      if (release) ++i;
      if (!at(i + 1).is_name() || !ends_at(i + 2)) return unparsed();
      become(kControl, release ? Verb::release_savepoint : Verb::savepoint);
      statement_.name = name_of(at(i + 1));
      return;
    }
    default:
      return unparsed();
  }
}

// Behind COMMIT or ROLLBACK: [WORK] [AND [NO] CHAIN] [[NO] RELEASE], or TO [SAVEPOINT] name
void Classifier::completion(std::size_t i, Verb verb) {
  become(StatementClass::transaction_control, verb);
  if (is(i, K::k_work)) ++i;
  if (verb == Verb::rollback && is(i, K::k_to)) {
    ++i;
    if (is(i, K::k_savepoint) && !ends_at(i + 1)) ++i;
    if (!at(i).is_name() || !ends_at(i + 1)) return unparsed();
    statement_.verb = Verb::rollback_to_savepoint;
    statement_.name = name_of(at(i));
    return;
  }
  if (is(i, K::k_and)) {
    const bool no = is(i + 1, K::k_no);
    i += no ? 2 : 1;
    if (!is(i, K::k_chain)) return unparsed();
    statement_.chain = !no;
    ++i;
  }
  const bool no = is(i, K::k_no);
  if (no) ++i;
  if (is(i, K::k_release)) {
    statement_.release = !no;
    ++i;
  } else if (no) {
    return unparsed();
  }
  if (!ends_at(i)) unparsed();
}

// LOCK TABLES t READ, u AS v WRITE; UNLOCK TABLES; LOCK | UNLOCK INSTANCE …
void Classifier::lock(std::size_t i) {
  const bool unlocks = is(i, K::k_unlock);
  ++i;
  if (is(i, K::k_instance)) return become(StatementClass::administration, Verb::administration);
  if (!is(i, K::k_tables) && !is(i, K::k_table)) return unparsed();
  if (unlocks) return become(StatementClass::transaction_control, Verb::unlock_tables);
  become(StatementClass::transaction_control, Verb::lock_tables, true);
  for (++i;; ++i) {
    TableName table;
    const std::size_t behind = scan_.parse_name(i, table);
    if (behind == i) return unparsed();
    bool write = false;
    for (i = behind; !ends_at(i) && !is(i, CompactKind::comma); ++i) write = write || is_word(i, "WRITE");
    if (write) {
      scan_.add_write(std::move(table));
    } else {
      scan_.add_read(std::move(table));
    }
    if (ends_at(i)) return;
  }
}

// PREPARE s FROM …, EXECUTE s | IMMEDIATE …, DEALLOCATE PREPARE s
void Classifier::prepared(std::size_t i) {
  Verb verb = Verb::prepare;
  if (is(i, K::k_execute)) verb = Verb::execute;
  if (is(i, K::k_deallocate)) {
    verb = Verb::deallocate;
    ++i;
  }
  if (!at(i + 1).is_name()) return unparsed();
  become(StatementClass::session_state, verb);
  if (!(verb == Verb::execute && is(i + 1, K::k_immediate))) statement_.name = name_of(at(i + 1));
}

// ANALYZE, CHECK, CHECKSUM, OPTIMIZE, REPAIR TABLE
void Classifier::maintenance(std::size_t i, Verb verb, bool commits) {
  ++i;
  if (is(i, K::k_local) || is(i, K::k_no_write_to_binlog)) ++i;
  if (!is(i, K::k_table) && !is(i, K::k_tables) && !is(i, K::k_view)) return unparsed();
  become(StatementClass::administration, verb, commits);
  for (++i;; ++i) {
    TableName table;
    const std::size_t behind = scan_.parse_name(i, table);
    if (behind == i) return unparsed();
    scan_.add_read(std::move(table));
    i = behind;
    if (!is(i, CompactKind::comma)) return;
  }
}

// EXPLAIN changes no rows, nor does MySQL's EXPLAIN ANALYZE UPDATE (measured); EXPLAIN ANALYZE SELECT runs,
// and so do the functions in it. MySQL 8.3's EXPLAIN … INTO @v sets a variable.
void Classifier::explain(std::size_t i) {
  become(StatementClass::read, is(i, K::k_explain) ? Verb::explain : Verb::describe);
  if (ends_at(i + 1)) return unparsed();
  if (is(i + 1, K::k_analyze)) {
    scan_.run(i + 2, tokens_.size());
    return set_side_effects(StatementClass::read);
  }
  for (std::size_t k = i + 1; k < i + 8; ++k) {
    if (is(k, K::k_select) || is(k, CompactKind::open)) break;
    if (is(k, K::k_into) && is(k + 1, CompactKind::user_variable)) {
      statement_.cls = StatementClass::session_state;
      statement_.doubts |= doubt_user_variable;
    }
  }
}

// What concerns the server and no mirror. True: it was one of these.
bool Classifier::administration(std::size_t i) {
  bool commits = false;
  switch (at(i).keyword) {
    case K::k_flush:
    case K::k_install:
    case K::k_uninstall:
    case K::k_cache:
    case K::k_change:
      commits = true;
      break;
    case K::k_reset:
      commits = !is(i + 1, K::k_persist);
      break;
    case K::k_start:
    case K::k_stop:
      if (is(i + 1, K::k_transaction)) return false;
      commits = is(i + 1, K::k_slave) || is(i + 1, K::k_replica) || is(i + 1, K::k_all) ||
                is(i + 1, K::k_group_replication);
      if (!commits) return false;
      break;
    case K::k_binlog:
    case K::k_kill:
    case K::k_purge:
    case K::k_shutdown:
    case K::k_restart:
    case K::k_clone:
    case K::k_signal:
    case K::k_resignal:
      break;
    case K::k_backup:  // MariaDB
      commits = is_word(i + 1, "STAGE");
      break;
    default:
      return false;
  }
  // A lone word is no statement but for these.
  if (ends_at(i + 1) && !is(i, K::k_shutdown) && !is(i, K::k_restart) && !is(i, K::k_resignal)) return false;
  become(StatementClass::administration, Verb::administration, commits);
  return true;
}

}  // namespace dw::sql
