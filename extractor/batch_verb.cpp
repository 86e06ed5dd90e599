#include "extractor/batch_verb.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "common/util/clock.h"
#include "extractor/collector.h"
#include "extractor/findings.h"
#include "extractor/nonce.h"
#include "extractor/open_source.h"
#include "extractor/rotation.h"

namespace dw::extract {
namespace {

constexpr Micros kClockWaver = 20'000;

std::optional<LiveWatch> watch_live_sessions(Server* server, const ServerInfo& info) {
  if (server == nullptr || !info.process_privilege) return std::nullopt;
  const std::string nonce = random_nonce();
  return LiveWatch(nonce, server->live_sessions(live_list_marker(nonce), live_end_marker(nonce)));
}

// In a file a row is known to be whole when another follows: this one of ours follows all that we look for.
// A file that was just opened has no name before a row in it has a time, and in MariaDB's that comes when the
// second changes: so that what stands there is not left to the next batch, we wait for it.
void write_last_row(Server* server, const Config& config, const ServerInfo& info, LogSource& source) {
  if (server == nullptr || config.log.source != LogKind::file) return;
  server->execute("DO 0");
  const std::vector<Generation> generations = source.generations();
  const bool named = std::any_of(generations.begin(), generations.end(),
                                 [](const Generation& generation) { return generation.current; });
  if (named || !info.log_enabled()) return;
  std::this_thread::sleep_for(std::chrono::microseconds(kSecond - now_micros() % kSecond + kClockWaver));
  server->execute("DO 0");
  server->execute("DO 0");
}

// Counting the whole log for every batch would cost another pass over it: the place reached is a lower bound
// of its rows, and what was read of it tells how long they are.
bool rotation_due(const Config& config, const ServerInfo& info, const Collected& collected,
                  const std::vector<Generation>& generations) {
  if (config.log.source == LogKind::file) return false;  // the server's owner rotates files
  if (!config.rotate.enabled || !info.log_enabled() || !collected.reached_current || generations.empty())
    return false;
  const std::uint64_t rows = collected.next.index;
  const std::uint64_t bytes_per_row =
      collected.rows_seen == 0 ? 0 : collected.text_bytes_seen / collected.rows_seen;
  return is_past_limit(config.rotate, rows, rows * bytes_per_row) &&
         info.now >= rotation_allowed_from(config.rotate, generations.back().first_time, info.rds);
}

BatchHeader make_header(const Config& config, const ServerInfo& info, const Request& request,
                        const Collected& collected) {
  BatchHeader header;
  header.source = info.source;
  header.made = info.now;
  header.after = request.after;
  header.next = collected.next;
  header.gap = collected.gap;
  header.more = collected.more;
  header.log_enabled = info.log_enabled();
  header.databases = config.databases;
  header.dropped = collected.dropped;
  header.generations = collected.generations;
  header.counters = collected.counters;
  header.logged = collected.logged;
  return header;
}

std::string summary_of(const Collected& collected) {
  std::string out = std::to_string(collected.rows_seen) + " rows read, " +
                    std::to_string(collected.events.count()) + " events kept";
  for (const auto& [kind, count] : collected.dropped)
    out += ", " + std::to_string(count) + " " + kind + " dropped";
  return out;
}

}  // namespace

Outcome run_batch(const Config& config, Server* server, const Request& request) {
  ServerInfo info = server != nullptr ? server->info(config) : info_without_server(config);
  if (server != nullptr) info.source.durable = server->count(info.source.started);
  const std::unique_ptr<LogSource> source = open_source(config, info, server);
  std::optional<LiveWatch> live = watch_live_sessions(server, info);
  Filter filter({config.databases, info.user, info.rds});
  write_last_row(server, config, info, *source);
  Collector collector(
      *source, filter, live ? &*live : nullptr,
      {request.after, request.since, request.until, request.max_bytes.value_or(config.max_batch_bytes)});
  Collected collected = collector.run();
  remember_place(*source);

  BatchHeader header = make_header(config, info, request, collected);
  header.rotation_due = rotation_due(config, info, collected, collector.generations());
  if (live) header.live = live->result();

  Outcome outcome;
  outcome.warnings = warnings_for(config, info);
  for (std::string& warning : source_warnings(*source)) outcome.warnings.push_back(std::move(warning));
  if (collected.gap) {
    outcome.warnings.push_back("gap: the log between " + format_time(collected.gap->after.time) + " and " +
                               format_time(collected.gap->resumes_at.time) +
                               " is gone: the loader must compare every table");
  }
  if (collected.gap || !info.log_enabled()) outcome.exit_code = ExitCode::gap;
  outcome.summary = summary_of(collected);
  outcome.json = std::move(collected.events).finish(std::move(header));
  return outcome;
}

}  // namespace dw::extract
