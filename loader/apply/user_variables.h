// The user variables of every source session, on the mirror's one connection.
//
// The connection's variables belong to one session at a time. When another one's turn comes, they are kept
// under other names and that one's are set, in one SET: both servers evaluate all its expressions before they
// assign (measured on MariaDB 10.11 and MySQL 9.7), and copying a variable keeps its type, sign, character set
// and collation.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/mysql/connection.h"
#include "loader/plan/session_table.h"
#include "loader/plan/variable_use.h"

namespace dw::load {

class UserVariables {
 public:
  // A statement of the session is about to run that may use these variables: adds to `leads` what must run
  // before it. To be called in the order in which statements are sent.
  void before(std::uint64_t thread, const SessionValues& session, const std::set<std::string>& names,
              std::vector<std::string>& leads);
  // That statement ended; `unfaithful`: what it assigns need not be what production assigned. True when it
  // read a variable whose value may differ from production's.
  bool told(std::uint64_t thread, const VariableUse& use, bool unfaithful);

  [[nodiscard]] bool has(std::uint64_t thread) const { return states_.contains(thread); }
  // The session is over; results of its statements may still come.
  void release(std::uint64_t thread);
  // It begins anew; no statement of it is under way.
  void end(std::uint64_t thread);
  // Before a commit, with no statement under way: writes the values to their sessions.
  void save(mysql::Connection& connection, SessionTable& sessions);
  // The sessions are as the last commit left them; the connection's variables are nobody's.
  void forget();

 private:
  struct State {
    bool from_start = false;
    bool changed = false;                         // since the last save
    std::set<std::string> names;                  // that may be set
    std::set<std::string> captured;               // of those, which have been kept on this connection
    std::map<std::string, std::string> literals;  // the others; also which ones the session has assigned
    std::set<std::string> doubtful;
  };
  State& state(std::uint64_t thread, const SessionValues& session);
  std::string kept_name(std::uint64_t thread, const std::string& name);
  [[nodiscard]] bool is_doubtful(const State& state, const std::string& name) const;
  void read_values(mysql::Connection& connection, std::uint64_t thread, State& state);

  std::map<std::uint64_t, State> states_;
  std::map<std::string, std::size_t> slots_;  // a kept variable's name has a number in place of the name
  std::set<std::string> present_;             // names that may be set on the connection
  std::uint64_t owner_ = 0;                   // 0: nobody
};

// A literal that gives a variable this value again, with its type. `charset` and `collation` count for text
// alone; `hex` are its bytes. Pure.
std::string variable_literal(const mysql::TypedValue& value, const std::string& hex,
                             const std::string& charset, const std::string& collation);

}  // namespace dw::load
