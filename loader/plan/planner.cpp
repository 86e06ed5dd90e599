#include "loader/plan/planner.h"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <unordered_map>
#include <unordered_set>

#include "common/sql/readings.h"
#include "loader/plan/inner_statements.h"
#include "loader/plan/transactions.h"

namespace dw::load {
namespace {

using sql::StatementClass;
using sql::Verb;

bool is_statement(Command command) {
  return command == Command::query || command == Command::execute;
}

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

// The statements of every event, in order; session events become units without a statement.
class UnitReader {
 public:
  UnitReader(const Batch& batch, SessionTable sessions, Transactions& transactions,
             const PlannerOptions& options)
      : batch_(batch),
        sessions_(std::move(sessions)),
        transactions_(transactions),
        server_(sql::ServerVersion::parse(batch.header.source.server_version)),
        inner_(options.programs) {}

  std::vector<Unit> read() {
    units_.reserve(batch_.events.size());
    for (std::uint32_t i = 0; i < batch_.events.size(); ++i) {
      if (!is_statement(batch_.events[i].command)) {
        read_session_event(i);
      } else if (!read_inner(i)) {
        read_statements(i);
      }
    }
    return std::move(units_);
  }

  // As they are behind the batch.
  [[nodiscard]] const SessionTable& sessions() const { return sessions_; }

 private:
  void read_session_event(std::uint32_t index) {
    const Event& event = batch_.events[index];
    const bool ends = event.command == Command::quit || event.command == Command::connect ||
                      event.command == Command::change_user || event.command == Command::reset_connection;
    if (ends) transactions_.end_session(units_.size(), event.thread_id);
    sessions_.observe(event);
    Unit unit;
    unit.event = index;
    unit.reason = Reason::session;
    // A rare command that the protocol has besides statements, such as Drop DB.
    if (event.command == Command::other) unit.treatment = Treatment::refuse;
    units_.push_back(std::move(unit));
  }

