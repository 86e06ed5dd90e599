// What the log says of each source session (a thread between Connect and Quit). Pure: no server is asked.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "common/log/event.h"
#include "common/sql/statement.h"
#include "loader/plan/session_values.h"

namespace dw::load {

// Session variables that the mirror must have set as production had them, by name, as SQL literals. Shared
// between sessions, never changed in place.
using Settings = std::map<std::string, std::string>;
using SharedSettings = std::shared_ptr<const Settings>;

struct Session {
  std::optional<std::string> database;  // nullopt: not known, the session began before the log did
  bool autocommit = true;
  bool in_transaction = false;  // by BEGIN, or by a change under autocommit=0
  std::string sql_mode;         // upper case; decides how text is read
  bool sql_mode_known = true;   // false: it was set to what the log does not tell
  std::map<std::string, std::string> mode_variables;  // user variables that hold an sql_mode
  SharedSettings settings;      // what differs from the source's globals; null: nothing
  SessionValues values;
};

// What new sessions start with.
struct SessionDefaults {
  bool autocommit = true;
  std::string sql_mode;
};

sql::LexerOptions lexer_options(const Session& session);
// What sql_mode is after a SET, as far as its text tells; nullopt: it does not.
std::optional<std::string> sql_mode_after(const Session& session, std::string_view expression,
                                          const SessionDefaults& defaults);

class SessionTable {
 public:
  void set_defaults(SessionDefaults defaults) { defaults_ = std::move(defaults); }
  [[nodiscard]] const SessionDefaults& defaults() const { return defaults_; }

  // The thread's session; a new one of unknown database when the log has not shown its beginning.
  Session& at(std::uint64_t thread_id);
  [[nodiscard]] const Session* find(std::uint64_t thread_id) const;

  // Connect, Quit, Init DB, Change user, Reset connection.
  void observe(const Event& event);
  // A statement that the session sent: USE, SET autocommit, SET sql_mode, BEGIN, COMMIT, …
  void observe(std::uint64_t thread_id, const sql::Statement& statement);

  void end(std::uint64_t thread_id) { sessions_.erase(thread_id); }
  [[nodiscard]] const std::map<std::uint64_t, Session>& all() const { return sessions_; }

  [[nodiscard]] nlohmann::json to_json() const;
  static SessionTable from_json(const nlohmann::json& in);

 private:
  Session fresh() const;
  void observe_set(Session& session, const sql::Statement& statement);

  SessionDefaults defaults_;
  std::map<std::uint64_t, Session> sessions_;
};

}  // namespace dw::load
