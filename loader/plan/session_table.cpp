#include "loader/plan/session_table.h"

#include <algorithm>
#include <cctype>

#include <nlohmann/json.hpp>

#include "common/sql/set_statement.h"
#include "loader/plan/sql_mode.h"

namespace dw::load {
namespace {

using nlohmann::json;

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::toupper(c); });
  return text;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

// "user@host on DB using TCP/IP"; DB may be empty (facts.md). A Change user row has "user@host on DB".
std::string database_of_connect(std::string_view text) {
  const auto on = text.rfind(" on ");
  if (on == std::string_view::npos) return "";
  std::string_view rest = text.substr(on + 4);
  rest = rest.substr(0, rest.rfind(" using "));
  return std::string(rest);
}

// Whether the session is inside an XA transaction after this XA statement.
bool opens_xa(std::string_view text, bool before) {
  sql::Lexer lexer(text);
  lexer.next();
  const sql::Token second = lexer.next();
  if (second.is("START") || second.is("BEGIN")) return true;
  return before && !second.is("PREPARE") && !second.is("COMMIT") && !second.is("ROLLBACK");
}

bool is_statement(Command command) {
  return command == Command::query || command == Command::execute;
}

}  // namespace

sql::LexerOptions lexer_options(const Session& session) {
  sql::LexerOptions options;
  options.ansi_quotes =
      session.sql_mode.find("ANSI") != std::string::npos;  // ANSI_QUOTES, and ANSI contains it
  options.no_backslash_escapes = session.sql_mode.find("NO_BACKSLASH_ESCAPES") != std::string::npos;
  return options;
}

Session SessionTable::fresh() const {
  Session session;
  session.autocommit = defaults_.autocommit;
  session.sql_mode = upper(defaults_.sql_mode);
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
      sessions_[event.thread_id] = std::move(session);
      break;
    }
    case Command::quit:
      end(event.thread_id);
      break;
    case Command::init_db:
      at(event.thread_id).database = event.text;
      break;
    case Command::reset_connection: {
      Session session = fresh();
      session.values = SessionValues::fresh();
      session.database = at(event.thread_id).database;
      sessions_[event.thread_id] = std::move(session);
      break;
    }
    default:
      if (is_statement(event.command)) at(event.thread_id);
  }
}

void SessionTable::observe(std::uint64_t thread_id, const sql::Statement& statement) {
  using sql::Verb;
  Session& session = at(thread_id);
  if (statement.commits) session.in_transaction = false;
  switch (statement.verb) {
    case Verb::use:
      session.database = statement.name;
      break;
    case Verb::begin:
      session.in_transaction = true;
      break;
    case Verb::commit:
    case Verb::rollback:
      session.in_transaction = statement.chain;
      break;
    case Verb::set_autocommit:
      if (statement.autocommit_value && !session.autocommit) session.in_transaction = false;
      session.autocommit = statement.autocommit_value;
      break;
    case Verb::xa:
      session.in_transaction = opens_xa(statement.text, session.in_transaction);
      break;
    default:
      break;
  }
  const bool changes = statement.cls == sql::StatementClass::change ||
                       (statement.cls == sql::StatementClass::destructive && !statement.commits);
  if (changes && !session.autocommit) session.in_transaction = true;
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
    }
  }
}

std::optional<std::string> sql_mode_after(const Session& session, std::string_view expression,
                                          const SessionDefaults& defaults) {
  const bool of_session = upper(std::string(expression)).find("@@") != std::string::npos;
  if (of_session && !session.sql_mode_known) return std::nullopt;
  return evaluate_sql_mode(expression,
                           {session.sql_mode, upper(defaults.sql_mode), session.mode_variables});
}

json SessionTable::to_json() const {
  json out = json::object();
  for (const auto& [thread, session] : sessions_) {
    json one{{"autocommit", session.autocommit},
             {"in_transaction", session.in_transaction},
             {"sql_mode", session.sql_mode}};
    if (session.database) one["database"] = *session.database;
    if (!session.sql_mode_known) one["sql_mode_known"] = false;
    if (!session.mode_variables.empty()) one["mode_variables"] = session.mode_variables;
    if (session.settings) one["settings"] = *session.settings;
    one["values"] = load::to_json(session.values);
    out[std::to_string(thread)] = std::move(one);
  }
  return out;
}

SessionTable SessionTable::from_json(const json& in) {
  SessionTable table;
  for (const auto& [thread, one] : in.items()) {
    Session session;
    session.autocommit = one.value("autocommit", true);
    session.in_transaction = one.value("in_transaction", false);
    session.sql_mode = one.value("sql_mode", "");
    session.sql_mode_known = one.value("sql_mode_known", true);
    session.mode_variables = one.value("mode_variables", session.mode_variables);
    if (one.contains("database")) session.database = one["database"].get<std::string>();
    if (one.contains("settings"))
      session.settings = std::make_shared<Settings>(one["settings"].get<Settings>());
    if (one.contains("values")) session.values = session_values_from(one["values"]);
    table.sessions_[std::stoull(thread)] = std::move(session);
  }
  return table;
}

}  // namespace dw::load
