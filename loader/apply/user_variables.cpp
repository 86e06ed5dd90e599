#include "loader/apply/user_variables.h"

#include <algorithm>

#include "common/log/batch.h"
#include "common/sql/identifiers.h"

namespace dw::load {
namespace {

std::string variable(const std::string& name) {
  return "@" + sql::quote_identifier(name);
}

}  // namespace

UserVariables::State& UserVariables::state(std::uint64_t thread, const SessionValues& session) {
  const auto [place, is_new] = states_.try_emplace(thread);
  State& out = place->second;
  if (is_new) {
    out.from_start = session.from_start;
    out.literals = session.variables;
    out.doubtful = session.doubtful_variables;
    for (const auto& [name, literal] : out.literals) out.names.insert(name);
  }
  return out;
}

std::string UserVariables::kept_name(std::uint64_t thread, const std::string& name) {
  const std::size_t slot = slots_.try_emplace(name, slots_.size()).first->second;
  return "@`dw_" + std::to_string(thread) + "_" + std::to_string(slot) + "`";
}

void UserVariables::before(std::uint64_t thread, const SessionValues& session,
                           const std::set<std::string>& names, std::vector<std::string>& leads) {
  State& own = state(thread, session);
  own.names.insert(names.begin(), names.end());
  own.changed = true;
  if (owner_ == thread) {
    present_.insert(names.begin(), names.end());
    return;
  }
  std::string set;
  const auto assign = [&set](const std::string& to, const std::string& from) {
    set += (set.empty() ? "SET " : ",") + to + "=" + from;
  };
  if (owner_ != 0) {
    State& before = states_[owner_];
    for (const std::string& name : before.names) assign(kept_name(owner_, name), variable(name));
    before.captured = before.names;
  }
  for (const std::string& name : own.names) {
    const auto literal = own.literals.find(name);
    if (own.captured.contains(name)) {
      assign(variable(name), kept_name(thread, name));
    } else if (literal != own.literals.end()) {
      assign(variable(name), literal->second);
    } else if (present_.contains(name)) {
      assign(variable(name), "NULL");
    }
  }
  for (const std::string& name : present_) {
    if (!own.names.contains(name)) assign(variable(name), "NULL");
  }
  if (!set.empty()) leads.push_back(std::move(set));
  present_ = own.names;
  owner_ = thread;
}

bool UserVariables::is_doubtful(const State& state, const std::string& name) const {
  return state.doubtful.contains(name) || (!state.from_start && !state.literals.contains(name));
}

bool UserVariables::told(std::uint64_t thread, const VariableUse& use, bool unfaithful) {
  const auto found = states_.find(thread);
  if (found == states_.end()) return true;
  State& own = found->second;
  const bool read = std::any_of(use.read.begin(), use.read.end(),
                                [&](const std::string& name) { return is_doubtful(own, name); });
  for (const std::string& name : use.assigned) {
    own.literals.try_emplace(name, "NULL");
    if (read || unfaithful || use.row_order) {
      own.doubtful.insert(name);
    } else {
      own.doubtful.erase(name);
    }
  }
  return read;
}

void UserVariables::release(std::uint64_t thread) {
  if (owner_ == thread) owner_ = 0;
}

void UserVariables::end(std::uint64_t thread) {
  release(thread);
  states_.erase(thread);
}

void UserVariables::read_values(mysql::Connection& connection, std::uint64_t thread, State& state) {
  for (const std::string& name : state.names) {
    // Of a session that began before the log did, only what it was seen to assign is known.
    if (!state.from_start && !state.literals.contains(name)) continue;
    const bool here = owner_ == thread;
    if (!here && !state.captured.contains(name)) continue;  // the literal still holds
    const std::string at = here ? variable(name) : kept_name(thread, name);
    const auto row =
        connection.typed_row("SELECT " + at + ",HEX(" + at + "),CHARSET(" + at + "),COLLATION(" + at + ")");
    state.literals[name] = variable_literal(row.at(0), row.at(1).text.value_or(""),
                                            row.at(2).text.value_or(""), row.at(3).text.value_or(""));
  }
}

void UserVariables::save(mysql::Connection& connection, SessionTable& sessions) {
  for (auto one = states_.begin(); one != states_.end();) {
    auto& [thread, state] = *one;
    if (sessions.find(thread) == nullptr) {
      release(thread);
      one = states_.erase(one);
      continue;
    }
    if (state.changed) {
      read_values(connection, thread, state);
      state.changed = false;
      SessionValues& kept = sessions.at(thread).values;
      kept.variables = state.literals;
      kept.doubtful_variables = state.doubtful;
      // What is not set needs no words, where the log tells that it is not.
      if (state.from_start) std::erase_if(kept.variables, [](const auto& v) { return v.second == "NULL"; });
    }
    ++one;
  }
}

void UserVariables::forget() {
  states_.clear();
  owner_ = 0;
}

std::string variable_literal(const mysql::TypedValue& value, const std::string& hex,
                             const std::string& charset, const std::string& collation) {
  if (!value.text) return "NULL";
  const std::string& text = *value.text;
  switch (value.kind) {
    case mysql::ColumnKind::integer:
      return text;
    case mysql::ColumnKind::unsigned_integer:
      return "CAST(" + text + " AS UNSIGNED)";
    case mysql::ColumnKind::decimal:
      return text.find('.') == std::string::npos ? text + "." : text;
    case mysql::ColumnKind::floating:
      return text.find_first_of("eE") == std::string::npos ? text + "e0" : text;
    case mysql::ColumnKind::text:
      break;
  }
  // Bytes that are no text of the variable's character set cannot be written as such.
  const bool is_text = !charset.starts_with("utf8") || is_utf8(text);
  if (charset == "binary" || !is_text) return "_binary x'" + hex + "'";
  return "_" + charset + " x'" + hex + "' COLLATE " + collation;
}

}  // namespace dw::load
