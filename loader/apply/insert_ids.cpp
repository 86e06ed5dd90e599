#include "loader/apply/insert_ids.h"

#include <utility>

namespace dw::load {
namespace {

std::string variable_of(std::uint64_t thread) {
  return "@`dw_id_" + std::to_string(thread) + "`";
}

}  // namespace

InsertIds::State& InsertIds::state(std::uint64_t thread, const SessionValues& session) {
  const auto [place, is_new] = states_.try_emplace(thread);
  if (is_new) {
    place->second.known = session.last_insert_id.has_value();
    place->second.value = session.last_insert_id.value_or(0);
  }
  return place->second;
}

void InsertIds::keep_owners(std::vector<std::string>& leads) {
  if (owner_ != 0 && dirty_) {
    leads.push_back("SET " + variable_of(owner_) + "=LAST_INSERT_ID()");
    State& owner = states_[owner_];
    owner.captured = owner.changed = true;
  }
  owner_ = 0;
  dirty_ = false;
}

void InsertIds::before(std::size_t unit, std::uint64_t thread, const SessionValues& session,
                       SetsInsertId sets, std::vector<std::string>& leads) {
  if (!tracked(unit)) {
    if (sets == SetsInsertId::never) return;
    keep_owners(leads);
    states_[thread] = {};
    return;
  }
  const State& own = state(thread, session);
  if (owner_ != thread) {
    keep_owners(leads);
    leads.push_back("SET last_insert_id=" + (own.captured ? variable_of(thread) : std::to_string(own.value)));
    owner_ = thread;
  }
  dirty_ = dirty_ || sets != SetsInsertId::never;
}

void InsertIds::told(std::size_t unit, std::uint64_t thread, SetsInsertId sets, bool failed) {
  const auto found = states_.find(thread);
  if (tracked(unit)) {
    if (found != states_.end() && sets == SetsInsertId::surely && !failed) found->second.known = true;
  } else if (sets != SetsInsertId::never) {
    states_[thread].known = false;
  }
}

void InsertIds::set(std::uint64_t thread, std::uint64_t value) {
  release(thread);
  states_[thread] = {true, false, true, value};
}

bool InsertIds::known(std::uint64_t thread) const {
  const auto found = states_.find(thread);
  return found != states_.end() && found->second.known;
}

void InsertIds::release(std::uint64_t thread) {
  if (owner_ != thread) return;
  owner_ = 0;
  dirty_ = false;
}

void InsertIds::end(std::uint64_t thread) {
  release(thread);
  states_.erase(thread);
}

void InsertIds::save(mysql::Connection& connection, SessionTable& sessions) {
  std::vector<std::string> leads;
  keep_owners(leads);
  for (const std::string& lead : leads) connection.execute(lead);
  for (auto one = states_.begin(); one != states_.end();) {
    auto& [thread, state] = *one;
    if (sessions.find(thread) == nullptr) {
      one = states_.erase(one);
      continue;
    }
    if (state.captured && state.changed) {
      state.value = std::stoull(connection.value("SELECT " + variable_of(thread)).value_or("0"));
      state.known = state.known || state.value != 0;
    }
    state.changed = false;
    auto& kept = sessions.at(thread).values.last_insert_id;
    kept = state.known ? std::optional(state.value) : std::nullopt;
    ++one;
  }
}

void InsertIds::forget() {
  states_.clear();
  owner_ = 0;
  dirty_ = false;
}

}  // namespace dw::load
