#include "loader/plan/transaction_rules.h"

#include <algorithm>
#include <cctype>

#include "common/sql/set_statement.h"
#include "common/sql/xa.h"

namespace dw::load {
namespace {

using sql::StatementClass;
using sql::Verb;
using End = TransactionEffect::End;
using Xa = Session::Xa;

// START TRANSACTION …, READ ONLY
bool asks_for_read_only(std::string_view text) {
  sql::Lexer lexer(text);
  bool read = false;
  for (sql::Token token = lexer.next();
       token.kind != sql::TokenKind::end && token.kind != sql::TokenKind::unterminated;
       token = lexer.next()) {
    if (read && token.is("ONLY")) return true;
    read = token.is("READ");
  }
  return false;
}

TransactionEffect unchanged(const Session& session) {
  TransactionEffect out;
  out.opens = session.in_transaction;
  out.read_only = session.read_only;
  out.xa = session.xa;
  out.xid = session.xid;
  return out;
}

TransactionEffect refused(const Session& session) {
  TransactionEffect out = unchanged(session);
  out.refused = true;
  return out;
}

// COMMIT or ROLLBACK of a prepared XA transaction: from any session that has no transaction of its own.
TransactionEffect settled(const Session& session, const sql::XaStatement& xa) {
  if (session.in_transaction) return refused(session);
  TransactionEffect out = unchanged(session);
  out.settles = xa.verb == sql::XaStatement::Verb::commit ? End::commit : End::roll_back;
  out.xid = xa.xid;
  return out;
}

TransactionEffect effect_of_xa(const Session& session, const sql::Statement& statement) {
  using XaVerb = sql::XaStatement::Verb;
  const auto xa = sql::parse_xa(statement.text);
  if (!xa || xa->refused) return refused(session);
  if (xa->verb == XaVerb::recover) return unchanged(session);
  // An id that is not known (the session's beginning was written down by an earlier version) matches any.
  const bool own =
      session.in_transaction && session.xa != Xa::none && (session.xid.empty() || session.xid == xa->xid);
  TransactionEffect out = unchanged(session);
  switch (xa->verb) {
    case XaVerb::start:
      if (xa->resume ? !(own && session.xa == Xa::idle) : session.in_transaction) return refused(session);
      out.opens = true;
      out.xa = Xa::active;
      out.xid = xa->xid;
      return out;
    case XaVerb::end:
      if (!own || session.xa != Xa::active) return refused(session);
      out.xa = Xa::idle;
      return out;
    case XaVerb::prepare:
      if (!own || session.xa != Xa::idle) return refused(session);
      return {.end = End::prepare, .xid = xa->xid};
    default:
      break;
  }
  if (xa->one_phase || (own && session.xa == Xa::idle && xa->verb == XaVerb::rollback)) {
    if (!own || session.xa != Xa::idle) return refused(session);
    return {.end = xa->verb == XaVerb::commit ? End::commit : End::roll_back};
  }
  return settled(session, *xa);
}

// Inside XA START … XA END nothing else may end the transaction; behind XA END nothing may be done in it.
bool refused_inside_xa(const Session& session, const sql::Statement& statement, bool default_autocommit) {
  if (session.xa == Xa::none) return false;
  if (session.xa == Xa::idle && changes_rows(statement)) return true;
  switch (statement.verb) {
    case Verb::begin:
    case Verb::commit:
    case Verb::rollback:
      return true;
    case Verb::set_autocommit:
      return autocommit_behind(session, statement, default_autocommit).was_on && !session.autocommit;
    default:
      return statement.commits;
  }
}

TransactionEffect completed(const Session& session, const sql::Statement& statement, End end) {
  TransactionEffect out;
  out.end = end;
  out.opens = statement.chain;
  out.read_only = statement.chain && session.read_only;
  out.ends_session = statement.release;
  return out;
}

}  // namespace

bool changes_rows(const sql::Statement& statement) {
  const bool changes =
      statement.cls == StatementClass::change || statement.cls == StatementClass::destructive;
  return changes && !statement.commits;
}

AutocommitChange autocommit_behind(const Session& session, const sql::Statement& statement,
                                   bool default_autocommit) {
  AutocommitChange out{session.autocommit, session.autocommit};
  if (statement.verb != Verb::set_autocommit) return out;
  const auto assignments = sql::parse_assignments(statement.text, lexer_options(session));
  if (!assignments) return {statement.autocommit_value, statement.autocommit_value};
  for (const sql::Assignment& one : *assignments) {
    if (one.scope != sql::Assignment::Scope::session || one.name != "autocommit") continue;
    std::string value = sql::constant_value(one.expression);
    std::transform(value.begin(), value.end(), value.begin(),
                   [](unsigned char c) { return std::tolower(c); });
    const bool off = one.constant && (value == "0" || value == "off" || value == "false");
    // An expression, such as the @OLD_AUTOCOMMIT of dumps, sets back what was before: on.
    out.value = one.constant && value == "default" ? default_autocommit : !off;
    out.was_on = out.was_on || out.value;
  }
  return out;
}

TransactionEffect effect_of(const Session& session, const sql::Statement& statement,
                            bool default_autocommit) {
  if (statement.verb == Verb::xa) return effect_of_xa(session, statement);
  if (refused_inside_xa(session, statement, default_autocommit)) return refused(session);
  TransactionEffect out = unchanged(session);
  switch (statement.verb) {
    case Verb::begin:
      out = {.end = End::commit, .opens = true};
      out.read_only = asks_for_read_only(statement.text);
      return out;
    case Verb::commit:
      return completed(session, statement, End::commit);
    case Verb::rollback:
      return completed(session, statement, End::roll_back);
    case Verb::set_autocommit:
      if (autocommit_behind(session, statement, default_autocommit).was_on && !session.autocommit)
        return {.end = End::commit};
      return out;
    case Verb::unlock_tables:  // it commits only where LOCK TABLES was before it
      return session.tables_locked ? TransactionEffect{.end = End::commit} : out;
    case Verb::savepoint:
      out.opens = out.opens || !session.autocommit;
      return out;
    default:
      break;
  }
  if (statement.commits) return {.end = End::commit};
  if (!changes_rows(statement)) return out;
  if (session.in_transaction && session.read_only) return refused(session);
  out.opens = out.opens || !session.autocommit;
  return out;
}

}  // namespace dw::load
