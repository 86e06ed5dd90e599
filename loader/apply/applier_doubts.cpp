// Applier's part that tells what of a statement may come out otherwise than in production.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <limits>

#include "common/sql/server_values.h"
#include "loader/apply/applier.h"
#include "loader/apply/unseen_replace.h"

namespace dw::load {
namespace {

using sql::Verb;

struct Explanation {
  std::uint32_t doubt;
  const char* reason;
};

// What a replay of the text cannot be trusted to repeat.
constexpr std::array kExplanations{
    Explanation{sql::doubt_now_fraction, "fractions of a second"},
    Explanation{sql::doubt_random, "RAND() and the like"},
    Explanation{sql::doubt_uuid, "UUID() and the like"},
    Explanation{sql::doubt_sysdate, "SYSDATE()"},
    Explanation{sql::doubt_load_data, "a file that the log does not hold"},
    Explanation{sql::doubt_connection, "CONNECTION_ID(), USER() and the like"},
    Explanation{sql::doubt_locks, "locks that production's sessions held"},
    Explanation{sql::doubt_limit_without_order, "LIMIT without ORDER BY"},
    Explanation{sql::doubt_row_count, "ROW_COUNT() or FOUND_ROWS()"},
};

constexpr const char* kIds = "ids given while other sessions inserted";
constexpr const char* kRows = "changed while other sessions changed the same rows";
constexpr const char* kReads = "read what other sessions were changing";
constexpr const char* kRowOrder = "ids in the order in which rows were read";
constexpr const char* kVariables = "system variables";
constexpr const char* kDefaults = "defaults of columns that no replay repeats";
constexpr const char* kZone = "the source's time zone changed meanwhile, or its clock's offset";
constexpr const char* kSecondTurned = "the second turned while it began";
constexpr const char* kCharset = "not UTF-8, from a client of unknown character set";
constexpr const char* kHidden = "a session hid what it did (sql_log_off)";
constexpr const char* kSwitched = "the general log was switched off, or to another place";
constexpr const char* kRotated = "Amazon RDS switches the log off while it rotates it";

// How long after NOW() a row of the log may be written: 0.6 ms were measured on an idle server (facts.md,
// "What a row is").
constexpr Micros kLogDelay = 5'000;
constexpr Micros kSecondMicros = 1'000'000;

bool writes_rows(const sql::Statement& statement) {
  return statement.verb == Verb::insert || statement.verb == Verb::replace || statement.verb == Verb::update;
}

std::int64_t step_of(const Settings* own, const Settings& base) {
  const std::string name = "auto_increment_increment";
  const auto found = own == nullptr ? base.find(name) : own->find(name);
  if (own != nullptr && found == own->end()) return step_of(nullptr, base);
  if (found == base.end()) return 1;
  const std::int64_t step = std::atoll(found->second.c_str());
  return std::max<std::int64_t>(1, step);
}

}  // namespace

// Before anything runs: whose order the log leaves in doubt.
void Applier::find_doubts(const Batch& batch) {
  concurrency_ = find_concurrency(batch, plan_, checkpoint_.in_flight,
                                  [this](const std::string& schema, const std::string& table) {
                                    return &table_keys_.find(schema, table).key;
                                  });
  wanted_ids_.assign(plan_.units.size(), false);
  const auto want_ids = [&](const std::vector<InFlight>& in_flight) {
    for (const InFlight& one : in_flight) {
      if (one.unit) wanted_ids_[*one.unit] = true;
    }
  };
  want_ids(concurrency_.in_flight);
  for (const auto& [unit, in_flight] : concurrency_.midway) want_ids(in_flight);
  for (std::size_t i = 0; i < concurrency_.carried.size(); ++i) {
    const InFlight& one = checkpoint_.in_flight[i];
    const std::uint8_t bits = concurrency_.carried[i];
    const TableFacts& facts = table_keys_.find(one.schema, one.table);
    if ((bits & concurrent_ids) != 0 && one.first_id) journal_.suspect(one, facts, kIds);
    if ((bits & concurrent_rows) != 0) journal_.suspect(one, facts, kRows);
    if ((bits & concurrent_reads) != 0) journal_.suspect(one, facts, kReads);
  }
  const bool rotated = batch.header.after && batch.header.after->fingerprint != batch.header.next.fingerprint;
  const auto rds = batch.header.dropped.find("rds");
  if (rotated && rds != batch.header.dropped.end() && rds->second > 0)
    journal_.suspect_all(kRotated, batch.header.next.text());
}

// What is in flight behind the plan, for the next batch. Sessions that have gone left nothing behind.
void Applier::keep_in_flight(bool complete) {
  checkpoint_.in_flight.clear();
  for (const InFlight& one : concurrency_.in_flight) {
    const bool gone = std::find(plan_.ended.begin(), plan_.ended.end(), one.thread) != plan_.ended.end();
    if (!complete || !gone) checkpoint_.in_flight.push_back(with_ids(one));
  }
}

// For a later run that begins there, if this one is killed.
void Applier::keep_in_flight_behind(std::size_t number) {
  const auto found = concurrency_.midway.find(number < plan_.units.size() ? number : held_before_);
  if (found == concurrency_.midway.end()) return;
  checkpoint_.in_flight.clear();
  for (const InFlight& one : found->second) checkpoint_.in_flight.push_back(with_ids(one));
}

InFlight Applier::with_ids(const InFlight& one) const {
  InFlight out = one;
  const auto ids = one.unit ? journal_.ids_of(plan_.units[*one.unit]) : std::nullopt;
  if (ids) {
    out.first_id = ids->from;
    out.last_id = ids->to;
  }
  return out;
}

const TableFacts& Applier::facts_of(const std::string& schema, const std::string& table) {
  if (!table_keys_.knows(schema, table)) {
    send_merged();
    pipeline_->flush();
  }
  return table_keys_.find(schema, table);
}

// Notes what may differ. A statement that is undone leaves nothing but its ids, where all tables know
// ROLLBACK.
void Applier::note_doubts(std::size_t number, bool undo, bool names_known) {
  const Unit& unit = unit_at(number);
  if (unit.held) return;                                // its tables are suspect as a whole
  const bool temporary = writes_own_temporaries(unit);  // of no other session's concern
  const std::uint8_t concurrent = temporary ? 0 : concurrency_.of(number);
  if ((concurrent & concurrent_ids) != 0) {
    wanted_ids_[number] = true;
    journal_.suspect_ids(unit, kIds);
  }
  if (undo && all_transactional_) return;
  const auto note = [&](const char* reason) {
    wanted_ids_[number] = true;
    suspect(unit, reason);
  };
  // It may have replaced other rows in production.
  const bool replaces = replaces_rows(unit.statement, unit.lexer);
  const auto note_rows = [&](const std::string& reason) {
    wanted_ids_[number] = true;
    suspect(unit, replaces ? kReplacedUnseen + reason : reason);
  };
  if ((concurrent & concurrent_definition) != 0) note(kDefinitionInDoubt);
  if ((concurrent & concurrent_rows) != 0) note_rows(kRows);
  if ((concurrent & concurrent_reads) != 0) note_rows(kReads);
  // Without SET NAMES the log does not tell a client's character set. Bytes for a BLOB come out right all the
  // same.
  if (!names_known && !is_utf8(unit.statement.text)) note(kCharset);
  if (unit.statement.writes.empty()) return;
  for (const Explanation& one : kExplanations) {
    if ((unit.statement.doubts & one.doubt) == 0) continue;
    if (one.doubt == sql::doubt_now_fraction) {
      note(one.reason);
    } else {
      note_rows(one.reason);
    }
  }
  const bool variables = (unit.statement.doubts & sql::doubt_system_variable) != 0;
  if (variables && sql::reads_other_variables(unit.statement.text, carried_variables(), unit.lexer))
    note(kVariables);
  if (zone_changed_ && !context_.has_own_zone(*context_for(unit))) note(kZone);
  if (temporary) return;
  note_dialect_doubts(number);
  if ((unit.statement.doubts & sql::doubt_row_order) != 0) {
    wanted_ids_[number] = true;
    journal_.suspect_order(unit, kRowOrder);
  }
  note_defaults(number);
}

// What columns get by themselves, and the clock.
void Applier::note_defaults(std::size_t number) {
  const Unit& unit = plan_.units[number];
  if (!writes_rows(unit.statement)) return;
  const sql::TableName& name = unit.statement.writes[0];
  const TableFacts& facts = facts_of(schema_of(name, unit), name.table);
  if (facts.inexact_default) {
    wanted_ids_[number] = true;
    journal_.suspect(unit, kDefaults);
  }
  const bool noted = facts.inexact_default || (unit.statement.doubts & sql::doubt_now_fraction) != 0;
  if (noted || event_of(unit).time % kSecondMicros >= kLogDelay) return;
  if (own_clock(*context_for(unit)) != nullptr) return;  // the client set it, and it does not turn
  if (facts.clock_default || sql::reads_clock(unit.statement.text, unit.lexer)) {
    wanted_ids_[number] = true;
    journal_.suspect(unit, kSecondTurned);
  }
}

// The ids that the server gave to the rows of a statement: of `rows` rows, behind `before` others of a merged
// one.
void Applier::note_ids(std::size_t number, const mysql::StatementResult& result, std::uint64_t before,
                       std::uint64_t rows) {
  const Unit& unit = unit_at(number);
  if (!is_of_session(unit) || (!unit.held && !wanted_ids_[number])) return;
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (result.error != 0 || result.insert_id == 0) return journal_.lost_ids(unit);
  if (result.insert_id > kMost) return;
  const Session& session = checkpoint_.sessions.at(event_of(unit).thread_id);
  const std::int64_t step = step_of(session.settings.get(), context_.base());
  const auto first = static_cast<std::int64_t>(result.insert_id) + static_cast<std::int64_t>(before) * step;
  journal_.gave_ids(unit, first, rows, step);
}

// The same for a statement, or for each of those that were merged into one.
void Applier::note_results(std::size_t number, const mysql::StatementResult& result) {
  const auto merged = merged_rows_.find(number);
  if (merged == merged_rows_.end()) return note_ids(number, result, 0, result.affected_rows);
  for (std::size_t i = 0; i < merged->second.units.size(); ++i)
    note_ids(merged->second.units[i], result, i, 1);
}

// True when the statement's rows are not in the log: it is never run, least of all with a file of the mirror.
bool Applier::lacks_values(const Unit& unit) {
  const bool file = unit.statement.verb == Verb::load_data || unit.statement.verb == Verb::load_xml;
  const bool bulk = (unit.statement.doubts & sql::doubt_parameters) != 0;
  if (file) journal_.fail(unit, 0, "LOAD DATA: its file is not in the log");
  if (bulk && !file) journal_.fail(unit, 0, "bulk execution: its values are not in the log");
  return file || bulk;
}

// Of a session's own SET, and of a SET GLOBAL that is withheld.
void Applier::note_hidden(std::size_t number, const sql::Assignment& one) {
  const bool session = one.scope == sql::Assignment::Scope::session;
  const bool hides = one.name == "sql_log_off";
  const bool switches = one.name == "general_log";
  if (!hides && (session || (!switches && one.name != "log_output"))) return;
  const std::string value = sql::constant_value(one.expression);
  const bool off =
      value == "0" || value == "OFF" || value == "off" || value == "DEFAULT" || value == "default";
  const bool on = value == "1" || value == "ON" || value == "on";
  if (hides ? off : switches && on) return;
  journal_.suspect_all(hides ? kHidden : kSwitched, cursor_of(plan_.units[number]));
}

}  // namespace dw::load
