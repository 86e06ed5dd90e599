#include "loader/verify/verifier.h"

#include <algorithm>
#include <chrono>
#include <limits>

#include <nlohmann/json.hpp>

#include "common/util/clock.h"
#include "common/util/error.h"
#include "loader/apply/suspects.h"
#include "loader/plan/planner.h"

namespace dw::load {
namespace {

using nlohmann::json;
using Clock = std::chrono::steady_clock;

// What a digest costs, in rows: one by the server's own checksum less than one of rows that are sent to the
// program.
constexpr std::uint64_t kDigestsForRows = 10;
constexpr std::uint64_t kChecksumsForRows = 30;
// Of a suspect range: what is longer is compared by digests first, of so many ids each.
constexpr std::uint64_t kMostRowsUnseen = 2000;
constexpr std::uint64_t kIdsAtOnce = 5000;
// What is longer still is compared in the pieces of its table.
constexpr std::uint64_t kMostIdsOfRange = 100'000'000;
// Of one reading, to begin with.
constexpr std::uint64_t kRowsAtOnce = 20'000;
// A task that came to nothing so often is bound by the time limit again.
constexpr int kMostReadingsOwed = 10;
constexpr std::size_t kMostDue = 100'000;

std::set<std::string> mirrored(const Config& config, const Puller& puller) {
  if (!config.databases.empty()) return {config.databases.begin(), config.databases.end()};
  if (!puller.header()) return {};
  return {puller.header()->databases.begin(), puller.header()->databases.end()};
}

}  // namespace

VerifyResult Verifier::run(const VerifyScope& scope, const std::function<bool()>& stopped) {
  scope_ = scope;
  result_ = {};
  tasks_.clear();
  ahead_.reset();
  made_.clear();
  cut_.clear();
  suspected_.clear();
  parts_.clear();
  open_counters_.clear();
  started_ = steady_seconds();
  rows_at_once_ = kRowsAtOnce;
  tables_.forget();
  settled_definitions_.clear();
  look_at_definitions();
  plan_tables();
  plan_suspects();
  plan_chunks();
  const auto go_on = [&] { return !tasks_.empty() && (tasks_.front().owed || !over_time()) && !stopped(); };
  while ((ahead_ || go_on()) && !stopped()) {
    run_pass(go_on);
    if (scope_.watch) scope_.watch(result_, tasks_.size() + (ahead_ ? ahead_->tasks.size() : 0));
  }
  result_.complete = tasks_.empty() && !ahead_;
  ahead_.reset();
  explain_columns();
  clear_wide_suspects();
  suspect_open_counters();
  for (const TableId& table : chunks_.differing()) result_.drifting.try_emplace(table, "rows differ");
  return result_;
}

bool Verifier::over_time() const {
  return scope_.seconds > 0 && steady_seconds() - started_ > scope_.seconds;
}

bool Verifier::is_wanted(const TableId& table) const {
  return scope_.only.empty() || scope_.only.contains(table);
}

bool Verifier::same_servers() const {
  return puller_.header() && (puller_.header()->source.server_version.find("MariaDB") != std::string::npos) ==
                                 tables_.is_mariadb();
}

// Texts sort by their collation, and not every server has every one.
bool Verifier::is_walkable(const rows::Table& table) const {
  if (table.key.empty()) return false;
  return same_servers() || std::all_of(table.key.begin(), table.key.end(), [&](const std::string& name) {
           return sorts_alike(table.column(name));
         });
}

std::uint64_t Verifier::weight_of_digest(const TableId& id) {
  const rows::Table* table = tables_.find(id);
  const bool by_server = table != nullptr && !table->key.empty() &&
                         rows::checksum_select(table->stored_columns(), table->key_columns(), same_servers());
  return kRowsInChunk / (by_server ? kChecksumsForRows : kDigestsForRows);
}

Verifier::Task Verifier::task_of(const Chunk& chunk, Want want) {
  Task out;
  out.asked.table = chunk.table;
  out.asked.want = want;
  out.asked.after = chunk.after;
  out.asked.through = chunk.through;
  out.chunk = chunk;
  out.weight = want == Want::digest ? weight_of_digest(chunk.table) : kRowsInChunk;
  return out;
}

void Verifier::plan_tables() {
  std::set<TableId> present;
  const std::map<TableId, bool> known = chunks_.tables();
  for (const TableId& table : tables_.tables(mirrored(config_, puller_))) {
    present.insert(table);
    const auto found = known.find(table);
    if (!is_wanted(table) || (found != known.end() && !found->second)) continue;
    const rows::Table* definition = tables_.find(table);
    if (definition != nullptr) chunks_.cut(tables_, table, is_walkable(*definition));
  }
  for (const auto& [table, unused] : known) {
    if (present.contains(table) || !is_wanted(table)) continue;
    // Gone from the mirror: in production, too?
    Task& task = tasks_.emplace_back();
    task.asked.table = table;
    task.asked.want = Want::digest;
    task.weight = kRowsInChunk / kDigestsForRows;
  }
}

// How far the last id of a range lies behind the first: that of the table where the range has no end.
std::optional<std::uint64_t> Verifier::span_of(const OpenSuspect& suspect, const rows::Table& table) {
  const auto first = first_id(suspect);
  auto last = last_id(suspect);
  if (!last) last = tables_.highest_id(table);
  if (!first || !last) return std::nullopt;
  return *last < *first ? 0 : static_cast<std::uint64_t>(*last) - static_cast<std::uint64_t>(*first);
}

bool Verifier::is_wide(const OpenSuspect& suspect, const rows::Table& table) {
  return suspect.scope == SuspectScope::ids && span_of(suspect, table).value_or(0) > kMostIdsOfRange;
}

// So that no answer is longer than one may be, and none is read twice because of a row at its other end.
void Verifier::plan_ids(Task whole, const OpenSuspect& suspect, const rows::Table& table) {
  whole.asked.want = Want::digest;
  whole.weight = weight_of_digest(suspect.table);
  const std::uint64_t span = span_of(suspect, table).value_or(0);
  for (std::uint64_t done = kIdsAtOnce; done <= span; done += kIdsAtOnce) {
    Task part = whole;
    part.asked.through = json::array({*first_id(suspect) + static_cast<std::int64_t>(done) - 1}).dump();
    whole.asked.after = part.asked.through;
    add_owed(std::move(part));
  }
  add_owed(std::move(whole));
}

void Verifier::add_owed(Task task) {
  for (const std::uint64_t suspect : task.suspects) ++parts_[suspect];
  task.owed = true;
  tasks_.push_back(std::move(task));
}

void Verifier::plan_suspects() {
  std::set<std::pair<TableId, std::uint32_t>> planned;
  const auto add_chunks = [&](Micros noted, const TableId* only) {
    for (const Chunk& chunk : chunks_.due(noted + 1, kMostDue, only)) {
      if (is_wanted(chunk.table) && planned.insert({chunk.table, chunk.number}).second)
        tasks_.push_back(task_of(chunk, Want::digest));
    }
  };
  for (const OpenSuspect& suspect : open_suspects(tables_.connection())) {
    if (!is_wanted(suspect.table) && !suspect.table.table.empty()) continue;
    if (suspect.scope == SuspectScope::all || suspect.table.table.empty()) {
      if (is_gap(suspect)) scope_.seconds = 0;  // a proof now, or exit 3
      add_chunks(suspect.noted, nullptr);
      continue;
    }
    suspected_.insert(suspect.table);
    const rows::Table* table = tables_.find(suspect.table);
    Task task;
    task.asked.table = suspect.table;
    task.asked.want = Want::digest;
    task.suspects = {suspect.id};
    task.weight = kRowsInChunk / kDigestsForRows;
    if (table != nullptr) {
      const auto asked = suspect.scope == SuspectScope::table ? std::nullopt : rows_asked(suspect, *table);
      if (!asked || is_wide(suspect, *table)) {
        add_chunks(suspect.noted, &suspect.table);
        continue;
      }
      const auto most = most_rows(suspect);
      task.asked = *asked;
      const bool by_rows = most && *most <= kMostRowsUnseen;
      if (suspect.scope == SuspectScope::ids && !by_rows) {
        plan_ids(std::move(task), suspect, *table);
        continue;
      }
      task.asked.want = by_rows ? Want::rows : Want::digest;
      if (by_rows) task.weight = *most;
    }
    add_owed(std::move(task));
  }
  std::stable_partition(tasks_.begin(), tasks_.end(), [](const Task& task) { return task.owed; });
}

void Verifier::plan_chunks() {
  std::set<std::pair<TableId, std::uint32_t>> planned;
  for (const Task& task : tasks_) {
    if (task.chunk) planned.insert({task.chunk->table, task.chunk->number});
  }
  const Micros before = scope_.whole ? now_micros() : now_micros() - scope_.round;
  for (const Chunk& chunk : chunks_.due(before, kMostDue)) {
    if (is_wanted(chunk.table) && !planned.contains({chunk.table, chunk.number}))
      tasks_.push_back(task_of(chunk, Want::digest));
  }
}

bool Verifier::in_doubt(const Pass& pass, const Judged& judged, const Answer& answer, const Difference& one) {
  const TableId& table = judged.task->asked.table;
  if (!answer.transactional && (pass.replayed.busy_behind || pass.doubts.is_written(table))) return true;
  if (pass.doubts.everything()) return true;
  const TableDoubts* doubts = pass.doubts.of(table);
  if (doubts == nullptr) return false;
  if (judged.table->key.empty()) return true;
  const auto from = pass.new_ids_from.find(table);
  const auto new_ids = from == pass.new_ids_from.end() ? std::nullopt : std::optional(from->second);
  return is_in_doubt(*doubts, tables_.facts(table).key, judged.columns,
                     one.source ? *one.source : *one.mirror, new_ids);
}

// nullopt: there is nothing to settle, or the task waits for another reading.
std::optional<Verifier::Judged> Verifier::judge(Pass& pass, std::size_t number) {
  constexpr const char* kNoTable = "no such table";
  Task& task = pass.tasks[number];
  Answer& answer = pass.reading.answers[number];
  const TableId id = task.asked.table;
  Judged out;
  out.task = &task;
  out.table = tables_.find(id);
  const bool gone = answer.error == kNoTable;
  if (gone && out.table == nullptr) {
    chunks_.forget(id);
    return out;
  }
  if (answer.postponed && out.table != nullptr) {
    --task.readings;  // it is no fault of the rows
    look_again(task, Want::rows);
    return std::nullopt;
  }
  const RowsAsked asked = task.asked;
  out.rest = cut_to_answer(task.asked, answer);
  std::string condition;
  if (out.table != nullptr && answer.error.empty()) {
    try {
      condition = condition_of(task.asked, *out.table);
    } catch (const Error& error) {
      answer.error = error.what();  // the key has other columns by now
    }
  }
  const bool missing = out.table == nullptr && answer.error.empty();
  if (!answer.error.empty() || missing) {
    if (pass.doubts.whole(id) || ++task.looks == 1) {
      look_again(task, task.asked.want);
    } else if (missing) {
      missing_.insert(id);
    } else if (gone && may_go(id)) {
      extra_.insert(id);
    } else if (gone || !cut_anew(task)) {
      out.schema_drift = gone ? "production has no such table" : answer.error;
      return out;
    }
    return std::nullopt;
  }
  task.look.rows = std::max(task.look.rows, answer.rows);
  result_.rows += answer.rows;
  if (task.asked.want == Want::digest) {
    if (is_equal(task, answer, *out.table, condition)) return out;
    look_again(task, Want::rows);
    return std::nullopt;
  }
  return judge_rows(pass, answer, std::move(out), asked, condition);
}

bool Verifier::is_equal(const Task& task, const Answer& answer, const rows::Table& table,
                        const std::string& condition) {
  if (!answer.checksum) return tables_.digest(table, condition).text == answer.digest;
  return task.mirror == rows::RowChecksum{answer.rows, *answer.checksum};
}

std::optional<Verifier::Judged> Verifier::judge_rows(Pass& pass, Answer& answer, Judged judged,
                                                     const RowsAsked& asked, const std::string& condition) {
  judged.columns = judged.table->stored_columns();
  if (!arrange(answer.columns, judged.columns, answer.values)) {
    if (pass.doubts.whole(judged.task->asked.table)) {
      judged.task->asked = asked;
      look_again(*judged.task, Want::rows);
      return std::nullopt;
    }
    judged.schema_drift = kOtherColumns;
    return judged;
  }
  if (!same_servers() && asked.keys.empty() && is_bounded(*judged.task) &&
      !same_collations(answer.columns, judged.columns, judged.table->key)) {
    judged.schema_drift = "its key is not sorted as in production";
    return judged;
  }
  MirrorTables::SomeRows mirror;
  if (asked.keys.empty() && is_bounded(*judged.task)) {
    mirror = tables_.rows_up_to(kMostRowBytes, *judged.table, judged.columns, condition);
    if (!mirror.through.empty()) {
      look_in_two(*judged.task, asked, mirror.through);
      return std::nullopt;
    }
  } else {
    mirror.rows = tables_.rows(*judged.table, judged.columns, condition);
  }
  const std::vector<std::size_t> key = places_of(judged.columns, judged.table->key);
  for (Difference& one : compare_rows(judged.columns, key, answer.values, mirror.rows)) {
    if (!one.source && config_.retention == "in-place") continue;
    const bool doubtful = in_doubt(pass, judged, answer, one);
    (doubtful ? judged.doubtful : judged.certain).push_back(std::move(one));
  }
  return judged;
}

// The table's key has changed since its pieces were made. False: that was tried already.
bool Verifier::cut_anew(const Task& task) {
  const TableId id = task.asked.table;
  const rows::Table* definition = tables_.find(id);
  if (!task.chunk || definition == nullptr || task.cut_anew) return false;
  if (!cut_.insert(id).second) return true;
  chunks_.forget(id);
  chunks_.cut(tables_, id, is_walkable(*definition));
  std::erase_if(tasks_, [&](const Task& one) { return one.chunk && one.asked.table == id; });
  for (const Chunk& chunk : chunks_.due(now_micros(), kMostDue, &id)) {
    tasks_.push_back(task_of(chunk, Want::digest));
    tasks_.back().cut_anew = true;
  }
  return true;
}

void Verifier::look_again(Task& task, Want want) {
  task.asked.want = want;
  task.weight =
      want == Want::rows ? std::max(task.weight, std::max<std::uint64_t>(task.look.rows, 1)) : task.weight;
  if (++task.readings > kMostReadingsOwed) task.owed = false;
  const auto place = task.owed ? tasks_.begin() : behind_owed();
  tasks_.insert(place, std::move(task));
}

std::deque<Verifier::Task>::iterator Verifier::behind_owed() {
  return std::find_if(tasks_.begin(), tasks_.end(), [](const Task& one) { return !one.owed; });
}

// Its table's definition was looked at behind the doubt, and is production's.
bool Verifier::is_settled(const OpenSuspect& suspect) const {
  const auto found = settled_definitions_.find(suspect.table);
  return found != settled_definitions_.end() && found->second > suspect.noted;
}

// Whole tables are clear when each of their pieces was found or made equal behind the doubt.
void Verifier::clear_wide_suspects() {
  std::vector<std::uint64_t> cleared;
  const std::vector<TableId> all = tables_.tables(mirrored(config_, puller_));
  for (const OpenSuspect& suspect : open_suspects(tables_.connection())) {
    const bool narrow = suspect.scope == SuspectScope::ids || suspect.scope == SuspectScope::keys;
    const auto concerns = [&](const TableId& table) {
      if (suspect.scope == SuspectScope::all) return true;
      return table.schema == suspect.table.schema &&
             (suspect.table.table.empty() || table.table == suspect.table.table);
    };
    // One whose table is not there is looked at by a task of its own.
    if (doubts_definition(suspect.reason) && !is_settled(suspect)) continue;
    const bool named = suspect.scope == SuspectScope::table && !suspect.table.table.empty();
    if (named && std::find(all.begin(), all.end(), suspect.table) == all.end()) continue;
    const rows::Table* own = tables_.find(suspect.table);
    if (narrow && own != nullptr && rows_asked(suspect, *own) && !is_wide(suspect, *own)) continue;
    if (std::all_of(all.begin(), all.end(), [&](const TableId& table) {
          return !concerns(table) || chunks_.verified_since(table, suspect.noted);
        })) {
      cleared.push_back(suspect.id);
    } else if (is_gap(suspect) && scope_.only.empty()) {
      result_.gap_open = true;
    }
  }
  clear_suspects(tables_.connection(), cleared);
}

}  // namespace dw::load
