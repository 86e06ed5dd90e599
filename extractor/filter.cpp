#include "extractor/filter.h"

#include <algorithm>
#include <array>

#include "common/log/event.h"
#include "common/sql/readings.h"
#include "common/sql/server_schemas.h"
#include "common/util/letter_case.h"
#include "extractor/statement_tally.h"

namespace dw::extract {
namespace {

// Commands that neither change anything nor end anything. Prepare is among them because its Execute holds the
// text.
constexpr std::array<std::string_view, 17> kIdleCommands{
    "Prepare",     "Close stmt",      "Reset stmt",  "Long Data",      "Fetch",
    "Field List",  "Statistics",      "Ping",        "Sleep",          "Debug",
    "Time",        "Set option",      "Processlist", "Register Slave", "Register Replica",
    "Binlog Dump", "Binlog Dump GTID"};

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// A byte from 0x80 on with a backslash or backtick behind it: in some character sets the two are one
// character.
bool may_hide_a_quote(std::string_view text) {
  for (std::size_t i = text.find_first_of("\\`", 1); i < text.size(); i = text.find_first_of("\\`", i + 1)) {
    if (static_cast<unsigned char>(text[i - 1]) >= 0x80) return true;
  }
  return false;
}

// The text read in each way that the session's sql_mode and character set and the server's version allow. The
// log does not tell them for sure: a session may have set them before this batch, or with a statement that
// failed.
std::vector<std::vector<sql::Statement>> readings(std::string_view text) {
  std::vector<sql::LexerOptions> bases(1);
  if (may_hide_a_quote(text)) {
    for (const sql::Charset charset : {sql::Charset::big5, sql::Charset::gbk, sql::Charset::sjis})
      bases.emplace_back().charset = charset;
  }
  std::vector<std::vector<sql::Statement>> out;
  for (const sql::LexerOptions& base : bases) {
    for (const sql::LexerOptions& options : sql::possible_readings(text, base, sql::SqlMode::uncertain))
      out.push_back(sql::parse_packet(text, options));
  }
  return out;
}

// Whether every statement of every reading passes.
template <typename Test>
bool surely(const std::vector<std::vector<sql::Statement>>& texts, const Test& test) {
  return std::all_of(texts.begin(), texts.end(), [&](const auto& statements) {
    return std::all_of(statements.begin(), statements.end(), test);
  });
}

// What ends a transaction stays, whatever else it does: the outcome of earlier statements hangs on it.
bool is_read(const sql::Statement& statement) {
  return !statement.commits &&
         (statement.cls == sql::StatementClass::read || statement.cls == sql::StatementClass::empty);
}

bool is_rds_table(const sql::TableName& name) {
  return equals_ignoring_case(name.schema, "mysql") &&
         (equals_ignoring_case(name.table, "rds_heartbeat2") ||
          equals_ignoring_case(name.table, "rds_sysinfo") || equals_ignoring_case(name.table, "rds_history"));
}

bool is_rds(const sql::Statement& statement) {
  return !statement.commits && !statement.writes.empty() &&
         std::all_of(statement.writes.begin(), statement.writes.end(), is_rds_table);
}

}  // namespace

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::read:
      return "read";
    case Verdict::own:
      return "own";
    case Verdict::rds:
      return "rds";
    case Verdict::schema:
      return "schema";
    case Verdict::keep:
      break;
  }
  return "";
}

std::string_view user_of(std::string_view user_host) {
  const std::size_t end = user_host.rfind("] @ ");
  if (end == std::string_view::npos) return {};
  const std::size_t begin = user_host.rfind('[', end);
  return begin == std::string_view::npos ? std::string_view() : user_host.substr(begin + 1, end - begin - 1);
}

ConnectDatabase database_of_connect(std::string_view text) {
  constexpr std::string_view kOn = " on ";
  const std::size_t end = text.rfind(" using ");
  const std::size_t on = text.find(kOn);
  if (end == std::string_view::npos || on == std::string_view::npos || on + kOn.size() > end) return {};
  if (text.rfind(kOn, end) != on || text.find(" using ") != end) return {};
  return {true, text.substr(on + kOn.size(), end - on - kOn.size())};
}

