// What the log says of each source session (a thread between Connect and Quit). Pure: no server is asked.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "common/log/event.h"
#include "common/sql/statement.h"
#include "loader/plan/inner_run.h"
#include "loader/plan/session_values.h"

namespace dw::load {

// Session variables that the mirror must have set as production had them, by name, as SQL literals. Shared
// between sessions, never changed in place.
using Settings = std::map<std::string, std::string>;
using SharedSettings = std::shared_ptr<const Settings>;

// A table that a session holds by LOCK TABLES.
struct TableLock {
  sql::TableName name;  // its schema is never empty
  bool write = false;   // nobody else reads it either
};

struct Session {
  std::optional<std::string> database;  // nullopt: not known, the session began before the log did
  bool autocommit = true;
  bool in_transaction = false;   // by BEGIN, by XA START, or by a change under autocommit=0
  bool unsure = false;           // whether in_transaction holds: a procedure ended or opened one unseen
  bool read_only = false;        // START TRANSACTION READ ONLY
  bool tables_locked = false;    // by LOCK TABLES
  std::vector<TableLock> locks;  // those of known schemas
  enum class Xa : std::uint8_t { none, active, idle } xa = Xa::none;  // behind XA START, behind XA END
  std::string xid;                                                    // of XA START
  std::vector<std::string> savepoints;  // of the open transaction, lower case, oldest first
  // Not later than this the session began: its Connect row's time, or that of its first event known; 0: not
  // known.
  Micros began = 0;
  std::string sql_mode;                               // upper case; decides how text is read
  bool sql_mode_known = true;                         // false: it was set to what the log does not tell
  std::map<std::string, std::string> mode_variables;  // user variables that hold an sql_mode
  std::string charset;      // character_set_client, as far as the log tells; decides how text is read
  SharedSettings settings;  // what differs from the source's globals; null: nothing
  SessionValues values;
  SharedRun inner;            // what its last statement may be followed by; null: nothing
  bool calls_logged = false;  // the log shows what procedures run (MariaDB's log_disabled_statements)
  bool event = false;         // a scheduled event's: it has no client
  // Foreign keys are checked by the engine, behind the taking of ids: see loader/apply/foreign_keys.h.
  bool keys_by_engine = false;
};

struct CallEffect;

// What new sessions start with.
struct SessionDefaults {
  bool autocommit = true;
  std::string sql_mode;
  bool calls_logged = false;
  std::string charset{};  // character_set_client
};

sql::LexerOptions lexer_options(const Session& session);
// What sql_mode is after a SET, as far as its text tells; nullopt: it does not.
std::optional<std::string> sql_mode_after(const Session& session, std::string_view expression,
                                          const SessionDefaults& defaults);

class SessionTable {
 public:
  void set_defaults(SessionDefaults defaults) { defaults_ = std::move(defaults); }
  [[nodiscard]] const SessionDefaults& defaults() const { return defaults_; }

  // When the source's server started, as of the last batch that was applied to its end; 0: not known.
  [[nodiscard]] Micros server_started() const { return server_started_; }
  void set_server_started(Micros time) { server_started_ = time; }

  // The latest time of the log's rows; 0: not known.
  [[nodiscard]] Micros log_time() const { return log_time_; }
  void set_log_time(Micros time) { log_time_ = time; }

  // The thread's session; a new one of unknown database when the log has not shown its beginning.
  Session& at(std::uint64_t thread_id);
  [[nodiscard]] const Session* find(std::uint64_t thread_id) const;

  // Connect, Quit, Init DB, Change user, Reset connection.
  void observe(const Event& event);
  // A statement that the session sent: USE, SET autocommit, SET sql_mode, BEGIN, COMMIT, …
  void observe(std::uint64_t thread_id, const sql::Statement& statement);

  // What a statement means besides, to be told behind `observe`; null: nothing.
  void observe(std::uint64_t thread_id, const ProgramNote* note);

  // A CALL that ended the session's transaction, to be told behind `observe`.
  void called(std::uint64_t thread_id, const CallEffect& effect);
  // A USE or COM_INIT_DB that was refused. A session that had no database is of unknown database then: the
  // mirror may lack the schema wrongly.
  void stay(std::uint64_t thread_id);

  void end(std::uint64_t thread_id) { sessions_.erase(thread_id); }
  [[nodiscard]] const std::map<std::uint64_t, Session>& all() const { return sessions_; }

  [[nodiscard]] nlohmann::json to_json() const;
  static SessionTable from_json(const nlohmann::json& in);

 private:
  Session fresh() const;
  void observe_set(Session& session, const sql::Statement& statement);

  SessionDefaults defaults_;
  Micros server_started_ = 0;
  Micros log_time_ = 0;
  std::map<std::uint64_t, Session> sessions_;
};

}  // namespace dw::load
