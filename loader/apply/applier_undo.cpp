// Applier's part for what production took back: the ids that it took all the same.
//
// The statements of a transaction that is rolled back run in one savepoint, so that each sees the rows of
// those before it, as in production. Where another session's statement stands between them, that one must not
// see them: they are taken back before it, and run again behind it, with the ids that they were given.
#include <algorithm>
#include <vector>

#include "loader/apply/applier.h"
#include "loader/apply/foreign_keys.h"

namespace dw::load {
namespace {

constexpr std::size_t kMostRunAgain = 30;

}  // namespace

// Whether the unit leaves the savepoint of the statements before it as it is.
bool Applier::keeps_undo(const Unit& unit) {
  switch (unit.treatment) {
    case Treatment::run_and_undo:
      return unit.undone_before == undoing_ && move_temporaries(unit, true).empty();
    case Treatment::run:
    case Treatment::hold:
      return false;
    case Treatment::set_state:
      return unit.statement.cls != sql::StatementClass::change;
    default:
      return unit.is_statement;
  }
}

void Applier::begin_undo(std::size_t number) {
  const Unit& unit = unit_at(number);
  const bool goes_on = undoing_ && unit.undone_before == undoing_;
  if (!goes_on) {
    end_undo();
    send_own("SAVEPOINT dw_undo");
    run_again(unit.undone_before);
  }
  undoing_ = number;
}

void Applier::end_undo() {
  if (!undoing_) return;
  send_own("ROLLBACK TO dw_undo");
  undoing_.reset();
}

// What a statement that is run for its ids alone must leave as it was: the session's LAST_INSERT_ID(), and
// the rows that the archive's triggers have counted (loader/apply/kept_rows.h).
void Applier::remember_result() {
  connection_.execute("SET @dw_id_before=LAST_INSERT_ID(), @dw_kept_before=@dw_kept");
}

void Applier::put_back_result() {
  connection_.execute("SET last_insert_id=@dw_id_before, @dw_kept=@dw_kept_before");
}

// The statements up to this one, for their rows. Not those whose triggers would take ids anew.
void Applier::run_again(std::optional<std::size_t> last) {
  std::vector<std::size_t> units;
  for (; last && units.size() < kMostRunAgain; last = plan_.units[*last].undone_before)
    units.push_back(*last);
  if (units.empty() || !all_transactional_ || next_id_owner_) return;
  std::reverse(units.begin(), units.end());
  pipeline_->flush();
  connection_.allow_multi_statements(false);
  remember_result();
  for (const std::size_t number : units) {
    const Unit& unit = plan_.units[number];
    const auto& writes = unit.statement.writes;
    const bool plain = !writes_own_temporaries(unit) && move_temporaries(unit, true).empty() &&
                       unit.statement.verb != sql::Verb::call && writes.size() == 1 &&
                       merge_tables_.find(schema_of(writes[0], unit), writes[0].table).mergeable;
    if (!plain || !takes_ids_alike(number)) continue;
    for (const std::string& lead : context_.lead_to(*context_for(unit))) connection_.execute(lead);
    const auto id = undone_ids_.find(number);
    if (id != undone_ids_.end()) connection_.execute("SET insert_id=" + std::to_string(id->second));
    static_cast<void>(runs(unit.statement.text));
    if (id != undone_ids_.end()) clear_next_id();  // else one that took no id this time leaves it to the next
  }
  put_back_result();
}

// Given its first id, it takes all others as before, and the counter stays where it was: not where some of
// the rows of an INSERT name their id, nor where no first id is known, as of an INSERT IGNORE that left out
// all rows.
bool Applier::takes_ids_alike(std::size_t number) {
  const Unit& unit = unit_at(number);
  const sql::Verb verb = unit.statement.verb;
  if (verb != sql::Verb::insert && verb != sql::Verb::replace) return true;
  const sql::TableName& table = unit.statement.writes[0];
  const sql::TableKey& key = table_keys_.find(schema_of(table, unit), table.table).key;
  const sql::KeySet::Kind kind = sql::keys_of(unit.statement, key, unit.lexer).kind;
  return kind == sql::KeySet::Kind::given ? undone_ids_.contains(number) : kind != sql::KeySet::Kind::unknown;
}

// The statement failed here before it took its ids, and in production behind that, where temporary tables
// kept it on this connection (applier_keys.cpp). `message`: the error's, which names the table; a trigger's
// statement may have failed.
void Applier::take_lost_ids(std::size_t number, const std::string& message) {
  const Unit& unit = unit_at(number);
  const sql::Verb verb = unit.statement.verb;
  if (checks_keys_alike(unit) || !keys_before_ids_ ||
      (verb != sql::Verb::insert && verb != sql::Verb::replace))
    return;
  const sql::TableName& table = unit.statement.writes.front();
  if (message.find("(`" + schema_of(table, unit) + "`.`" + table.table + "`,") == std::string::npos) return;
  // Its triggers would take ids anew.
  if (!merge_tables_.find(schema_of(table, unit), table.table).mergeable) return;
  const FirstRow first = first_row(unit.statement.text, unit.lexer);
  if (first.rows > 0) {
    const sql::TableKey& key = table_keys_.find(schema_of(table, unit), table.table).key;
    const sql::Statement alone = sql::classify(first.statement, unit.lexer);
    if (sql::keys_of(alone, key, unit.lexer).kind == sql::KeySet::Kind::rows) return;  // it names its id
  }
  connection_.allow_multi_statements(false);
  // With SET insert_id it used up the given one, and the counter did not move: the row never came to be.
  if (next_id_owner_ && connection_.value("SELECT @@insert_id").value_or("0") != "0") return clear_next_id();
  remember_result();
  connection_.execute("SAVEPOINT dw_ids");
  if (first.rows < 2 || !passes_alone(first)) {
    const std::string text = first.rows < 2 ? std::string(unit.statement.text) : repeated(first);
    connection_.execute("SET foreign_key_checks=0");
    static_cast<void>(runs(text));
    connection_.execute("SET foreign_key_checks=1");
  }
  connection_.execute("ROLLBACK TO dw_ids");
  put_back_result();
}

// The ids of all rows were taken with the first one's then. Tried with an id that is given, for which the
// counter does not move.
bool Applier::passes_alone(const FirstRow& first) {
  connection_.execute("SET insert_id=1");
  const unsigned error = runs(first.statement);
  clear_next_id();
  return error != kNoParentRow;
}

// Gives the error, 0 for none.
unsigned Applier::runs(std::string_view sql) {
  try {
    connection_.execute(sql);
    return 0;
  } catch (const mysql::SqlError& error) {
    if (error.connection_is_gone()) throw;
    return error.code();
  }
}

}  // namespace dw::load
