#include "loader/report/prometheus.h"

#include "loader/report/verdict.h"

namespace dw::load {
namespace {

std::string label_value(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || c == '"') out += '\\';
    out += c == '\n' ? "\\n" : std::string(1, c);
  }
  return out;
}

std::string seconds(Micros time) {
  return std::to_string(time / 1'000'000);
}

class Metrics {
 public:
  // All samples of a metric stand behind its head.
  void head(const std::string& name, const char* type, const char* help) {
    name_ = "dw_" + name;
    out_ += "# HELP " + name_ + " " + help + "\n# TYPE " + name_ + " " + type + "\n";
  }
  void sample(const std::string& value, const std::string& labels = "") {
    out_ += name_ + (labels.empty() ? "" : "{" + labels + "}") + " " + value + "\n";
  }
  void sample(std::uint64_t value, const std::string& labels = "") { sample(std::to_string(value), labels); }
  void gauge(const std::string& name, const char* help, const std::string& value) {
    head(name, "gauge", help);
    sample(value);
  }
  // What is not known is left out.
  void time(const std::string& name, const char* help, const std::optional<Micros>& at) {
    if (at) gauge(name, help, seconds(*at));
  }
  [[nodiscard]] std::string finish() && { return std::move(out_); }

 private:
  std::string out_;
  std::string name_;
};

std::string table_labels(const TableStatus& table) {
  return "schema=\"" + label_value(table.schema) + "\",table=\"" + label_value(table.table) + "\"";
}

void add_runs(Metrics& metrics, const StatusFacts& facts) {
  metrics.gauge("exit_code", "What dw-load status ends with; 0: the mirror is well.",
                std::to_string(static_cast<int>(verdict_of(reasons_of(facts)))));
  metrics.time("next_run_timestamp_seconds", "When the next run should have come to its end.",
               next_run(facts));
  if (!facts.runs.last) return;
  metrics.gauge("last_run_timestamp_seconds", "When the last run ended.", seconds(facts.runs.last->at));
  metrics.gauge("last_run_exit_code", "How the last run ended.", std::to_string(facts.runs.last->exit_code));
  metrics.gauge("last_run_seconds", "How long it took.", std::to_string(facts.runs.seconds));
  metrics.gauge("last_good_run_timestamp_seconds", "When the last run without an error ended.",
                seconds(facts.runs.last_good));
  if (const auto lag = lag_of(facts)) {
    metrics.gauge("lag_seconds",
                  "How far the mirror may be behind production; it grows while runs fail or do not come.",
                  seconds(lag->time));
  }
}

void add_sums(Metrics& metrics, const StatusFacts& facts) {
  metrics.time("checkpoint_timestamp_seconds", "When the checkpoint was moved last.", facts.checkpoint_at);
  metrics.time("last_event_timestamp_seconds", "When the newest applied statement was logged.",
               facts.last_event);
  metrics.head("statements_total", "counter", "Statements received, by outcome.");
  for (std::size_t i = 0; i < kOutcomes; ++i)
    metrics.sample(facts.statements.by_outcome[i], std::string("outcome=\"") + kOutcomeNames[i] + "\"");
  metrics.head("suspects", "gauge", "Open suspects, by scope.");
  for (std::size_t i = 0; i < kSuspectScopes.size(); ++i)
    metrics.sample(facts.suspects[i], std::string("scope=\"") + kSuspectScopes[i] + "\"");
  metrics.time("oldest_suspect_timestamp_seconds", "Since when the oldest open suspect has been one.",
               facts.oldest_suspect);
  metrics.gauge("held_transactions", "Transactions that are set aside.", std::to_string(facts.held));
  metrics.head("failures_total", "counter", "Statements that failed on the mirror.");
  metrics.sample(facts.failures);
  const Verification sum = total_verification(facts);
  if (sum.chunks > 0) {
    metrics.gauge("verified_ratio", "Share of the chunks that were verified within the round.",
                  std::to_string(static_cast<double>(sum.verified) / static_cast<double>(sum.chunks)));
  }
  if (facts.media)
    metrics.gauge("media_good", "1: the copy of the bucket is well.", facts.media->good ? "1" : "0");
}

void add_tables(Metrics& metrics, const StatusFacts& facts) {
  const auto each = [&](const char* name, const char* type, const char* help, const auto& value) {
    metrics.head(name, type, help);
    for (const TableStatus& table : facts.tables) {
      const std::optional<std::uint64_t> number = value(table);
      if (number) metrics.sample(*number, table_labels(table));
    }
  };
  using Number = std::optional<std::uint64_t>;
  each("table_rows", "gauge", "Rows, about.", [](const TableStatus& t) { return t.rows; });
  each("table_bytes", "gauge", "Bytes with indexes, about.", [](const TableStatus& t) { return t.bytes; });
  each("table_retained_rows", "gauge", "Rows in the table's archive, about.",
       [](const TableStatus& t) { return Number(t.retained); });
  each("table_suspects", "gauge", "Open suspects.", [](const TableStatus& t) { return Number(t.suspects); });
  each("table_differing_rows", "gauge", "Rows that differ from production's, and were not mended.",
       [](const TableStatus& t) { return Number(t.verification.differing); });
  each("table_drift_found_total", "counter", "Rows found to differ.",
       [](const TableStatus& t) { return Number(t.verification.found); });
  each("table_drift_repaired_total", "counter", "Rows mended.",
       [](const TableStatus& t) { return Number(t.verification.repaired); });
  each("table_verified_timestamp_seconds", "gauge", "When the chunk that waits longest was verified.",
       [](const TableStatus& t) {
         const auto& oldest = t.verification.oldest;
         return oldest ? Number(static_cast<std::uint64_t>(*oldest / 1'000'000)) : std::nullopt;
       });
}

}  // namespace

std::string prometheus_text(const StatusFacts& facts) {
  Metrics metrics;
  add_runs(metrics, facts);
  if (facts.mirror_error.empty()) {
    add_sums(metrics, facts);
    add_tables(metrics, facts);
  }
  return std::move(metrics).finish();
}

}  // namespace dw::load
