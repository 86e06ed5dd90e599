#include "extractor/file_log/sessions.h"

#include <algorithm>
#include <array>
#include <optional>

#include "common/sql/set_statement.h"
#include "common/util/letter_case.h"

namespace dw::extract {
namespace {

constexpr std::size_t kRecentIds = 4096;

// Behind one of these words no variable can be set, unless a second statement follows.
constexpr std::array<std::string_view, 9> kHarmlessVerbs{"INSERT", "UPDATE", "DELETE", "SELECT", "REPLACE",
                                                         "SHOW",   "CREATE", "ALTER",  "DROP"};

bool is_harmless(std::string_view statement) {
  const std::string verb = upper(statement.substr(0, 7));
  return statement.find(';') == std::string_view::npos &&
         std::any_of(kHarmlessVerbs.begin(), kHarmlessVerbs.end(),
                     [&](std::string_view word) { return verb.starts_with(word); });
}

// Whether the text names a variable that changes modes, or hides what changes them.
bool names_mode(std::string_view text) {
  constexpr std::array<std::string_view, 2> kNames{"sql_mode", "sql_log_off"};
  for (std::size_t at = text.find('_'); at != std::string_view::npos; at = text.find('_', at + 1)) {
    if (at < 3) continue;
    for (const std::string_view name : kNames) {
      if (equals_ignoring_case(text.substr(at - 3, name.size()), name)) return true;
    }
  }
  return false;
}

// What `CONCAT(@@sql_mode, ',STRICT_ALL_TABLES')` adds to the modes. Pieces of names could be put together to
// one; so only a list of whole names behind a comma counts.
std::optional<QuoteModes> modes_added(std::string_view expression) {
  const std::string text = upper(expression);
  if (!text.starts_with("CONCAT(@@") || !text.ends_with(")")) return std::nullopt;
  const std::size_t comma = text.find(',');
  if (comma == std::string::npos || text.find_first_of("'\"") < comma) return std::nullopt;
  const std::string variable = text.substr(9, comma - 9);
  if (variable != "SQL_MODE" && variable != "SESSION.SQL_MODE") return std::nullopt;
  const std::size_t open = text.find('\'');
  const std::size_t close = open == std::string::npos ? open : text.find('\'', open + 1);
  if (close == std::string::npos || text.find_first_not_of(' ', comma + 1) != open) return std::nullopt;
  if (text.find_first_not_of(' ', close + 1) != text.size() - 1) return std::nullopt;
  const std::string added = text.substr(open + 1, close - open - 1);
  if (!added.starts_with(",") || added.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_,") != std::string::npos)
    return std::nullopt;
  return quote_modes_of(added);
}

bool is_address(std::string_view host) {
  return !host.empty() && host.find_first_not_of("0123456789abcdefABCDEF.:") == std::string_view::npos &&
         host.find_first_of(".:") != std::string_view::npos;
}

}  // namespace

// The combination modes ANSI, DB2, MAXDB, MSSQL, ORACLE and POSTGRESQL have ANSI_QUOTES in them (MySQL manual
// 5.7, "Combination SQL Modes").
QuoteModes quote_modes_of(std::string_view sql_mode) {
  const std::string text = upper(sql_mode);
  if (text.find("NO_BACKSLASH_ESCAPES") != std::string::npos) return kNoBackslash;
  for (const char* name : {"ANSI", "DB2", "MAXDB", "MSSQL", "ORACLE", "POSTGRESQL"}) {
    if (text.find(name) != std::string::npos) return kAnsiQuotes;
  }
  return kPlain;
}

QuoteModes modes_after(std::string_view statement, QuoteModes before, QuoteModes global) {
  if (is_harmless(statement) || !names_mode(statement)) return before;
  const auto assignments = sql::parse_assignments(statement);
  if (!assignments) return kAnyMode;
  QuoteModes after = before;
  for (const sql::Assignment& one : *assignments) {
    if (one.name == "sql_log_off") return kAnyMode;
    if (one.scope == sql::Assignment::Scope::user_variable || one.name != "sql_mode") continue;
    if (one.scope == sql::Assignment::Scope::global) continue;
    if (const auto added = modes_added(one.expression)) {
      after = static_cast<QuoteModes>(after | (*added == kPlain ? after : *added));
      continue;
    }
    if (!one.constant) return kAnyMode;
    const std::string value = upper(sql::constant_value(one.expression));
    if (!value.empty() && value.find_first_of("0123456789") == 0) return kAnyMode;
    if (value.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_,0123456789 ") != std::string::npos)
      return kAnyMode;
    // It may have failed, so what was before can still be.
    after = static_cast<QuoteModes>(after | (value == "DEFAULT" ? global : quote_modes_of(value)));
  }
  return after;
}

SessionState Sessions::state(std::uint64_t id) const {
  if (alive_.contains(id)) return SessionState::alive;
  return first_ == 0 || id < first_ ? SessionState::older : SessionState::unknown;
}

QuoteModes Sessions::modes(std::uint64_t id) const {
  const auto found = alive_.find(id);
  if (found != alive_.end()) return found->second.modes;
  const auto other = older_.find(id);
  return other != older_.end() ? other->second : global_;
}

const std::string& Sessions::user_host(std::uint64_t id) const {
  static const std::string nobody;
  const auto found = alive_.find(id);
  return found == alive_.end() ? nobody : found->second.user_host;
}

bool Sessions::shows_restart(std::uint64_t id) const {
  if (!may_have_restarted_ || first_ == 0) return false;
  return id < first_ || alive_.contains(id) || id + kRecentIds < last_ ||
         std::find(recent_.begin(), recent_.end(), id) != recent_.end();
}

bool Sessions::cannot_connect(std::uint64_t id) const {
  return alive_.contains(id) && !shows_restart(id);
}

void Sessions::connect(std::uint64_t id, std::string_view text) {
  if (shows_restart(id)) {
    alive_.clear();
    older_.clear();
    recent_.clear();
    first_ = last_ = 0;
  }
  may_have_restarted_ = false;
  first_ = first_ == 0 ? id : std::min(first_, id);
  last_ = std::max(last_, id);
  recent_.push_back(id);
  if (recent_.size() > kRecentIds) recent_.pop_front();
  alive_[id] = Session{user_host_of_connect(text), global_};
}

void Sessions::change_user(std::uint64_t id, std::string_view text) {
  alive_[id] = Session{user_host_of_connect(text), static_cast<QuoteModes>(modes(id) | global_)};
}

void Sessions::reset(std::uint64_t id) {
  const auto found = alive_.find(id);
  if (found != alive_.end()) found->second.modes = static_cast<QuoteModes>(found->second.modes | global_);
}

void Sessions::statement(std::uint64_t id, std::string_view text) {
  const QuoteModes before = modes(id);
  const QuoteModes after = modes_after(text, before, global_);
  if (after != before) {
    const auto found = alive_.find(id);
    (found != alive_.end() ? found->second.modes : older_[id]) = after;
  }
  // A new global value is that of the sessions to come.
  if (text.size() < 4096 && names_mode(text) && !is_harmless(text) &&
      upper(text).find("GLOBAL") != std::string::npos) {
    global_ = static_cast<QuoteModes>(quote_modes_of(text) == kPlain &&
                                              text.find('@', text.find('=')) == std::string_view::npos
                                          ? global_
                                          : kAnyMode);
  }
}

std::string user_host_of_connect(std::string_view text) {
  const std::size_t on = text.find(" on ");
  const std::string_view account = text.substr(0, on);
  const std::size_t at = account.rfind('@');
  if (on == std::string_view::npos || at == std::string_view::npos || text.starts_with("Access denied for "))
    return {};
  const std::string user(account.substr(0, at));
  const std::string host(account.substr(at + 1));
  if (is_address(host)) return user + "[" + user + "] @  [" + host + "]";
  return user + "[" + user + "] @ " + host + " []";
}

}  // namespace dw::extract
