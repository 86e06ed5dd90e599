#include "loader/report/status_json.h"

#include "loader/report/verdict.h"

namespace dw::load {
namespace {

using nlohmann::json;

json time_json(const std::optional<Micros>& time) {
  return time && *time != 0 ? json(format_time(*time)) : json();
}

template <typename T>
json known(const std::optional<T>& value) {
  return value ? json(*value) : json();
}

json reasons_json(const std::vector<Trouble>& reasons) {
  json out = json::array();
  for (const Trouble& one : reasons)
    out.push_back({{"exit_code", static_cast<int>(one.code)}, {"what", one.what}, {"mend", one.mend}});
  return out;
}

json run_json(const RunRecord& runs) {
  if (!runs.last) return {};
  return {{"ended", format_time(runs.last->at)},
          {"exit_code", runs.last->exit_code},
          {"state", name_of(runs.last->state)},
          {"error", runs.last->error},
          {"seconds", runs.seconds},
          {"last_good", time_json(runs.last_good)}};
}

json lag_json(const std::optional<Lag>& lag) {
  return lag ? json(lag->time / 1'000'000) : json();
}

json statements_json(const Counts& counts) {
  json out{{"received", counts.received}};
  for (std::size_t i = 0; i < kOutcomes; ++i) out[kOutcomeNames[i]] = counts.by_outcome[i];
  return out;
}

json suspects_json(const StatusFacts& facts) {
  json out{{"open", total_suspects(facts)}, {"oldest", time_json(facts.oldest_suspect)}};
  for (std::size_t i = 0; i < kSuspectScopes.size(); ++i) out[kSuspectScopes[i]] = facts.suspects[i];
  return out;
}

json verification_json(const Verification& one) {
  return {{"chunks", one.chunks},
          {"verified_chunks", one.verified},
          {"percent", known(verified_percent(one))},
          {"oldest", time_json(one.oldest)},
          {"differing", one.differing},
          {"found", one.found},
          {"repaired", one.repaired}};
}

json tables_json(const std::vector<TableStatus>& tables) {
  json out = json::array();
  for (const TableStatus& one : tables) {
    out.push_back({{"table", one.schema + "." + one.table},
                   {"rows_about", known(one.rows)},
                   {"bytes_about", known(one.bytes)},
                   {"archive_tables", one.archive_tables},
                   {"retained_about", one.retained},
                   {"suspects", one.suspects},
                   {"verification", verification_json(one.verification)}});
  }
  return out;
}

json media_json(const std::optional<MediaResult>& media) {
  if (!media) return {};
  return {{"good", media->good},
          {"text", media->text},
          {"result", media->json.empty() ? json() : json::parse(media->json, nullptr, false)}};
}

}  // namespace

json status_json(const StatusFacts& facts) {
  const std::vector<Trouble> reasons = reasons_of(facts);
  json verification = verification_json(total_verification(facts));
  verification["round_seconds"] = facts.rules.verify_round_seconds;
  return {{"generated_at", format_time(facts.now)},
          {"state", word_of(facts)},
          {"exit_code", static_cast<int>(verdict_of(reasons))},
          {"reasons", reasons_json(reasons)},
          {"source", facts.source},
          {"cursor", facts.cursor},
          {"working", facts.working},
          {"run", run_json(facts.runs)},
          {"next_run", time_json(next_run(facts))},
          {"lag_seconds", lag_json(lag_of(facts))},
          {"checkpoint_at", time_json(facts.checkpoint_at)},
          {"last_event", time_json(facts.last_event)},
          {"first_copy", {{"tables", facts.tables_to_copy}, {"copied", facts.copied_tables}}},
          {"statements", statements_json(facts.statements)},
          {"held", {{"transactions", facts.held}, {"since", time_json(facts.held_since)}}},
          {"ledger", facts.ledger},
          {"failures", facts.failures},
          {"suspects", suspects_json(facts)},
          {"retained_about", total_retained(facts)},
          {"verification", verification},
          {"media", media_json(facts.media)},
          {"sizes_on", facts.sizes_on.empty() ? json() : json(facts.sizes_on)},
          {"tables", tables_json(facts.tables)}};
}

}  // namespace dw::load
