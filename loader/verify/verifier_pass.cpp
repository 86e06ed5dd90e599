// Verifier's part that reads: a pass from what is asked of production to the mirror's rows beside it. While
// the mirror's are computed, compared and mended, production reads for the next pass already. (Not sooner:
// the batch up to a mark is then fetched before the next reading stands in the log.)
#include <algorithm>
#include <chrono>

#include "common/util/error.h"
#include "loader/plan/planner.h"
#include "loader/verify/verifier.h"

namespace dw::load {
namespace {

using Clock = std::chrono::steady_clock;

// Of one reading; what is computed by digests weighs less than its rows: see task_of. A log table has no
// index: to come to a reading's mark takes production the longer the longer its log is (facts.md,
// "Rotation"). Where that is most of a pass, readings grow, up to this.
constexpr std::uint64_t kMostRowsAtOnce = 160'000;
constexpr std::size_t kTasksForRows = 100;          // one task for so many rows of a reading
constexpr std::size_t kMostRequestBytes = 400'000;  // a request may have 1 MiB
// Ids that other sessions may have been given for statements that stand before the batch, when it begins.
constexpr std::int64_t kIdsUnderWay = 1000;

bool changes_schema(const Plan& plan) {
  return std::any_of(plan.units.begin(), plan.units.end(), [](const Unit& unit) {
    return unit.statement.cls == sql::StatementClass::schema || unit.statement.commits ||
           unit.statement.verb == sql::Verb::call;
  });
}

}  // namespace

std::vector<Verifier::Task> Verifier::next_tasks() {
  std::vector<Task> out;
  std::uint64_t weight = 0;
  std::size_t bytes = 0;
  const std::size_t most_tasks = rows_at_once_ / kTasksForRows;
  while (!tasks_.empty() && out.size() < most_tasks && weight < rows_at_once_ && bytes < kMostRequestBytes) {
    weight += tasks_.front().weight;
    bytes += tasks_.front().asked.keys.size();
    out.push_back(std::move(tasks_.front()));
    tasks_.pop_front();
    // What production has and the mirror lacks in place is not drift: rows tell.
    if (config_.retention == "in-place") out.back().asked.want = Want::rows;
  }
  return out;
}

Verifier::Ahead Verifier::read_ahead() {
  Ahead out;
  out.tasks = next_tasks();
  std::vector<RowsAsked> asked;
  for (Task& task : out.tasks) {
    task.asked.most_bytes = is_bounded(task) ? kMostRowBytes : 0;
    asked.push_back(task.asked);
  }
  out.body = std::async(std::launch::async, [this, request = read_request(asked, tables_.is_mariadb())] {
    return source_.read(request);
  });
  return out;
}

void Verifier::run_pass(const std::function<bool()>& go_on) {
  const Clock::time_point began = Clock::now();
  if (!ahead_) ahead_ = read_ahead();
  Pass pass;
  pass.tasks = std::move(ahead_->tasks);
  std::future<std::string> body = std::move(ahead_->body);
  ahead_.reset();
  pass.reading = parse_reading(body.get(), pass.tasks.size());
  const Clock::time_point read = Clock::now();
  const ReadingHeader& header = pass.reading.header;
  if (header.source.id != applier_.checkpoint().source_id) {
    throw ForeignSourceError("the reading comes from source " + header.source.id +
                             ", and this mirror follows " + applier_.checkpoint().source_id);
  }
  auto replayed = puller_.pull_to(header.nonce, [&] {
    tables_.forget();  // batches before this one may have changed them
    for (const Task& task : pass.tasks) {
      const rows::Table* table = tables_.find(task.asked.table);
      const auto highest = table == nullptr ? std::nullopt : tables_.highest_id(*table);
      if (highest) pass.new_ids_from.try_emplace(task.asked.table, *highest - kIdsUnderWay);
    }
  });
  if (!replayed) {
    throw Error(ExitCode::gap, "a reading of production does not stand in its log",
                "switch the general log on, and let dw-extract's account be logged (dw-extract check)");
  }
  pass.replayed = std::move(*replayed);
  const Clock::time_point at_mark = Clock::now();
  if (go_on()) ahead_ = read_ahead();
  find_pass_doubts(pass);
  sum_up_mirror(pass);
  std::vector<Judged> judged;
  for (std::size_t i = 0; i < pass.tasks.size(); ++i) {
    if (auto one = judge(pass, i)) judged.push_back(std::move(*one));
  }
  settle(pass, judged);
  settle_counters(pass);
  for (const TableId& table : missing_) make_missing(table);
  missing_.clear();
  for (const TableId& table : extra_) drop_extra(pass, table);
  extra_.clear();
  if (at_mark - read > (Clock::now() - began) / 2)
    rows_at_once_ = std::min(2 * rows_at_once_, kMostRowsAtOnce);
}

// Where production gave a checksum: tables at a time.
void Verifier::sum_up_mirror(Pass& pass) {
  std::map<TableId, std::vector<std::size_t>> numbers;
  std::map<TableId, std::vector<std::string>> conditions;
  for (std::size_t i = 0; i < pass.tasks.size(); ++i) {
    Task& task = pass.tasks[i];
    task.mirror.reset();
    const rows::Table* table = tables_.find(task.asked.table);
    if (table == nullptr || !pass.reading.answers[i].checksum) continue;
    try {
      conditions[task.asked.table].push_back(condition_of(task.asked, *table));
      numbers[task.asked.table].push_back(i);
    } catch (const Error&) {
      continue;  // judge() says so
    }
  }
  for (const auto& [id, places] : numbers) {
    const auto sums = tables_.checksums(*tables_.find(id), conditions[id], same_servers());
    if (!sums) continue;
    for (std::size_t i = 0; i < places.size(); ++i) pass.tasks[places[i]].mirror = (*sums)[i];
  }
}

void Verifier::find_pass_doubts(Pass& pass) {
  ReplayedToMark& replayed = pass.replayed;
  PlannerOptions options = replayed.options;
  options.hold.after = 0;  // whatever is open: the plan then has every event
  SessionTable sessions = replayed.sessions;
  sessions.set_defaults(options.defaults);
  adopt_live_databases(replayed.batch, sessions);
  const Plan plan = make_plan(replayed.batch, std::move(sessions), options);
  if (changes_schema(plan)) tables_.forget();
  SchemaLookup schema;
  schema.key_of = [this](const TableId& table) { return &tables_.facts(table).key; };
  schema.reached_by_keys = [this](const TableId& table) { return tables_.reached_by_keys(table); };
  pass.doubts = find_doubts({replayed.batch, plan, replayed.watermark, replayed.marks,
                             pass.reading.header.busy, replayed.in_flight, replayed.committing, options},
                            schema);
  // The plan has fewer events than there are where a transaction cannot be set aside.
  if (plan.watermark < replayed.batch.events.size()) pass.doubts.add_everything();
}

}  // namespace dw::load
