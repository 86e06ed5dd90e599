#include "loader/plan/planner.h"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <unordered_map>
#include <unordered_set>

#include "loader/plan/transactions.h"

namespace dw::load {
namespace {

using sql::StatementClass;
using sql::Verb;

bool is_statement(Command command) {
  return command == Command::query || command == Command::execute;
}

// Whatever quotes and backslashes mean in the text, it changes nothing.
bool is_surely_read(std::string_view text) {
  for (unsigned modes = 0; modes < 4; ++modes) {
    sql::LexerOptions options;
    options.ansi_quotes = (modes & 1U) != 0;
    options.no_backslash_escapes = (modes & 2U) != 0;
    for (const sql::Statement& statement : sql::parse_packet(text, options)) {
      if (statement.cls != StatementClass::read && statement.cls != StatementClass::empty) return false;
    }
  }
  return true;
}

// The statements of an event's text, as its session reads it. Of a text that was cut off nothing may run: what
// is missing may be a WHERE. Nor of one with double quotes or backslashes, where the session's sql_mode is not
// known.
std::vector<sql::Statement> statements_of(const Event& event, const Session& session) {
  std::vector<sql::Statement> statements = sql::parse_packet(event.text, lexer_options(session));
  const bool clear = session.sql_mode_known || event.text.find_first_of("\"\\") == std::string::npos ||
                     is_surely_read(event.text);
  if (!event.truncated && clear) return statements;
  sql::Statement whole;
  whole.text = event.text;
  whole.cls = StatementClass::unparsed;
  for (sql::Statement& one : statements)
    std::move(one.writes.begin(), one.writes.end(), std::back_inserter(whole.writes));
  return {std::move(whole)};
}

// The statements of every event, in order; session events become units without a statement.
std::vector<Unit> read_units(const Batch& batch, SessionTable sessions, Transactions& transactions) {
  std::vector<Unit> units;
  units.reserve(batch.events.size());
  for (std::uint32_t i = 0; i < batch.events.size(); ++i) {
    const Event& event = batch.events[i];
    if (!is_statement(event.command)) {
      const bool ends = event.command == Command::quit || event.command == Command::connect ||
                        event.command == Command::change_user || event.command == Command::reset_connection;
      if (ends) transactions.end_session(event.thread_id);
      sessions.observe(event);
      Unit unit;
      unit.event = i;
      unit.reason = Reason::session;
      // A rare command that the protocol has besides statements, such as Drop DB.
      if (event.command == Command::other) unit.treatment = Treatment::refuse;
      units.push_back(std::move(unit));
      continue;
    }
    std::vector<sql::Statement> statements =
        statements_of(event, sessions.at(event.thread_id));
    for (std::uint32_t ordinal = 0; ordinal < statements.size(); ++ordinal) {
      transactions.observe(units.size(), event.thread_id, sessions.at(event.thread_id), statements[ordinal]);
      sessions.observe(event.thread_id, statements[ordinal]);
      Unit unit;
      unit.event = i;
      unit.ordinal = ordinal;
      unit.is_statement = true;
      unit.statement = std::move(statements[ordinal]);
      units.push_back(std::move(unit));
    }
  }
  return units;
}

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

  void judge(Unit& unit, const Session& session, Fate fate) const {
    const sql::Statement& statement = unit.statement;
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
    if (!touches_mirrored(statement, session)) return set(unit, Treatment::ignore, Reason::not_mirrored);
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
  [[nodiscard]] bool touches_mirrored(const sql::Statement& statement, const Session& session) const {
    const auto mirrored = [&](const std::string& schema) {
      return schema.empty() ? !session.database || session.database->empty() || is_mirrored(*session.database)
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

Plan make_plan(const Batch& batch, SessionTable sessions, const PlannerOptions& options) {
  sessions.set_defaults(options.defaults);
  Transactions transactions;
  Plan plan;
  plan.units = read_units(batch, sessions, transactions);
  plan.ended = ended_sessions(batch, sessions);
  for (const std::uint64_t thread : plan.ended) transactions.end_session(thread);
  plan.open_transactions = transactions.open_threads().size();
  const std::size_t first_open = transactions.first_open(plan.units.size());
  plan.watermark = first_open == plan.units.size() ? batch.events.size() : plan.units[first_open].event;

  const Judge judge(options);
  std::size_t covered = 0;
  for (; covered < plan.units.size() && plan.units[covered].event < plan.watermark; ++covered) {
    Unit& unit = plan.units[covered];
    const Event& event = batch.events[unit.event];
    if (!unit.is_statement) {
      sessions.observe(event);
      continue;
    }
    const Session& session = sessions.at(event.thread_id);
    unit.database = session.database;
    judge.judge(unit, session, transactions.fate(covered));
    sessions.observe(event.thread_id, unit.statement);
  }
  plan.units.resize(covered);
  return plan;
}

}  // namespace dw::load
