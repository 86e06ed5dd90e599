#include "loader/plan/session_table.h"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "common/sql/set_statement.h"
#include "common/util/letter_case.h"
#include "loader/plan/call_effect.h"
#include "loader/plan/savepoints.h"
#include "loader/plan/sql_mode.h"
#include "loader/plan/transaction_rules.h"

namespace dw::load {
namespace {

using nlohmann::json;

// Stands among the thread ids of the JSON form.
constexpr const char* kServerStarted = "server_started";
constexpr const char* kLogTime = "log_time";

// "user@host on DB using TCP/IP"; DB may be empty (facts.md). A Change user row has "user@host on DB".
std::string database_of_connect(std::string_view text) {
  const auto on = text.rfind(" on ");
  if (on == std::string_view::npos) return "";
  std::string_view rest = text.substr(on + 4);
  rest = rest.substr(0, rest.rfind(" using "));
  return std::string(rest);
}

// Modes that contain ANSI_QUOTES (MySQL manual 7.1.11, "Combination SQL Modes"; MariaDB "SQL_MODE").
bool has_ansi_quotes(std::string_view upper_modes) {
  static constexpr std::array kModes{"ANSI", "ORACLE", "DB2", "MSSQL", "MAXDB", "POSTGRESQL"};
  return std::any_of(kModes.begin(), kModes.end(),
                     [&](const char* mode) { return upper_modes.find(mode) != std::string_view::npos; });
}

bool has_no_backslash_escapes(std::string_view upper_modes) {
  return upper_modes.find("NO_BACKSLASH_ESCAPES") != std::string_view::npos;
}

std::vector<TableLock> locks_of(const Session& session, const sql::Statement& statement) {
  std::vector<TableLock> out;
  const auto add = [&](sql::TableName name, bool write) {
    if (name.schema.empty()) name.schema = session.database.value_or("");
    if (!name.schema.empty()) out.push_back({std::move(name), write});
  };
  for (const sql::TableName& name : statement.writes) add(name, true);
  for (const sql::TableName& name : statement.reads) add(name, false);
  return out;
}

json locks_json(const std::vector<TableLock>& locks) {
  json out = json::array();
  for (const TableLock& one : locks) out.push_back({one.name.schema, one.name.table, one.write});
  return out;
}

std::vector<TableLock> locks_from(const json& in) {
  std::vector<TableLock> out;
  for (const json& one : in) out.push_back({{one.at(0), one.at(1)}, one.at(2)});
  return out;
}

}  // namespace

sql::LexerOptions lexer_options(const Session& session) {
  sql::LexerOptions options;
  options.ansi_quotes = has_ansi_quotes(session.sql_mode);
  options.no_backslash_escapes = has_no_backslash_escapes(session.sql_mode);
  options.oracle = session.sql_mode.find("ORACLE") != std::string::npos;
  options.charset = sql::charset_from(session.charset);
  return options;
}

Session SessionTable::fresh() const {
  Session session;
  session.autocommit = defaults_.autocommit;
  session.sql_mode = upper(defaults_.sql_mode);
  session.calls_logged = defaults_.calls_logged;
  session.charset = defaults_.charset;
  return session;
}

Session& SessionTable::at(std::uint64_t thread_id) {
  const auto found = sessions_.find(thread_id);
  return found != sessions_.end() ? found->second : sessions_.emplace(thread_id, fresh()).first->second;
}

const Session* SessionTable::find(std::uint64_t thread_id) const {
  const auto found = sessions_.find(thread_id);
  return found == sessions_.end() ? nullptr : &found->second;
}

void SessionTable::observe(const Event& event) {
  switch (event.command) {
    case Command::connect:
    case Command::change_user: {
      Session session = fresh();
      session.values = SessionValues::fresh();
      session.database = database_of_connect(event.text);
      session.began = event.time;
      session.keys_by_engine = event.command == Command::change_user;
      sessions_[event.thread_id] = std::move(session);
      break;
    }
    case Command::quit:
      end(event.thread_id);
      break;
    case Command::init_db:
      at(event.thread_id).database = event.text;
      at(event.thread_id).inner = nullptr;
      break;
    case Command::reset_connection: {
      Session session = fresh();
      session.values = SessionValues::fresh();
      session.database = at(event.thread_id).database;
      session.began = at(event.thread_id).began;
      session.keys_by_engine = true;
      sessions_[event.thread_id] = std::move(session);
      break;
    }
    default:
      if (is_statement(event.command)) at(event.thread_id);
  }
  const auto session = sessions_.find(event.thread_id);
  if (session != sessions_.end() && session->second.began == 0) session->second.began = event.time;
}

void SessionTable::observe(std::uint64_t thread_id, const sql::Statement& statement) {
  using sql::Verb;
  Session& session = at(thread_id);
  session.inner = nullptr;
  const TransactionEffect effect = effect_of(session, statement, defaults_.autocommit);
  if (effect.ends_session) return end(thread_id);
  if (effect.end != TransactionEffect::End::none || !effect.opens) session.savepoints.clear();
  if (effect.end != TransactionEffect::End::none) session.unsure = false;
  session.in_transaction = effect.opens;
  session.read_only = effect.read_only;
  session.xa = effect.xa;
  session.xid = effect.xa == Session::Xa::none ? "" : effect.xid;
  if (effect.refused) return;
  switch (statement.verb) {
    case Verb::use:
      session.database = statement.name;
      break;
    case Verb::set_autocommit:
      session.autocommit = autocommit_behind(session, statement, defaults_.autocommit).value;
      break;
    case Verb::lock_tables:
    case Verb::unlock_tables:
    case Verb::begin:  // it unlocks
      session.tables_locked = statement.verb == Verb::lock_tables;
      session.locks = session.tables_locked ? locks_of(session, statement) : std::vector<TableLock>();
      break;
    default:
      break;
  }
  if (is_savepoint(statement) && session.in_transaction) {
    Savepoints savepoints(session.savepoints);
    savepoints.follow(statement, 0);
    session.savepoints = savepoints.names();
  }
  if (statement.verb == Verb::set_names || statement.verb == Verb::set_character_set) {
    session.charset = upper(statement.name) == "DEFAULT" ? defaults_.charset : statement.name;
  }
  if (statement.verb != Verb::set && statement.verb != Verb::set_autocommit) return;
  observe_set(session, statement);
}

// sql_mode, and the user variables that it is kept in, as dumps do.
void SessionTable::observe_set(Session& session, const sql::Statement& statement) {
  const auto assignments = sql::parse_assignments(statement.text, lexer_options(session));
  if (!assignments) return;
  const Session before = session;
  for (const sql::Assignment& one : *assignments) {
    if (one.scope == sql::Assignment::Scope::user_variable) {
      const auto mode = sql_mode_after(before, one.expression, defaults_);
      const bool holds = mode && upper(std::string(one.expression)).find("SQL_MODE") != std::string::npos;
      if (holds && before.sql_mode_known) {
        session.mode_variables[lower(one.name)] = *mode;
      } else {
        session.mode_variables.erase(lower(one.name));
      }
    } else if (one.scope == sql::Assignment::Scope::session && one.name == "sql_mode") {
      const auto mode = sql_mode_after(before, one.expression, defaults_);
      session.sql_mode_known = mode.has_value();
      if (mode) session.sql_mode = *mode;
    } else if (one.scope == sql::Assignment::Scope::session && one.name == "character_set_client" &&
               one.constant) {
      const std::string value = sql::constant_value(one.expression);
      session.charset = upper(value) == "DEFAULT" ? defaults_.charset : value;
    } else if (one.scope == sql::Assignment::Scope::session && one.name == "log_disabled_statements" &&
               one.constant) {
      const std::string value = upper(sql::constant_value(one.expression));
      session.calls_logged =
          value == "DEFAULT" ? defaults_.calls_logged : value.find("SP") == std::string::npos;
    }
  }
}

std::optional<std::string> sql_mode_after(const Session& session, std::string_view expression,
                                          const SessionDefaults& defaults) {
  const bool of_session = upper(std::string(expression)).find("@@") != std::string::npos;
  if (of_session && !session.sql_mode_known) return std::nullopt;
  return evaluate_sql_mode(expression, {session.sql_mode, upper(defaults.sql_mode), session.mode_variables});
}

void SessionTable::observe(std::uint64_t thread_id, const ProgramNote* note) {
  if (note == nullptr) return;
  Session& session = at(thread_id);
  session.inner = note->run;
  if (!note->event_schema) return;
  session.database = note->event_schema;
  session.event = true;
}

void SessionTable::called(std::uint64_t thread_id, const CallEffect& effect) {
  Session& session = at(thread_id);
  session.savepoints.clear();
  session.read_only = false;
  session.in_transaction = effect.opens || (!session.autocommit && effect.changes_behind);
}

void SessionTable::stay(std::uint64_t thread_id) {
  Session& session = at(thread_id);
  session.inner = nullptr;
  if (session.database && session.database->empty()) session.database.reset();
}

json SessionTable::to_json() const {
  json out = json::object();
  if (server_started_ != 0) out[kServerStarted] = server_started_;
  if (log_time_ != 0) out[kLogTime] = log_time_;
  for (const auto& [thread, session] : sessions_) {
    json one{{"autocommit", session.autocommit},
             {"in_transaction", session.in_transaction},
             {"sql_mode", session.sql_mode},
             {"charset", session.charset}};
    if (session.unsure) one["unsure"] = true;
    if (session.read_only) one["read_only"] = true;
    if (session.keys_by_engine) one["keys_by_engine"] = true;
    if (session.tables_locked) one["tables_locked"] = true;
    if (!session.locks.empty()) one["locks"] = locks_json(session.locks);
    if (session.xa != Session::Xa::none) one["xa"] = session.xa == Session::Xa::active ? "active" : "idle";
    if (!session.xid.empty()) one["xid"] = session.xid;
    if (!session.savepoints.empty()) one["savepoints"] = session.savepoints;
    if (session.began != 0) one["began"] = session.began;
    if (session.database) one["database"] = *session.database;
    if (!session.sql_mode_known) one["sql_mode_known"] = false;
    if (!session.mode_variables.empty()) one["mode_variables"] = session.mode_variables;
    if (session.settings) one["settings"] = *session.settings;
    one["values"] = load::to_json(session.values);
    if (session.inner) one["inner"] = load::to_json(*session.inner);
    if (session.calls_logged) one["calls_logged"] = true;
    if (session.event) one["event"] = true;
    out[std::to_string(thread)] = std::move(one);
  }
  return out;
}

SessionTable SessionTable::from_json(const json& in) {
  SessionTable table;
  for (const auto& [thread, one] : in.items()) {
    if (thread == kServerStarted) {
      table.server_started_ = one.get<Micros>();
      continue;
    }
    if (thread == kLogTime) {
      table.log_time_ = one.get<Micros>();
      continue;
    }
    Session session;
    session.autocommit = one.value("autocommit", true);
    session.in_transaction = one.value("in_transaction", false);
    session.sql_mode = one.value("sql_mode", "");
    session.read_only = one.value("read_only", false);
    session.tables_locked = one.value("tables_locked", false);
    if (one.contains("locks")) session.locks = locks_from(one["locks"]);
    const std::string xa = one.value("xa", "");
    if (!xa.empty()) session.xa = xa == "active" ? Session::Xa::active : Session::Xa::idle;
    session.xid = one.value("xid", "");
    session.savepoints = one.value("savepoints", std::vector<std::string>{});
    session.began = one.value("began", Micros{0});
    session.sql_mode_known = one.value("sql_mode_known", true);
    session.mode_variables = one.value("mode_variables", session.mode_variables);
    session.charset = one.value("charset", "");
    if (one.contains("database")) session.database = one["database"].get<std::string>();
    if (one.contains("settings"))
      session.settings = std::make_shared<Settings>(one["settings"].get<Settings>());
    if (one.contains("values")) session.values = session_values_from(one["values"]);
    if (one.contains("inner")) session.inner = inner_run_from_json(one["inner"]);
    session.calls_logged = one.value("calls_logged", false);
    session.event = one.value("event", false);
    session.unsure = one.value("unsure", false);
    session.keys_by_engine = one.value("keys_by_engine", false);
    table.sessions_[std::stoull(thread)] = std::move(session);
  }
  return table;
}

}  // namespace dw::load