Verdict Filter::judge(const LogRow& row) {
  if (settings_.rds && user_of(row.user_host) == "rdsadmin") {
    const Command command = command_from(row.command_type);
    if (command == Command::query || command == Command::execute)
      tally_ += tally_of(readings(row.text), !row.truncated);
    return Verdict::rds;
  }
  const bool own = is_own(row);
  switch (command_from(row.command_type)) {
    case Command::connect:
    case Command::change_user:
      return judge_connect(row, own);
    case Command::init_db: {
      Session& session = sessions_[row.thread_id];
      session.schemas.emplace(row.text);
      session.used = true;
      return Verdict::keep;
    }
    case Command::query:
    case Command::execute:
      return judge_statement(row, own);
    case Command::quit: {
      const auto session = sessions_.find(row.thread_id);
      const bool used = session != sessions_.end() && session->second.used;
      if (session != sessions_.end()) sessions_.erase(session);
      return own && !used ? Verdict::own : Verdict::keep;
    }
    default:
      break;
  }
  const bool idle =
      std::find(kIdleCommands.begin(), kIdleCommands.end(), row.command_type) != kIdleCommands.end();
  return idle ? Verdict::read : Verdict::keep;
}

bool Filter::is_own(const LogRow& row) const {
  const std::string_view user = user_of(row.user_host);
  return !user.empty() && user == settings_.own_user;
}

Verdict Filter::judge_connect(const LogRow& row, bool own) {
  const ConnectDatabase database = database_of_connect(row.text);
  Session session;
  session.start_seen = database.certain;
  if (!database.name.empty()) session.schemas.emplace(database.name);
  const bool ours = own && database.certain && database.name.empty();
  session.used = !ours;
  sessions_.insert_or_assign(row.thread_id, std::move(session));
  return ours ? Verdict::own : Verdict::keep;
}

Verdict Filter::judge_statement(const LogRow& row, bool own) {
  if (own && row.text.starts_with(kMarkOpening)) {
    sessions_[row.thread_id].used = true;  // its Quit stays, too
    return Verdict::keep;
  }
  if (own && row.text.starts_with(kMarker)) return Verdict::own;
  Session& session = sessions_[row.thread_id];
  session.used = true;
  if (row.truncated) {
    ++tally_.unclear;
    return Verdict::keep;
  }
  const auto texts = readings(row.text);
  tally_ += tally_of(texts, true);
  for (const auto& statements : texts) {
    for (const sql::Statement& statement : statements) {
      if (statement.verb == sql::Verb::use) session.schemas.insert(statement.name);
    }
  }
  if (surely(texts, is_read)) return Verdict::read;
  if (surely(texts, is_rds)) return Verdict::rds;
  if (surely(texts, [&](const sql::Statement& statement) { return outside_schemas(statement, session); })) {
    return Verdict::schema;
  }
  return Verdict::keep;
}

// DDL stays although its tables are not mirrored: it commits what came before it. So does what may leave
// something in a user variable, or runs otherwise on other versions.
bool Filter::outside_schemas(const sql::Statement& statement, const Session& session) const {
  using sql::StatementClass;
  if (statement.cls != StatementClass::change && statement.cls != StatementClass::destructive) return false;
  if (statement.commits || statement.writes.empty() || statement.temporary) return false;
  if ((statement.doubts & (sql::doubt_user_variable | sql::doubt_version_comment)) != 0) return false;
  const auto is_outside = [&](const sql::TableName& name) {
    if (!name.schema.empty()) return !is_mirrored(name.schema);
    return session.start_seen && !session.schemas.empty() &&
           std::none_of(session.schemas.begin(), session.schemas.end(),
                        [&](const std::string& schema) { return is_mirrored(schema); });
  };
  return std::all_of(statement.writes.begin(), statement.writes.end(), is_outside) &&
         std::all_of(statement.reads.begin(), statement.reads.end(), is_outside);
}

// Whether `App` and `app` are one schema depends on the server and its file system: here they are.
bool Filter::is_mirrored(std::string_view schema) const {
  if (!is_ascii(schema)) return true;
  if (settings_.databases.empty()) return !sql::is_server_schema(schema);
  const auto is_schema = [&](std::string_view name) { return equals_ignoring_case(name, schema); };
  return std::any_of(settings_.databases.begin(), settings_.databases.end(), is_schema);
}

}  // namespace dw::extract