  // A row that is inner is in no transaction and changes no session: the statement that ran it does all that.
  bool read_inner(std::uint32_t index) {
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
  void read_statements(std::uint32_t index) {
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

  // `run`: what the packet's statements so far may be followed by.
  void add(std::uint32_t index, std::uint32_t ordinal, sql::Statement statement, bool may_run,
           SharedRun& run) {
    const Event& event = batch_.events[index];
    Unit unit;
    unit.event = index;
    unit.ordinal = ordinal;
    unit.is_statement = true;
    unit.statement = std::move(statement);
    const bool of_body = !may_run && unit.statement.cls != StatementClass::schema;
    if (of_body) {
      unit.reason = Reason::unknown_body;
    } else {
      transactions_.observe(units_.size(), event.thread_id, sessions_.at(event.thread_id), unit.statement,
                            event.time);
      sessions_.observe(event.thread_id, unit.statement);
      Session& session = sessions_.at(event.thread_id);  // COMMIT RELEASE ended the one before
      session.inner = run;
      inner_.begin(unit.statement, session);
      run = session.inner;
    }
    units_.push_back(std::move(unit));
  }

  const Batch& batch_;
  SessionTable sessions_;
  Transactions& transactions_;
  sql::ServerVersion server_;
  InnerStatements inner_;
  std::vector<Unit> units_;
  std::unordered_map<std::uint64_t, std::vector<std::size_t>> in_doubt_;  // units, by thread
};

// Sessions that had ended when the process list was made, though no Quit row says so: a client that was
// killed leaves none (facts.md, "What a row is").
std::vector<std::uint64_t> ended_sessions(const Batch& batch, const SessionTable& before) {
  std::vector<std::uint64_t> out;
  if (!batch.header.live) return out;
  const LiveSessions& live = *batch.header.live;
  const std::unordered_set<std::uint64_t> alive(live.threads.begin(), live.threads.end());
  std::map<std::uint64_t, Position> last;
  for (const auto& [thread, session] : before.all()) last[thread] = {};
  for (const Event& event : batch.events) last[event.thread_id] = {event.generation, event.index};
  for (const auto& [thread, position] : last) {
    if (!alive.contains(thread) && position < live.at) out.push_back(thread);
  }
  return out;
}

// The log's time at the batch's end.
Micros end_of_log(const Batch& batch) {
  const Micros last = batch.events.empty() ? 0 : batch.events.back().time;
  return batch.header.more ? last : std::max(last, batch.header.made);
}

// `source.started` is told to the second, and may waver by one (common/log/batch.h).
constexpr Micros kStartWaver = 1'000'000;

bool server_restarted(const Batch& batch, Micros known) {
  return known != 0 && batch.header.source.started > known + kStartWaver;
}

// Sessions that a restart of the server ended. None before all that was logged until then is there.
std::vector<std::uint64_t> ended_by_restart(const Batch& batch, const SessionTable& behind, Micros known) {
  std::vector<std::uint64_t> out;
  if (!server_restarted(batch, known)) return out;
  const Micros started = batch.header.source.started;
  const bool all_there =
      !batch.header.more || (!batch.events.empty() && batch.events.back().time > started + kStartWaver);
  if (!all_there) return out;
  const auto& live = batch.header.live;
  for (const auto& [thread, session] : behind.all()) {
    const bool listed =
        live && std::find(live->threads.begin(), live->threads.end(), thread) != live->threads.end();
    if (!listed && session.began != 0 && session.began < started - kStartWaver) out.push_back(thread);
  }
  return out;
}

std::string folded(std::string name, bool lower) {
  if (lower)
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  return name;
}

bool is_system_schema(const std::string& name) {
  const std::string lower = folded(name, true);
  return lower == "mysql" || lower == "information_schema" || lower == "performance_schema" ||
         lower == "sys" || lower == "dw_meta";
}

class Judge {
 public:
  explicit Judge(const PlannerOptions& options) : options_(options) {
    for (const std::string& name : options.databases)
      databases_.insert(folded(name, options.lower_case_names));
  }

  void judge(Unit& unit, Fate fate) const {
    const sql::Statement& statement = unit.statement;
    if (unit.reason == Reason::unknown_body) return judge_unknown(unit);
    switch (statement.cls) {
      case StatementClass::empty:
      case StatementClass::read:
        return set(unit, Treatment::ignore, Reason::read);
      case StatementClass::transaction_control:  // SET autocommit=0, sql_mode='…' sets both
        if (statement.verb == Verb::set_autocommit)
          return set(unit, Treatment::set_state, Reason::transaction);
        return set(unit, Treatment::ignore, Reason::transaction);
      case StatementClass::session_state:
        return judge_state(unit);
      case StatementClass::account:
        return set(unit, Treatment::withhold, Reason::account);
      case StatementClass::administration:
        return judge_administration(unit);
      case StatementClass::unparsed:
        return set(unit, Treatment::refuse, Reason::none);
      default:
        break;
    }
    // BEGIN NOT ATOMIC …: anything may happen inside, a DELETE or a COMMIT too.
    if (statement.verb == Verb::none) return set(unit, Treatment::refuse, Reason::none);
    // SET x = f(): the function runs with the assignment.
    if (statement.verb == Verb::set && fate != Fate::rolled_back)
      return set(unit, Treatment::set_state, Reason::session);
    if (!touches_mirrored(unit)) {
      // A function of a mirrored schema, called from one that is not: what it changes is mirrored.
      const bool reaches = unit.note && unit.note->run;
      return set(unit, reaches ? Treatment::refuse : Treatment::ignore, Reason::not_mirrored);
    }
    if (fate == Fate::refused) return set(unit, Treatment::skip_rolled_back, Reason::none);
    if (fate == Fate::rolled_back) {
      // An UPDATE can move the counter too, and so can what triggers do.
      const bool replayable = statement.verb != Verb::load_data && statement.verb != Verb::load_xml;
      return set(unit, replayable ? Treatment::run_and_undo : Treatment::skip_rolled_back, Reason::none);
    }
    set(unit, Treatment::run, Reason::none);
  }

 private:
  static void set(Unit& unit, Treatment treatment, Reason reason) {
    unit.treatment = treatment;
    unit.reason = reason;
  }

  // A read changes nothing, and what schemas that are not mirrored do to themselves is no concern.
  void judge_unknown(Unit& unit) const {
    if (unit.statement.cls == StatementClass::read || unit.statement.cls == StatementClass::empty)
      return set(unit, Treatment::ignore, Reason::read);
    if (!touches_mirrored(unit)) return set(unit, Treatment::ignore, Reason::not_mirrored);
    set(unit, Treatment::refuse, Reason::unknown_body);
  }

  static void judge_state(Unit& unit) {
    switch (unit.statement.verb) {
      case Verb::set:
      case Verb::set_names:
      case Verb::set_character_set:
        return set(unit, Treatment::set_state, Reason::session);
      case Verb::create_temporary_table:
      case Verb::drop_temporary_table:
        // Where TEMPORARY stands in a version comment, the text does not tell what the server read.
        if ((unit.statement.doubts & sql::doubt_version_comment) != 0)
          return set(unit, Treatment::refuse, Reason::none);
        return set(unit, Treatment::run, Reason::none);
      case Verb::select:
        return set(unit, Treatment::run, Reason::none);
      default:
        return set(unit, Treatment::ignore, Reason::session);
    }
  }

  // Looking at tables changes no row of theirs; everything else that administers a server stays away from the
  // mirror's.
  static void judge_administration(Unit& unit) {
    switch (unit.statement.verb) {
      case Verb::analyze_table:
      case Verb::check_table:
      case Verb::checksum_table:
      case Verb::optimize_table:
      case Verb::repair_table:
        return set(unit, Treatment::ignore, Reason::administration);
      default:
        return set(unit, Treatment::withhold, Reason::administration);
    }
  }

  [[nodiscard]] bool is_mirrored(const std::string& schema) const {
    if (is_system_schema(schema)) return false;
    return databases_.empty() || databases_.contains(folded(schema, options_.lower_case_names));
  }

  // A statement that names no table it changes (CALL, DO) belongs to the session's database. What cannot be
  // known is let through: the server will say.
  [[nodiscard]] bool touches_mirrored(const Unit& unit) const {
    const sql::Statement& statement = unit.statement;
    const auto mirrored = [&](const std::string& schema) {
      return schema.empty() ? !unit.database || unit.database->empty() || is_mirrored(*unit.database)
                            : is_mirrored(schema);
    };
    if (statement.writes.empty()) return mirrored("");
    return std::any_of(statement.writes.begin(), statement.writes.end(),
                       [&](const sql::TableName& table) { return mirrored(table.schema); });
  }

  const PlannerOptions& options_;
  std::set<std::string> databases_;
};

}  // namespace

const char* to_string(Reason reason) {
  switch (reason) {
    case Reason::none:
      return "";
    case Reason::read:
      return "read";
    case Reason::session:
      return "session";
    case Reason::transaction:
      return "transaction";
    case Reason::not_mirrored:
      return "not mirrored";
    case Reason::account:
      return "account";
    case Reason::administration:
      return "administration";
    case Reason::retention:
      return "retention";
    case Reason::unknown_body:
      return "unknown body";
  }
  return "";
}

void adopt_live_databases(const Batch& batch, SessionTable& sessions) {
  if (!batch.header.live) return;
  std::set<std::uint64_t> candidates;
  std::set<std::uint64_t> seen;
  for (const Event& event : batch.events) {
    const bool first = seen.insert(event.thread_id).second;
    const Session* known = sessions.find(event.thread_id);
    if (first && event.command != Command::connect && (known == nullptr || !known->database)) {
      candidates.insert(event.thread_id);
    }
    const bool may_change = event.command == Command::init_db || event.command == Command::change_user ||
                            (is_statement(event.command) && sql::classify(event.text).verb == Verb::use);
    if (may_change) candidates.erase(event.thread_id);
  }
  for (const std::uint64_t thread : candidates) {
    const auto found = batch.header.live->databases.find(thread);
    if (found != batch.header.live->databases.end()) sessions.at(thread).database = found->second;
  }
}

const Event& event_of(const Batch& batch, const Unit& unit) {
  return unit.held ? unit.held->event : batch.events[unit.event];
}

std::string cursor_of(const Batch& batch, const Unit& unit) {
  return unit.held ? unit.held->cursor : batch.cursor_before(unit.event).text();
}

Unit unit_of(std::shared_ptr<const HeldStatement> held, const PlannerOptions& options) {
  Session session;
  session.database = held->database;
  session.sql_mode = held->sql_mode;
  Unit unit;
  unit.lexer = lexer_options(session);
  std::vector<sql::Statement> statements = sql::parse_packet(held->event.text, unit.lexer);
  unit.in_transaction = true;
  unit.is_statement = true;
  unit.database = held->database;
  unit.statement = std::move(statements.front());
  unit.held = std::move(held);
  Judge(options).judge(unit, Fate::committed);
  if (statements.size() != 1) unit.treatment = Treatment::refuse;
  return unit;
}

namespace {

// What falls under the rule is set aside, and more where nothing could run otherwise.
void set_aside(Transactions& transactions, const Batch& batch, const std::vector<Unit>& units,
               const HoldRule& rule) {
  transactions.set_aside(rule, end_of_log(batch));
  const auto nothing_can_run = [&] {
    const std::size_t first = transactions.first_open(units.size());
    return first < units.size() && units[first].event == 0;
  };
  while (rule.whatever_blocks && batch.header.more && nothing_can_run()) transactions.set_aside_first();
}

// Keeps the sessions without events behind the watermark.
void leave_out_later(std::vector<std::uint64_t>& threads, const Batch& batch, std::size_t watermark) {
  std::set<std::uint64_t> later;
  for (std::size_t i = watermark; i < batch.events.size(); ++i) later.insert(batch.events[i].thread_id);
  std::erase_if(threads, [&](std::uint64_t thread) { return later.contains(thread); });
}

// The steps up to the watermark, and those of sessions that ended, of `all` units' steps.
std::vector<HeldStep> steps_of(const Transactions& transactions, std::size_t all, std::size_t covered,
                               const std::vector<std::uint64_t>& ended) {
  std::vector<HeldStep> out;
  for (HeldStep& step : transactions.steps()) {
    const auto thread = held_transaction(step.key).thread;
    const bool at_end =
        step.unit == all && thread && std::find(ended.begin(), ended.end(), *thread) != ended.end();
    if (step.unit >= covered && !at_end) continue;
    step.unit = std::min(step.unit, covered);
    out.push_back(std::move(step));
  }
  return out;
}

void hold_if_open(Unit& unit, std::size_t number, const Transactions& transactions) {
  if (transactions.fate(number) != Fate::held) return;
  if (unit.treatment != Treatment::run && !is_savepoint(unit.statement)) return;
  unit.treatment = Treatment::hold;
  unit.held_key = transactions.held_key_of(number);
}

}  // namespace

Plan make_plan(const Batch& batch, SessionTable sessions, const PlannerOptions& options) {
  sessions.set_defaults(options.defaults);
  Transactions transactions(options.defaults.autocommit, options.held);
  Plan plan;
  UnitReader reader(batch, sessions, transactions, options);
  plan.units = reader.read();
  const SessionTable& behind = reader.sessions();
  const std::size_t all = plan.units.size();
  plan.ended = ended_sessions(batch, sessions);
  const std::vector<std::uint64_t> lost = ended_by_restart(batch, behind, sessions.server_started());
  plan.ended.insert(plan.ended.end(), lost.begin(), lost.end());
  for (const std::uint64_t thread : plan.ended) transactions.end_session(all, thread);
  set_aside(transactions, batch, plan.units, options.hold);
  plan.open_transactions = transactions.open_count();
  const std::size_t first_open = transactions.first_open(all);
  plan.watermark = first_open == all ? batch.events.size() : plan.units[first_open].event;
  const std::size_t gone = plan.ended.size();
  leave_out_later(plan.ended, batch, plan.watermark);
  plan.server_started = sessions.server_started();
  if (plan.server_started == 0 || (!lost.empty() && plan.ended.size() == gone))
    plan.server_started = batch.header.source.started;

  const Judge judge(options);
  std::size_t covered = 0;
  for (; covered < all && plan.units[covered].event < plan.watermark; ++covered) {
    Unit& unit = plan.units[covered];
    const Event& event = batch.events[unit.event];
    if (!unit.is_statement) {
      sessions.observe(event);
      continue;
    }
    if (unit.note) sessions.observe(event.thread_id, unit.note.get());
    unit.database =
        unit.note && unit.note->database ? unit.note->database : sessions.at(event.thread_id).database;
    if (unit.treatment == Treatment::inner) continue;
    const Session& session = sessions.at(event.thread_id);
    unit.in_transaction = session.in_transaction || !session.autocommit;
    unit.suspicion = transactions.suspicion(covered);
    judge.judge(unit, transactions.fate(covered));
    hold_if_open(unit, covered, transactions);
    if (unit.reason != Reason::unknown_body) sessions.observe(event.thread_id, unit.statement);
  }
  plan.held_steps = steps_of(transactions, all, covered, plan.ended);
  plan.units.resize(covered);
  return plan;
}

}  // namespace dw::load
