// Applier's part that knows of two kinds of server: what a statement is on the mirror's, and where the two do
// not do the same although they understand it alike.
#include <algorithm>

#include "common/sql/tokens.h"
#include "loader/apply/applier.h"
#include "loader/apply/foreign_keys.h"
#include "loader/dialect/type_doubts.h"

namespace dw::load {
namespace {

using sql::Verb;

// How the reasons begin that are the servers' own, not the log's.
const std::string kOtherDialect = "MySQL and MariaDB differ: ";
constexpr const char* kIgnored = "rows without a parent that INSERT IGNORE leaves out take ids or do not";
constexpr const char* kJson = "JSON is text on the mirror";
constexpr const char* kSets = "SET or ENUM beside a query";
constexpr const char* kParentFirst = "production gave an id to a row without its parent, or none";

constexpr const char* kNextId = "SET insert_id behind a statement that failed";
constexpr const char* kReplacedParent = "REPLACE of a row that others reference";

void add(std::vector<std::string>& to, const std::vector<std::string>& names) {
  to.insert(to.end(), names.begin(), names.end());
}

bool ignores_errors(const Unit& unit) {
  const auto tokens = sql::tokens_of(unit.statement.text, unit.lexer);
  return tokens.size() > 2 && (tokens[1].is("IGNORE") || tokens[2].is("IGNORE"));
}

}  // namespace

// The statement in the mirror's dialect, where that is another one. What is lost by it is written down.
std::optional<std::string> Applier::translate(std::size_t number, const sql::Statement& statement,
                                              bool undo) {
  const Unit& unit = unit_at(number);
  Translation translation = dialect_.translate(statement, unit.lexer);
  if (undo) return std::move(translation.text);
  for (const std::string& note : translation.notes) journal_.translated(unit, note);
  if (!translation.suspect.empty()) journal_.suspect(unit, kOtherDialect + translation.suspect);
  return std::move(translation.text);
}

void Applier::note_dialect_doubts(std::size_t number) {
  const Unit& unit = unit_at(number);
  note_replaced_parents(unit);
  if (dialect_.source().mariadb || !dialect_.mirror().mariadb) return;
  std::vector<std::string> written;
  std::vector<std::string> read;
  std::vector<std::string> sets;
  for (const sql::TableName& name : unit.statement.writes) {
    const TableFacts& facts = facts_of(schema_of(name, unit), name.table);
    add(written, facts.json_columns);
    add(sets, facts.set_columns);
  }
  for (const sql::TableName& name : unit.statement.reads) {
    const TableFacts& facts = facts_of(schema_of(name, unit), name.table);
    add(read, facts.json_columns);
    add(sets, facts.set_columns);
  }
  const auto note = [&](const char* reason) {
    wanted_ids_[number] = true;
    journal_.suspect(unit, kOtherDialect + reason);
  };
  // MySQL does not rename, nor drop, a column that a generated one depends on (error 3108); MariaDB does.
  const sql::TableName& first = unit.statement.writes.front();
  if (unit.statement.verb == Verb::alter_table && facts_of(schema_of(first, unit), first.table).generated)
    journal_.suspect(unit, kDefinitionOfOther);
  if (depends_on_json(unit.statement, written, read, unit.lexer)) note(kJson);
  if (compares_sets(unit.statement, sets, unit.lexer)) note(kSets);
  if (unit.statement.verb != Verb::insert || unit.statement.writes.size() != 1 || !ignores_errors(unit))
    return;
  const sql::TableName& name = unit.statement.writes[0];
  if (!facts_of(schema_of(name, unit), name.table).foreign_key) return;
  journal_.suspect_counters(unit, kOtherDialect + kIgnored);
  doubt_counters(unit);
  note_refused_parent(unit, kNoParentRow);
}

// Production's session and the mirror may check its foreign keys in two ways (foreign_keys.h): what fails in
// one of them passes in the other, and takes children along or leaves them. MySQL's log does not tell of
// COM_RESET_CONNECTION (measured on 9.7), so that only a session which is known to leave them to the engine
// is known to be alike.
void Applier::note_replaced_parents(const Unit& unit) {
  const bool replaces = unit.statement.verb == Verb::replace || unit.statement.verb == Verb::load_data ||
                        unit.statement.verb == Verb::load_xml;
  const bool by_engine = source_keys_by_engine_ || unit.keys_by_engine;
  if (!replaces || (by_engine && checks_keys_alike(unit))) return;
  const std::string reason = (has_two_kinds() ? kOtherDialect : "") + kReplacedParent;
  for (const sql::TableName& name : unit.statement.writes) {
    const QualifiedName parent{schema_of(name, unit), name.table};
    if (!facts_of(parent.first, parent.second).referenced) continue;
    // The other way round it is the mirror that refuses it, and the failure says so.
    if (by_engine) journal_.suspect_table(unit, parent.first, parent.second, reason);
    const auto [behind, is_new] = behind_.try_emplace(parent);
    if (is_new) {
      send_merged();
      pipeline_->flush();
      behind->second = tables_behind(connection_, parent);
    }
    for (const auto& [schema, table] : behind->second) journal_.suspect_table(unit, schema, table, reason);
  }
}

// INSERT IGNORE told of rows that it left out or changed: those without a parent took ids in one of two
// sessions that check foreign keys in two ways (foreign_keys.h), and none in the other.
void Applier::note_ignored_parents(const Unit& unit) {
  if (dialect_.mirror().mariadb || unit.statement.verb != Verb::insert || unit.statement.writes.size() != 1 ||
      !ignores_errors(unit))
    return;
  if (checks_keys_alike(unit)) return;
  const sql::TableName& name = unit.statement.writes[0];
  const std::string schema = schema_of(name, unit);
  // Statements may be under way: nothing can be asked.
  if (table_keys_.knows(schema, name.table)) {
    const TableFacts& facts = table_keys_.find(schema, name.table);
    if (!facts.foreign_key || facts.key.auto_increment.empty()) return;
  }
  journal_.suspect_tables(unit, kIgnored);
  doubt_counters(unit);
}

// A row that was refused for want of a parent took an id here and none in production, or the other way round:
// which ids the rows behind it have is not known.
void Applier::note_refused_parent(const Unit& unit, unsigned error) {
  const bool inserts = unit.statement.verb == Verb::insert || unit.statement.verb == Verb::replace;
  if (error != kNoParentRow || !inserts || unit.statement.writes.size() != 1) return;
  if (checks_keys_alike(unit)) return;
  const sql::TableName& name = unit.statement.writes[0];
  const std::string schema = schema_of(name, unit);
  // Statements may be under way: nothing can be asked.
  const bool no_ids = table_keys_.knows(schema, name.table) &&
                      table_keys_.find(schema, name.table).key.auto_increment.empty();
  if (no_ids) return;
  journal_.suspect_tables(unit, (has_two_kinds() ? kOtherDialect : "") + kParentFirst);
  doubt_counters(unit);
}

// What a session changes behind a statement that had its SET insert_id and failed.
void Applier::note_next_id(std::size_t number) {
  const Unit& unit = unit_at(number);
  const std::uint64_t thread = event_of(unit).thread_id;
  if (next_id_owner_ == thread && has_two_kinds()) {
    send_merged();
    pipeline_->flush();  // it may have failed
  }
  const bool changes = unit.statement.cls == sql::StatementClass::change;
  if (changes && checkpoint_.sessions.at(thread).values.next_id_doubtful)
    suspect(unit, kOtherDialect + kNextId);
}

// Behind one that failed for want of a parent MySQL 9.7 gave the id to the next statement, MariaDB 10.11 did
// not (tests/differential, seed 400).
void Applier::told_next_id(const Unit& unit, bool failed) {
  if (next_id_owner_ != event_of(unit).thread_id || !has_two_kinds()) return;
  if (checkpoint_.sessions.find(*next_id_owner_) == nullptr) return;
  const bool inserts = unit.statement.verb == Verb::insert || unit.statement.verb == Verb::replace;
  if (failed || inserts) checkpoint_.sessions.at(*next_id_owner_).values.next_id_doubtful = failed;
}

}  // namespace dw::load
