#include "extractor/rotate_verb.h"

#include <nlohmann/json.hpp>

#include "extractor/rotation.h"
#include "extractor/table_rotator.h"

namespace dw::extract {
namespace {

Outcome answer(bool rotated, const std::string& reason, const RotationFacts& facts) {
  nlohmann::json out{{"rotated", rotated}};
  if (!reason.empty()) out["reason"] = reason;
  if (!facts.generations.empty()) {
    const MeasuredGeneration& current = facts.generations.back();
    out["generation"] = current.generation.fingerprint;
    out["rows"] = current.size.rows;
  }
  Outcome outcome;
  outcome.json = out.dump(2) + "\n";
  return outcome;
}

// Renaming the file is the matter of the machine's own rotation, which knows where old logs go.
[[noreturn]] void refuse_files(const Config& config) {
  throw RequestError(ExitCode::usage, "not_rotated_here", "dw-extract does not rotate log files",
                     "let logrotate rename " + config.log.path.string() +
                         " and run mysqladmin flush-logs general; without copytruncate, which loses rows");
}

Outcome rotate(const Config& config, Server& server, const Request& request) {
  const ServerInfo info = server.info(config);
  RotationFacts facts;
  facts.now = info.now;
  facts.rds = info.rds;
  facts.log_enabled = info.log_enabled();
  facts.after = request.after;
  if (!lock_rotation(server)) return answer(false, "another rotation is running", facts);

  TableLogSource source(server);
  facts.generations = measure_generations(source);
  const RotationDecision decision = decide_rotation(config.rotate, facts);
  if (decision.answer == RotationAnswer::cursor_needed) {
    throw RequestError(ExitCode::usage, "cursor_needed", "rotate: " + decision.reason,
                       "give the cursor up to which the loader has everything (after)");
  }
  if (decision.answer == RotationAnswer::not_now) return answer(false, decision.reason, facts);
  if (request.dry_run) return answer(false, "dry run: it would be rotated", facts);
  if (info.rds_may_rotate) {
    rotate_rds(server, source, facts.generations);
  } else if (info.rds) {
    throw Error(ExitCode::not_authorised,
                "rotating the log: the account may not call mysql.rds_rotate_general_log",
                "GRANT EXECUTE ON PROCEDURE mysql.rds_rotate_general_log TO " + info.account);
  } else {
    rotate_tables(server, source, facts.generations);
  }
  return answer(true, "", facts);
}

}  // namespace

Outcome run_rotate(const Config& config, Server* server, const Request& request) {
  if (server == nullptr || config.log.source == LogKind::file) refuse_files(config);
  return rotate(config, *server, request);
}

}  // namespace dw::extract
