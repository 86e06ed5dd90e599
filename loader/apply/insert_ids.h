// LAST_INSERT_ID() of every source session, on the mirror's one connection.
//
// A statement that needs its session's own value, or whose effect on it is needed later, gets
// `SET last_insert_id=…` in front; a value is kept in a user variable when another session's turn comes. Both
// servers take the value so set in INSERT, UPDATE, triggers and procedures, and leave it where a statement
// fails or gives no new id (measured on MariaDB 10.11 and MySQL 9.7).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "common/mysql/connection.h"
#include "loader/plan/insert_id_plan.h"
#include "loader/plan/session_table.h"

namespace dw::load {

class InsertIds {
 public:
  // Which units of the plan need the session's own value.
  void begin(InsertIdPlan plan) { plan_ = std::move(plan); }
  [[nodiscard]] bool tracked(std::size_t unit) const {
    return unit < plan_.tracked.size() && plan_.tracked[unit];
  }
  // What the unit does, as far as the plan tells: else `otherwise`.
  [[nodiscard]] SetsInsertId sets(std::size_t unit, SetsInsertId otherwise) const {
    const auto found = plan_.sets.find(unit);
    return found == plan_.sets.end() ? otherwise : found->second;
  }

  // Adds to `leads` what must run before the unit. To be called in the order in which units are sent.
  void before(std::size_t unit, std::uint64_t thread, const SessionValues& session, SetsInsertId sets,
              std::vector<std::string>& leads);
  // The unit ended. To be called in the same order.
  void told(std::size_t unit, std::uint64_t thread, SetsInsertId sets, bool failed);
  // What sets it in production is not run here. No statement of the session may be under way.
  void lose(std::uint64_t thread) {
    release(thread);
    states_[thread] = {};
  }
  // SET last_insert_id = value, to be noted when the statements before it have ended.
  void set(std::uint64_t thread, std::uint64_t value);

  [[nodiscard]] bool known(std::uint64_t thread) const;
  [[nodiscard]] bool has(std::uint64_t thread) const { return states_.contains(thread); }

  // The session is over; results of its statements may still come.
  void release(std::uint64_t thread);
  // It begins anew; no statement of it is under way.
  void end(std::uint64_t thread);
  // Before a commit, with no statement under way: writes the values to their sessions.
  void save(mysql::Connection& connection, SessionTable& sessions);
  // The sessions are as the last commit left them; the connection's value is nobody's.
  void forget();

 private:
  struct State {
    bool known = false;       // else 0 stands for it, so that a value which comes up is known again
    bool captured = false;    // in this connection's @dw_id_<thread>
    bool changed = false;     // since the last save
    std::uint64_t value = 0;  // where it is not captured
  };
  State& state(std::uint64_t thread, const SessionValues& session);
  void keep_owners(std::vector<std::string>& leads);

  InsertIdPlan plan_;
  std::map<std::uint64_t, State> states_;
  std::uint64_t owner_ = 0;  // whose value the connection has; 0: nobody's
  bool dirty_ = false;       // and it may differ from what is kept
};

}  // namespace dw::load
