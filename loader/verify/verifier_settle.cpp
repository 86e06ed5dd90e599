// Verifier's part that writes: what is certain is mended, what is not is looked at again.
#include <algorithm>

#include <nlohmann/json.hpp>

#include "common/rows/counter.h"
#include "common/rows/row_line.h"
#include "common/util/error.h"
#include "loader/verify/triggers_aside.h"
#include "loader/verify/verifier.h"

namespace dw::load {
namespace {

using nlohmann::json;

constexpr int kMostLooks = 5;
constexpr std::size_t kMostDoubtfulKeys = 1000;

std::string json_list(const std::vector<std::string>& items) {
  std::string out = "[";
  for (const std::string& item : items) out += (out.size() == 1 ? "" : ",") + item;
  return out + "]";
}

// The table's key of each row, as JSON lists.
std::vector<std::string> keys_of_rows(const std::vector<rows::Column>& columns, const rows::Table& table,
                                      const std::vector<Difference>& differences) {
  std::vector<std::string> out;
  std::vector<rows::Column> parts;
  const std::vector<std::size_t> places = places_of(columns, table.key);
  parts.reserve(places.size());
  for (const std::size_t place : places) parts.push_back(columns[place]);
  for (const Difference& one : differences) {
    const StoredRow& row = one.source ? *one.source : *one.mirror;
    std::vector<rows::Value> values;
    values.reserve(places.size());
    for (const std::size_t place : places) values.emplace_back(row[place]);
    rows::append_row(out.emplace_back(), parts, values);
  }
  return out;
}

}  // namespace

void Verifier::settle(Pass& pass, std::vector<Judged>& judged) {
  mysql::Connection& mirror = tables_.connection();
  TriggersAside triggers(mirror);
  bool aside = false;
  for (const Judged& one : judged) {
    if (scope_.repair && !one.certain.empty()) aside = triggers.take_off(one.task->asked.table) || aside;
  }
  const RepairPlace place = begin_repair(pass);
  mended_.clear();
  replaced_ = ReplacedUnseen(mirror);
  for (Judged& one : judged) {
    mirror.execute("SAVEPOINT dw_task");
    try {
      settle_one(one, place);
    } catch (const mysql::SqlError& error) {
      if (error.connection_is_gone()) throw;
      mirror.execute("ROLLBACK TO dw_task");
      result_.drifting[one.task->asked.table] = std::string("the mirror refused a row: ") + error.what();
    }
  }
  suspect_new_ids(pass, place);
  mirror.execute("COMMIT");
  if (aside) {
    triggers.put_back();
    tables_.set_session();
    applier_.follow_schema();
  }
}

// A repair may have moved a table's counter past ids that production gave to statements which are in doubt,
// and which the mirror runs next: these get others then.
void Verifier::suspect_new_ids(const Pass& pass, const RepairPlace& place) {
  std::set<TableId> mended;
  for (const auto& [table, key] : mended_) mended.insert(table);
  std::vector<SuspectEntry> entries;
  for (const TableId& table : mended) {
    const TableDoubts* doubts = pass.doubts.of(table);
    const std::string& column = tables_.facts(table).key.auto_increment;
    const auto from = pass.new_ids_from.find(table);
    const bool new_ids =
        pass.doubts.everything() || (doubts != nullptr && (doubts->new_ids || doubts->whole));
    if (!new_ids || column.empty() || from == pass.new_ids_from.end()) continue;
    SuspectEntry& entry = entries.emplace_back();
    entry.schema = table.schema;
    entry.table = table.table;
    entry.scope = SuspectScope::ids;
    entry.keys = json{{"column", column}, {"from", std::max<std::int64_t>(from->second, 1)}}.dump();
    entry.reason = "ids given while rows were mended";
    entry.cursor = place.cursor;
    entry.time = place.time;
  }
  Bookkeeping(tables_.connection()).add(entries);
}

// Opens the transaction.
RepairPlace Verifier::begin_repair(const Pass& pass) {
  mysql::Connection& mirror = tables_.connection();
  const Checkpoint& checkpoint = applier_.checkpoint();
  tables_.set_session();
  mirror.execute("START TRANSACTION");
  if (!Bookkeeping(mirror).lock_checkpoint(checkpoint)) {
    mirror.execute("ROLLBACK");
    throw Error(ExitCode::locked, "another run of dw-load moved the checkpoint meanwhile",
                "run one dw-load at a time");
  }
  return {checkpoint.cursor ? checkpoint.cursor->text() : "", pass.replayed.batch.events.back().time};
}

void Verifier::leave_out_mended(Judged& judged) {
  if (judged.certain.empty() || judged.table->key.empty()) return;
  const std::vector<std::string> keys = keys_of_rows(judged.columns, *judged.table, judged.certain);
  std::vector<Difference> left;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (mended_.insert({judged.task->asked.table, keys[i]}).second)
      left.push_back(std::move(judged.certain[i]));
  }
  judged.certain = std::move(left);
}

