#include "loader/plan/unit_reader.h"

#include <algorithm>
#include <iterator>

#include "common/sql/readings.h"

namespace dw::load {
namespace {

using sql::StatementClass;

// How the session's text is read.
struct Reading {
  sql::LexerOptions options;
  sql::SqlMode sql_mode = sql::SqlMode::known;
  bool operator==(const Reading&) const = default;
};

Reading reading_of(const Session& session, const sql::ServerVersion& server) {
  Reading out{lexer_options(session), session.sql_mode_known ? sql::SqlMode::known : sql::SqlMode::uncertain};
  out.options.server = server;
  return out;
}

// Of a text that was cut off nothing may run: what is missing may be a WHERE.
std::vector<sql::Statement> statements_of(std::string_view text, bool truncated, const Reading& reading) {
  std::vector<sql::Statement> statements = sql::parse_packet_surely(text, reading.options, reading.sql_mode);
  if (!truncated) return statements;
  sql::Statement whole = sql::unreadable(text);
  for (sql::Statement& one : statements)
    std::move(one.writes.begin(), one.writes.end(), std::back_inserter(whole.writes));
  return {std::move(whole)};
}

// What stands behind a statement of the text and its `;`.
std::string_view behind(std::string_view text, std::string_view statement) {
  text.remove_prefix(static_cast<std::size_t>(statement.data() + statement.size() - text.data()));
  const std::size_t semicolon = text.find(';');
  return semicolon == std::string_view::npos ? std::string_view() : text.substr(semicolon + 1);
}

}  // namespace

UnitReader::UnitReader(const Batch& batch, SessionTable sessions, Transactions& transactions,
                       const PlannerOptions& options)
    : batch_(batch),
      sessions_(std::move(sessions)),
      transactions_(transactions),
      server_(sql::ServerVersion::parse(batch.header.source.server_version)),
      inner_(options.programs),
      absent_(batch, options.absent, options.lower_case_names),
      waits_(batch, options.held, sessions_, options.lower_case_names) {
  latest_ = sessions_.log_time();
}

std::vector<Unit> UnitReader::read() {
  units_.reserve(batch_.events.size());
  for (std::uint32_t i = 0; i < batch_.events.size(); ++i) {
    waits_.begin_row(units_.size(), i);
    if (!is_statement(batch_.events[i].command)) {
      read_session_event(i);
    } else if (!read_inner(i)) {
      read_statements(i);
    }
  }
  return std::move(units_);
}

void UnitReader::read_session_event(std::uint32_t index) {
  const Event& event = batch_.events[index];
  log_time(event);
  const bool ends = event.command == Command::quit || event.command == Command::connect ||
                    event.command == Command::change_user || event.command == Command::reset_connection;
  if (ends) transactions_.end_session(units_.size(), event.thread_id);
  Unit unit;
  unit.event = index;
  unit.reason = Reason::session;
  unit.refused = event.command == Command::init_db && absent_.refuses(index, event.text);
  if (unit.refused) {
    sessions_.stay(event.thread_id);
  } else {
    sessions_.observe(event);
  }
  // A rare command that the protocol has besides statements, such as Drop DB.
  if (event.command == Command::other) unit.treatment = Treatment::refuse;
  units_.push_back(std::move(unit));
}

// A row that is inner is in no transaction and changes no session: the statement that ran it does all that.
bool UnitReader::read_inner(std::uint32_t index) {
  const Event& event = batch_.events[index];
  Session& session = sessions_.at(event.thread_id);
  if (!session.inner) return false;
  const InnerVerdict verdict = inner_.judge(event, session);
  if (verdict == InnerVerdict::none) {
    in_doubt_.erase(event.thread_id);
    return false;
  }
  Unit unit;
  unit.event = index;
  unit.treatment = Treatment::inner;
  unit.is_statement = true;
  unit.note = std::make_shared<const ProgramNote>(ProgramNote{session.inner, {}, {}});
  unit.lexer = reading_of(session, server_).options;
  unit.statement = sql::classify(event.text, unit.lexer);
  if (verdict == InnerVerdict::doubtful) {
    unit.doubtful = !unit.statement.writes.empty();
    in_doubt_[event.thread_id].push_back(units_.size());
  } else {
    // What stands before a row that is certain is part of the same run.
    for (const std::size_t number : in_doubt_[event.thread_id]) units_[number].doubtful = false;
    in_doubt_.erase(event.thread_id);
  }
  units_.push_back(std::move(unit));
  return true;
}

// A SET in a packet decides how the rest of it is read.
void UnitReader::read_statements(std::uint32_t index) {
  const Event& event = batch_.events[index];
  sessions_.observe(event);
  const std::size_t first = units_.size();
  ProgramNote note;
  const bool may_run = inner_.may_run(event, sessions_.at(event.thread_id), note);
  std::string_view text = event.text;
  for (bool again = true; again;) {
    again = false;
    const Reading reading = reading_of(sessions_.at(event.thread_id), server_);
    std::vector<sql::Statement> statements = statements_of(text, event.truncated, reading);
    for (std::size_t k = 0; k < statements.size() && !again; ++k) {
      const std::string_view statement = statements[k].text;
      add(index, static_cast<std::uint32_t>(units_.size() - first), std::move(statements[k]), may_run,
          note.run);
      units_.back().lexer = reading.options;
      const bool last = k + 1 == statements.size();
      again = !last && !(reading_of(sessions_.at(event.thread_id), server_) == reading);
      if (again) text = behind(text, statement);
    }
  }
  if (!note.run && !note.event_schema && !note.database) return;
  const auto shared = std::make_shared<const ProgramNote>(std::move(note));
  for (std::size_t i = first; i < units_.size(); ++i) units_[i].note = shared;
}

// A session with a time zone of its own has the times of its rows written in that zone, and they are read in
// the server's (measured on both servers): hours too early, or too late.
Micros UnitReader::log_time(const Event& event) {
  const Micros made = batch_.header.made;
  if (made == 0 || event.time <= made) latest_ = std::max(latest_, event.time);
  return latest_ == 0 ? event.time : latest_;
}

// `run`: what the packet's statements so far may be followed by.
void UnitReader::add(std::uint32_t index, std::uint32_t ordinal, sql::Statement statement, bool may_run,
                     SharedRun& run) {
  const Event& event = batch_.events[index];
  Unit unit;
  unit.event = index;
  unit.ordinal = ordinal;
  unit.is_statement = true;
  unit.statement = std::move(statement);
  // A packet ends at the statement that fails.
  const bool behind_refused = ordinal > 0 && units_.back().refused;
  const bool to_nowhere =
      unit.statement.verb == sql::Verb::use && absent_.refuses(index, unit.statement.name);
  unit.refused = behind_refused || to_nowhere;
  if (!unit.refused) absent_.follow(unit.statement);
  const bool of_body = !may_run && unit.statement.cls != StatementClass::schema;
  if (unit.refused) {
    sessions_.stay(event.thread_id);
  } else if (of_body) {
    unit.reason = Reason::unknown_body;
  } else {
    const Session& before = sessions_.at(event.thread_id);
    waits_.observe(unit.statement, sessions_, units_);
    unit.call = effect_of_call(unit.statement, before, inner_.programs());
    if (unit.call) {
      transactions_.observe_call(units_.size(), event.thread_id, *unit.call);
    } else {
      transactions_.observe(units_.size(), event.thread_id, before, unit.statement, log_time(event));
    }
    sessions_.observe(event.thread_id, unit.statement);
    if (unit.call) sessions_.called(event.thread_id, *unit.call);
    Session& session = sessions_.at(event.thread_id);  // COMMIT RELEASE ended the one before
    session.inner = run;
    inner_.begin(unit.statement, session);
    run = session.inner;
  }
  units_.push_back(std::move(unit));
}

}  // namespace dw::load
