// Applier's part that gives every statement its session's LAST_INSERT_ID() and user variables.
#include <algorithm>
#include <cctype>

#include "loader/apply/applier.h"
#include "loader/apply/unfaithful.h"

namespace dw::load {
namespace {

using sql::StatementClass;
using sql::Verb;

constexpr const char* kUnknownValues =
    "its session's LAST_INSERT_ID() or user variables are not known for sure";
constexpr const char* kIdInDoubt = "LAST_INSERT_ID() of an id given while other sessions inserted";

bool contains_word(std::string_view text, std::string_view lower) {
  const auto same = [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; };
  return std::search(text.begin(), text.end(), lower.begin(), lower.end(), same) != text.end();
}

bool changes(const sql::Statement& statement) {
  return statement.cls == StatementClass::change || statement.cls == StatementClass::destructive;
}

bool is_set(const sql::Statement& statement) {
  return statement.verb == Verb::set || statement.verb == Verb::set_autocommit;
}

bool may_name_variables(const sql::Statement& statement) {
  return is_set(statement) || (statement.doubts & sql::doubt_user_variable) != 0;
}

// What the text alone tells.
SetsInsertId sets_by_text(const sql::Statement& statement) {
  switch (statement.verb) {
    case Verb::insert:
    case Verb::replace:
    case Verb::load_data:
    case Verb::load_xml:
    case Verb::call:
    case Verb::create_table:
    case Verb::create_temporary_table:
      return SetsInsertId::maybe;
    case Verb::set:
      return contains_word(statement.text, "last_insert_id") ? SetsInsertId::surely : SetsInsertId::never;
    case Verb::update:
    case Verb::select:
    case Verb::do_:
    case Verb::delete_:
      return contains_word(statement.text, "last_insert_id") ? SetsInsertId::maybe : SetsInsertId::never;
    default:
      return SetsInsertId::never;
  }
}

}  // namespace

// May ask the mirror about tables: only before the plan's first statement is sent.
SetsInsertId Applier::sets_insert_id(const Unit& unit) {
  const sql::Statement& statement = unit.statement;
  const SetsInsertId by_text = sets_by_text(statement);
  const bool inserts = statement.verb == Verb::insert || statement.verb == Verb::replace;
  if (!inserts || statement.writes.size() != 1) return by_text;
  const sql::TableName& name = statement.writes[0];
  if (unclear_tables_.contains(name.table)) return by_text;
  const MergeTable& table = merge_tables_.find(schema_of(name, unit), name.table);
  if (!table.exists) return by_text;
  const bool given = contains_word(statement.text, "last_insert_id");  // LAST_INSERT_ID(expression)
  if (table.auto_increment_column.empty() && !given) return SetsInsertId::never;
  const auto row = sql::parse_insert_row(statement);
  if (!row) return by_text;
  // A zero takes a new id or not, as the session's sql_mode will say.
  switch (id_kind(*row, table, "NO_AUTO_VALUE_ON_ZERO")) {
    case IdKind::none:
    case IdKind::given:
      return SetsInsertId::never;
    case IdKind::generated:
      return SetsInsertId::surely;
    case IdKind::unclear:
      break;
  }
  return by_text;
}

SetsInsertId Applier::sets_of(std::size_t number) const {
  return insert_ids_.sets(number, sets_by_text(unit_at(number).statement));
}

void Applier::plan_values() {
  variable_uses_.clear();
  unclear_tables_.clear();
  bodies_.learn();
  bool auto_is_null =
      context_.base().contains("sql_auto_is_null") && context_.base().at("sql_auto_is_null") != "0";
  // A commit within the plan keeps sessions' values, also where the rest of the plan runs anew behind it.
  bool commits = false;
  for (const auto& [thread, session] : checkpoint_.sessions.all()) {
    commits = commits || !session.values.temporaries.empty();
    auto_is_null = auto_is_null || (session.settings && session.settings->contains("sql_auto_is_null"));
    for (const TemporaryTable& one : session.values.temporaries) unclear_tables_.insert(one.table);
  }
  for (const Unit& unit : plan_.units) {
    const sql::Statement& statement = unit.statement;
    if (statement.verb == Verb::create_trigger || statement.verb == Verb::create_routine)
      bodies_.add(statement.text);
    if (statement.verb == Verb::set && contains_word(statement.text, "sql_auto_is_null")) auto_is_null = true;
    if (!statement.commits && !statement.temporary) continue;
    commits = true;
    for (const sql::TableName& name : statement.writes) unclear_tables_.insert(name.table);
  }
  const InsertIdUses uses{
      [&](const Unit& unit) {
        if ((unit.statement.doubts & sql::doubt_last_insert_id) != 0 || unit.statement.verb == Verb::call)
          return true;
        if (bodies_.use_insert_id() && changes(unit.statement)) return true;
        return auto_is_null && changes(unit.statement) && contains_word(unit.statement.text, "null");
      },
      [&](const Unit& unit) { return sets_insert_id(unit); }, commits || !merging_};
  insert_ids_.begin(track_insert_ids(*batch_, plan_, uses));
}

void Applier::send_own(std::string sql) {
  texts_.push_back(std::move(sql));
  pipeline_->add({kNoUnit, texts_.back(), nullptr, true});
}

// What the unit needs of its session goes to the mirror before it.
void Applier::lead_values(std::size_t number) {
  const Unit& unit = unit_at(number);
  const std::uint64_t thread = event_of(unit).thread_id;
  if (next_id_owner_ != thread) take_back_next_id();
  note_next_id(number);
  // If that is another than production's, its rows are known by the ids that they get.
  if (!unit.held && (unit.statement.doubts & sql::doubt_last_insert_id) != 0) wanted_ids_[number] = true;
  const Session& session = checkpoint_.sessions.at(thread);
  std::vector<std::string> leads;
  insert_ids_.before(number, thread, session.values, sets_of(number), leads);
  VariableUse use;
  if (may_name_variables(unit.statement)) use = variable_use(unit.statement, lexer_options(session));
  std::set<std::string> names = use.names;
  if (!bodies_.variables().empty() && changes(unit.statement))
    names.insert(bodies_.variables().begin(), bodies_.variables().end());
  if (!names.empty()) user_variables_.before(thread, session.values, names, leads);
  if (!use.names.empty()) variable_uses_[number] = std::move(use);
  if (session.settings) lead_next_values(number, leads);
  for (std::string& lead : leads) send_own(std::move(lead));
}

// Where production may have given a statement another id than the mirror did, LAST_INSERT_ID() of its session
// is another one, too. True when the unit read it.
bool Applier::told_last_insert_id(std::size_t number) {
  const Unit& unit = unit_at(number);
  const sql::Statement& statement = unit.statement;
  const std::uint64_t thread = event_of(unit).thread_id;
  if (checkpoint_.sessions.find(thread) == nullptr) return false;
  SessionValues& values = checkpoint_.sessions.at(thread).values;
  const bool by_body = bodies_.use_insert_id() && (changes(statement) || statement.verb == Verb::call);
  const bool reads = by_body || (statement.doubts & sql::doubt_last_insert_id) != 0;
  const bool reads_doubtful = reads && values.last_insert_id_doubtful;
  if (sets_of(number) == SetsInsertId::never || is_set(statement)) return reads_doubtful;
  const bool concurrent =
      !unit.held && !writes_own_temporaries(unit) && (concurrency_.of(number) & concurrent_ids) != 0;
  const bool in_doubt =
      concurrent ||
      std::any_of(statement.writes.begin(), statement.writes.end(), [&](const sql::TableName& one) {
        return doubtful_counters_.contains({schema_of(one, unit), one.table});
      });
  if (in_doubt || sets_of(number) == SetsInsertId::surely) values.last_insert_id_doubtful = in_doubt;
  return reads_doubtful;
}

// The ids that the table gives next may not be production's.
void Applier::doubt_counters(const Unit& unit) {
  for (const sql::TableName& one : unit.statement.writes)
    doubtful_counters_.insert({schema_of(one, unit), one.table});
}

// SET insert_id and the seeds of RAND() hold until a statement of the session takes an id or calls it. Which
// one takes the id the mirror knows best: it has it from the session's next statement on.
void Applier::lead_next_values(std::size_t number, std::vector<std::string>& leads) {
  const Unit& unit = unit_at(number);
  Session& session = checkpoint_.sessions.at(event_of(unit).thread_id);
  Settings settings = *session.settings;
  const auto take = [&](const char* name) {
    const auto found = settings.find(name);
    if (found == settings.end()) return;
    leads.push_back("SET " + found->first + "=" + found->second);
    settings.erase(found);
  };
  if (unit.statement.verb != Verb::set) {
    take("insert_id");
    if (settings.size() != session.settings->size()) next_id_owner_ = event_of(unit).thread_id;
  }
  if ((unit.statement.doubts & sql::doubt_random) != 0) {
    take("rand_seed1");
    take("rand_seed2");
  }
  if (settings.size() == session.settings->size()) return;
  session.settings = settings.empty() ? nullptr : std::make_shared<const Settings>(std::move(settings));
}

// A statement that fails before it takes an id, or takes none, leaves SET insert_id as it is, for the next
// one (measured on MariaDB 10.11 and MySQL 9.7). That must not be another session's, nor dw-load's own.
void Applier::take_back_next_id() {
  if (!next_id_owner_) return;
  send_merged();
  pipeline_->flush();
  const std::uint64_t thread = *next_id_owner_;
  next_id_owner_.reset();
  const std::string left = connection_.value("SELECT @@insert_id").value_or("0");
  if (left == "0") return;
  clear_next_id();
  if (checkpoint_.sessions.find(thread) == nullptr) return;
  Session& session = checkpoint_.sessions.at(thread);
  Settings settings = session.settings ? *session.settings : Settings{};
  settings.emplace("insert_id", left);  // one that was set since holds
  session.settings = std::make_shared<const Settings>(std::move(settings));
}

// In a transaction. SET insert_id=0 takes it back on MariaDB; on MySQL the next id would then be 0, so that a
// row that is taken back uses it up.
void Applier::clear_next_id() {
  if (connection_.is_mariadb()) {
    connection_.execute("SET insert_id=0");
    return;
  }
  if (connection_.value("SELECT @@insert_id").value_or("0") == "0") return;
  connection_.execute("SET @dw_id=LAST_INSERT_ID()");
  connection_.execute("SAVEPOINT dw_next_id");
  try {
    connection_.execute(
        "INSERT INTO dw_meta.suspects (schema_name, table_name, reason, log_cursor, noted_at) VALUES "
        "('', '', '', '', NOW(6))");
  } catch (const mysql::SqlError& error) {
    if (error.connection_is_gone()) throw;  // else the id was there already, and is used up as well
  }
  connection_.execute("ROLLBACK TO dw_next_id");
  connection_.execute("SET last_insert_id=@dw_id");
}

// Outside a transaction.
void Applier::forget_next_id() {
  connection_.execute("START TRANSACTION");
  clear_next_id();
  connection_.execute("ROLLBACK");
}

// It was to give its session's LAST_INSERT_ID(), so that what earlier ones gave was not looked at.
bool Applier::hides_earlier_ids(std::size_t number) const {
  return merging_ && all_transactional_ && insert_ids_.tracked(number) &&
         sets_of(number) == SetsInsertId::surely && !is_set(unit_at(number).statement);
}

void Applier::told_values(std::size_t number, bool failed) {
  const Unit& unit = unit_at(number);
  const sql::Statement& statement = unit.statement;
  const std::uint64_t thread = event_of(unit).thread_id;
  const bool id_in_doubt = told_last_insert_id(number);
  const bool unknown_id = (statement.doubts & sql::doubt_last_insert_id) != 0 && !insert_ids_.known(thread);
  insert_ids_.told(number, thread, sets_of(number), failed);
  told_next_id(unit, failed);
  bool doubtful = unknown_id;
  const auto use = variable_uses_.find(number);
  if (use != variable_uses_.end()) {
    const bool unfaithful = failed || unknown_id || id_in_doubt || (statement.doubts & kUnfaithful) != 0;
    const bool read = user_variables_.told(thread, use->second, unfaithful);
    doubtful = doubtful || read || (use->second.row_order && changes(statement));
    variable_uses_.erase(use);
  }
  if (failed || unit.treatment != Treatment::run || statement.writes.empty()) return;
  if (doubtful) suspect(unit, kUnknownValues);
  if (!doubtful && id_in_doubt) suspect(unit, kIdInDoubt);
}

void Applier::set_insert_id(std::size_t number, std::uint64_t value) {
  send_merged();
  pipeline_->flush();
  insert_ids_.set(event_of(unit_at(number)).thread_id, value);
}

void Applier::end_values(const Event& event) {
  if (next_id_owner_ == event.thread_id) take_back_next_id();
  insert_ids_.release(event.thread_id);
  user_variables_.release(event.thread_id);
  const bool begins_anew = event.command != Command::quit;
  if (!begins_anew || (!insert_ids_.has(event.thread_id) && !user_variables_.has(event.thread_id))) return;
  send_merged();
  pipeline_->flush();
  insert_ids_.end(event.thread_id);
  user_variables_.end(event.thread_id);
}

void Applier::forget_values() {
  kept_rows_.forget();
  next_id_owner_.reset();
  insert_ids_.forget();
  user_variables_.forget();
  variable_uses_.clear();
}

}  // namespace dw::load
