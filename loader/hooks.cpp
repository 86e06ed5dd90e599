#include "loader/hooks.h"

#include <algorithm>

#include "common/util/child_process.h"
#include "common/util/clock.h"
#include "common/util/error.h"

namespace dw::load {
namespace {

using nlohmann::json;

json counts_json(const Counts& counts) {
  json out{{"received", counts.received}};
  for (std::size_t i = 0; i < kOutcomes; ++i) out[kOutcomeNames[i]] = counts.by_outcome[i];
  return out;
}

json entry_json(const LedgerEntry& entry) {
  return {{"cursor", entry.cursor},
          {"event_at", format_time(entry.time)},
          {"thread_id", entry.thread_id},
          {"user_host", entry.user_host},
          {"database", entry.database},
          {"action", entry.action},
          {"reason", entry.reason},
          {"statement", entry.text},
          {"rows_kept", entry.rows_kept ? json(*entry.rows_kept) : json(nullptr)}};
}

json entry_json(const FailureEntry& entry) {
  return {{"cursor", entry.cursor},       {"event_at", format_time(entry.time)},
          {"thread_id", entry.thread_id}, {"user_host", entry.user_host},
          {"database", entry.database},   {"error", entry.error},
          {"message", entry.message},     {"statement", entry.text}};
}

// "exit status 3: its last words"
std::string failure_of(const ChildResult& result, long limit) {
  std::string out = result.timed_out ? "did not end within " + std::to_string(limit) + " s"
                                     : "ended with exit status " + std::to_string(result.exit_code);
  std::string said = result.errors.substr(0, result.errors.find_last_not_of(" \n\r\t") + 1);
  std::replace(said.begin(), said.end(), '\n', ' ');
  return said.empty() ? out : out + " (" + said + ")";
}

}  // namespace

Hooks::Hooks(const HooksConfig& config, Statistics& statistics, std::function<void(const std::string&)> warn)
    : config_(config), statistics_(statistics), warn_(std::move(warn)) {}

void Hooks::call(std::string_view hook, json facts) {
  const auto programs = config_.executables.find(hook);
  if (programs == config_.executables.end()) return;
  facts["hook"] = hook;
  facts["at"] = format_time(now_micros());
  const std::string text = facts.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
  for (const auto& program : programs->second) run(hook, program, text);
}

void Hooks::run(std::string_view hook, const std::filesystem::path& program, const std::string& text) {
  std::string failure;
  try {
    refuse_unsafe_executable(program, "hook");
    const Timed timed(&statistics_, "hook");
    const ChildResult result = run_child(program, text, std::chrono::seconds(config_.timeout_seconds));
    if (!result.timed_out && result.exit_code == 0) return;
    failure = program.string() + " " + failure_of(result, config_.timeout_seconds);
  } catch (const Error& error) {
    failure = error.line();
  }
  const std::string what = "hook " + std::string(hook) + ": " + failure;
  if (config_.stop_on_error) {
    throw Error(ExitCode::failed, what, "hooks.on_error is stop: what was not committed yet was taken back");
  }
  warn_(what);
}

void Hooks::call_before_commit(const PendingCommit& pending) {
  const auto call_with = [&](std::string_view hook, json entries) {
    if (!entries.empty()) call(hook, {{"batch", pending.batch.sha256}, {"entries", std::move(entries)}});
  };
  json retained = json::array();
  for (const LedgerEntry& entry : pending.ledger) {
    if (entry.action != "translated") retained.push_back(entry_json(entry));
  }
  json failed = json::array();
  for (const FailureEntry& entry : pending.failures) failed.push_back(entry_json(entry));
  call_with("on_retained", std::move(retained));
  call_with("on_failure", std::move(failed));
  if (!pending.ends_batch) return;
  call("after_batch", {{"batch", pending.batch.sha256},
                       {"source", pending.batch.source_id},
                       {"after", pending.batch.after},
                       {"next", pending.batch.next},
                       {"first_event", format_time(pending.batch.first_event)},
                       {"last_event", format_time(pending.batch.last_event)},
                       {"statements", counts_json(pending.counts)}});
}

}  // namespace dw::load
