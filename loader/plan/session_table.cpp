#include "loader/plan/session_table.h"

#include <algorithm>
#include <array>
#include <cctype>

#include <nlohmann/json.hpp>

#include "common/sql/set_statement.h"

namespace dw::load {
namespace {

using nlohmann::json;

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::toupper(c); });
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

// Modes that contain ANSI_QUOTES (MySQL manual 7.1.11, "Combination SQL Modes"; MariaDB "SQL_MODE").
bool has_ansi_quotes(std::string_view upper_modes) {
  static constexpr std::array kModes{"ANSI", "ORACLE", "DB2", "MSSQL", "MAXDB", "POSTGRESQL"};
  return std::any_of(kModes.begin(), kModes.end(),
                     [&](const char* mode) { return upper_modes.find(mode) != std::string_view::npos; });
}

bool has_no_backslash_escapes(std::string_view upper_modes) {
  return upper_modes.find("NO_BACKSLASH_ESCAPES") != std::string_view::npos;
}

// SET sql_mode = expression. Its value is not in the log, but most such only put a mode back or add one that
// does not matter here.
bool makes_mode_uncertain(const std::string& before, const std::string& expression) {
  const auto matters = [](const std::string& text) {
    return has_ansi_quotes(text) || has_no_backslash_escapes(text);
  };
  return matters(before) || matters(expression);
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
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
  if (statement.verb == Verb::set_names || statement.verb == Verb::set_character_set) {
    session.charset = upper(statement.name) == "DEFAULT" ? defaults_.charset : statement.name;
  }
  if (statement.verb != Verb::set && statement.verb != Verb::set_autocommit) return;
  const auto assignments = sql::parse_assignments(statement.text, lexer_options(session));
  for (const auto& one : assignments.value_or(std::vector<sql::Assignment>{})) {
    if (one.scope == sql::Assignment::Scope::session) assign(session, one);
  }
}

void SessionTable::assign(Session& session, const sql::Assignment& one) const {
  if (one.name == "character_set_client" && one.constant) {
    const std::string value = sql::constant_value(one.expression);
    session.charset = upper(value) == "DEFAULT" ? defaults_.charset : value;
  }
  if (one.name != "sql_mode") return;
  const std::string value = upper(sql::constant_value(one.expression));
  if (!one.constant || is_number(value)) {
    if (is_number(value) || makes_mode_uncertain(session.sql_mode, value)) session.sql_mode_uncertain = true;
    return;
  }
  session.sql_mode_uncertain = false;
  session.sql_mode = value == "DEFAULT" ? upper(defaults_.sql_mode) : value;
}

json SessionTable::to_json() const {
  json out = json::object();
  for (const auto& [thread, session] : sessions_) {
    json one{{"autocommit", session.autocommit},
             {"in_transaction", session.in_transaction},
             {"sql_mode", session.sql_mode},
             {"sql_mode_uncertain", session.sql_mode_uncertain},
             {"charset", session.charset}};
    if (session.database) one["database"] = *session.database;
    if (session.settings) one["settings"] = *session.settings;
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
    session.sql_mode_uncertain = one.value("sql_mode_uncertain", false);
    session.charset = one.value("charset", "");
    if (one.contains("database")) session.database = one["database"].get<std::string>();
    if (one.contains("settings"))
      session.settings = std::make_shared<Settings>(one["settings"].get<Settings>());
    table.sessions_[std::stoull(thread)] = std::move(session);
  }
  return table;
}

}  // namespace dw::load