void Verifier::settle_one(Judged& judged, const RepairPlace& place) {
  Task& task = *judged.task;
  ChunkLook& look = task.look;
  const TableId& table = task.asked.table;
  look.at = now_micros();
  if (!judged.schema_drift.empty()) {
    result_.drifting.try_emplace(table, judged.schema_drift);
    look.differing = std::max<std::uint64_t>(look.rows, 1);
    if (task.chunk) chunks_.save(*task.chunk, look);
    return;
  }
  leave_out_mended(judged);
  look.found += judged.certain.size();
  result_.found += judged.certain.size();
  if (!scope_.repair) {
    look.differing += judged.certain.size();
    if (!judged.certain.empty()) result_.drifting[table] = std::to_string(look.differing) + " rows differ";
  } else if (!judged.certain.empty()) {
    const std::uint64_t repaired = repair(judged, place);
    look.repaired += repaired;
    result_.repaired += repaired;
  }
  look_at_rest(judged);
  if (judged.doubtful.empty()) {
    if (task.chunk) chunks_.save(*task.chunk, look);
    if (look.differing == 0) clear_parts(task);
    return;
  }
  if (++task.looks >= kMostLooks) return leave_unsettled(judged);
  if (!judged.table->key.empty() && judged.doubtful.size() <= kMostDoubtfulKeys) {
    task.asked.keys = json_list(keys_of_rows(judged.columns, *judged.table, judged.doubtful));
    task.asked.key.clear();
    task.asked.after.clear();
    task.asked.through.clear();
    task.weight = judged.doubtful.size();
  }
  look_later(std::move(task));
}

std::uint64_t Verifier::repair(const Judged& judged, const RepairPlace& place) {
  const bool archived = config_.retention != "none";
  const UnseenStatement* unseen = replaced_.in(judged.task->asked.table);
  Repairer repairer(tables_, archived, config_.retention == "in-place" ? Absent::keep : Absent::remove, place,
                    unseen == nullptr ? place : RepairPlace{unseen->cursor, unseen->time, "replace"});
  const std::uint64_t repaired = repairer.repair(*judged.table, judged.columns, judged.certain);
  if (unseen != nullptr && archived) note_replaced(tables_.connection(), *unseen, repairer.gave_way());
  if (!repairer.displaced().empty()) look_at_keys(judged, repairer.displaced());
  return repaired;
}

void Verifier::clear_parts(const Task& task) {
  std::vector<std::uint64_t> cleared;
  for (const std::uint64_t suspect : task.suspects) {
    if (--parts_[suspect] == 0) cleared.push_back(suspect);
  }
  clear_suspects(tables_.connection(), cleared);
}

// Behind what else is owed.
void Verifier::look_later(Task task) {
  const auto place = task.owed ? behind_owed() : tasks_.end();
  tasks_.insert(place, std::move(task));
}

// Rows that were in another's way: production has them otherwise, or not at all.
void Verifier::look_at_keys(const Judged& judged, const std::vector<std::string>& keys) {
  Task task;
  task.asked.table = judged.task->asked.table;
  task.asked.keys = json_list(keys);
  task.weight = keys.size();
  task.owed = judged.task->owed;
  look_later(std::move(task));
}

// They changed whenever they were looked at: the next run goes on with them.
void Verifier::leave_unsettled(const Judged& judged) {
  Task& task = *judged.task;
  result_.unsettled += judged.doubtful.size();
  if (judged.table->key.empty() || judged.doubtful.size() > kMostDoubtfulKeys) return;
  SuspectEntry entry;
  entry.schema = task.asked.table.schema;
  entry.table = task.asked.table.table;
  entry.scope = SuspectScope::keys;
  json columns = json::array();
  for (const std::string& name : judged.table->key) columns.push_back(name);
  entry.keys =
      json{{"columns", std::move(columns)},
           {"rows", json::parse(json_list(keys_of_rows(judged.columns, *judged.table, judged.doubtful)))}}
          .dump();
  entry.reason = "differed while it was being changed";
  entry.cursor = applier_.checkpoint().cursor ? applier_.checkpoint().cursor->text() : "";
  Bookkeeping(tables_.connection()).add(std::vector<SuspectEntry>{entry});
  clear_parts(task);
  task.look.settled = false;
  if (task.chunk) chunks_.save(*task.chunk, task.look);
}

}  // namespace dw::load
