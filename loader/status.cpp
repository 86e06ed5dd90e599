#include "loader/status.h"

#include <iostream>

#include <nlohmann/json.hpp>

#include "common/mysql/connection.h"
#include "common/util/files.h"
#include "loader/report/page/page.h"
#include "loader/report/prometheus.h"
#include "loader/report/status_json.h"
#include "loader/report/status_reader.h"
#include "loader/report/status_text.h"
#include "loader/report/verdict.h"
#include "loader/voice/progress.h"

namespace dw::load {
namespace {

StatusFacts facts_of_spool(const Config& config) {
  StatusFacts facts;
  facts.now = now_micros();
  facts.rules = config.states;
  facts.runs = read_run_record(config.spool_dir);
  if (config.media) facts.media = read_media_result(*config.media);
  return facts;
}

// What the mirror says, and, where `history` is given, of the past too. A mirror that cannot be read is a
// fact.
StatusFacts read_facts(const Config& config, StatusHistory* history = nullptr) {
  const Progress progress("asking the mirror");
  StatusFacts facts = facts_of_spool(config);
  try {
    mysql::Connection mirror = mysql::Connection::open(config.mirror);
    read_mirror_facts(mirror, facts);
    if (history != nullptr) *history = read_history(mirror, facts.now);
  } catch (const mysql::SqlError& error) {
    facts = facts_of_spool(config);
    facts.mirror_error = error.what();
  }
  return facts;
}

void print_text(const Config& config, const StatusFacts& facts, bool quiet) {
  if (!facts.mirror_error.empty()) {
    throw Error(ExitCode::mirror_unreachable, "the mirror cannot be read: " + facts.mirror_error,
                "check " + config.mirror.defaults_file.string());
  }
  if (quiet) {
    const std::string reasons = reasons_text(facts);
    if (!reasons.empty()) std::cout << "dw-load: " << word_of(facts) << '\n' << reasons;
  } else {
    std::cout << status_text(facts);
  }
}

}  // namespace

ExitCode run_status(const Config& config, const StatusOptions& options) {
  const StatusFacts facts = read_facts(config);
  if (options.format == StatusFormat::text) {
    print_text(config, facts, options.quiet);
  } else if (options.format == StatusFormat::prometheus) {
    std::cout << prometheus_text(facts) << std::flush;
    if (!std::cout) throw Error(ExitCode::failed, "the metrics cannot be written", "is the disk full?");
    // The verdict is a metric. As an exit code it would keep `… > x.new && mv x.new x` from replacing the
    // file exactly when something is wrong.
    return ExitCode::done;
  } else {
    nlohmann::json out = status_json(facts);
    if (options.statistics != nullptr) out["statistics"] = statistics_json(*options.statistics);
    std::cout << out.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
  }
  return verdict_of(reasons_of(facts));
}

ExitCode run_report(const Config& config, const std::filesystem::path& page) {
  StatusHistory history;
  const StatusFacts facts = read_facts(config, &history);
  write_file_durably(page, status_page(facts, history), FileMode::readable_by_all);
  return ExitCode::done;
}

}  // namespace dw::load
