#include "loader/report/status_text.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "loader/report/verdict.h"
#include "loader/report/words.h"

namespace dw::load {
namespace {

constexpr std::size_t kLabelWidth = 14;

std::string label(std::string name) {
  name.resize(std::max(kLabelWidth, name.size() + 1), ' ');
  return name;
}

std::string ago(const StatusFacts& facts, Micros time) {
  return second_text(time) + ", " + duration_text((facts.now - time) / 1'000'000) + " ago";
}

std::string lag_text(const StatusFacts& facts) {
  const auto lag = lag_of(facts);
  if (!lag) return "";
  std::string seconds = std::to_string(lag->time / 1'000'000) + " s";
  if (!lag->since_last_good) return seconds;
  return seconds + " at most: production was last heard of at " + ago(facts, facts.runs.last_good);
}

class Screen {
 public:
  void line(const std::string& name, const std::string& value) {
    out_ += label(name) + (value.empty() ? "-" : value) + "\n";
  }
  void number(const std::string& name, std::uint64_t value) { line(name, grouped(value)); }
  void text(const std::string& text) { out_ += text; }
  [[nodiscard]] std::string finish() && { return std::move(out_); }

 private:
  std::string out_;
};

void add_run(Screen& screen, const StatusFacts& facts) {
  const auto& last = facts.runs.last;
  std::string text;
  if (last) {
    std::array<char, 64> end{};
    std::snprintf(end.data(), end.size(), ", exit %d, took %.1f s", last->exit_code, facts.runs.seconds);
    text = ago(facts, last->at) + end.data();
  }
  screen.line("last run", text);
  const auto next = next_run(facts);
  screen.line("next run", facts.working ? "one is at work" : next ? second_text(*next) : "");
  screen.line("lag", lag_text(facts));
}

void add_statements(Screen& screen, const StatusFacts& facts) {
  screen.line("last event", facts.last_event ? ago(facts, *facts.last_event) : "");
  screen.number("received", facts.statements.received);
  for (std::size_t i = 0; i < kOutcomes; ++i)
    screen.number(std::string("  ") + kOutcomeNames[i], facts.statements.by_outcome[i]);
  screen.line("held", grouped(facts.held) +
                          (facts.held_since ? ", since " + second_text(*facts.held_since) : std::string()));
  screen.number("ledger", facts.ledger);
  screen.number("failures", facts.failures);
}

void add_suspects(Screen& screen, const StatusFacts& facts) {
  screen.number("suspects", total_suspects(facts));
  for (std::size_t i = 0; i < kSuspectScopes.size(); ++i)
    screen.number(std::string("  ") + kSuspectScopes[i], facts.suspects[i]);
}

void add_verification(Screen& screen, const StatusFacts& facts) {
  const Verification sum = total_verification(facts);
  std::string share = "nothing yet";
  if (const auto percent = verified_percent(sum)) {
    std::array<char, 32> number{};
    std::snprintf(number.data(), number.size(), "%.1f %%", *percent);
    share = std::string(number.data()) + " within " + duration_text(facts.rules.verify_round_seconds) + " (" +
            grouped(sum.verified) + " of " + counted(sum.chunks, "chunk") + ")";
  }
  screen.line("verified", share);
  screen.line("drift", grouped(sum.differing) + " rows differ; " + grouped(sum.found) + " found, " +
                           grouped(sum.repaired) + " mended");
  screen.line("retained", "about " + counted(total_retained(facts), "row"));
  if (facts.media) screen.line("media", facts.media->text);
}

// Columns as wide as their widest word; all but the first to the right.
std::string columns(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths(rows[0].size());
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string out;
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string gap(widths[i] - row[i].size(), ' ');
      out += i == 0 ? row[i] + gap : "  " + gap + row[i];
    }
    out += "\n";
  }
  return out;
}

std::string verified_word(const Verification& one) {
  if (one.chunks == 0) return "-";
  return one.oldest ? second_text(*one.oldest).substr(0, 16) : "not all yet";
}

std::string tables_text(const std::vector<TableStatus>& tables) {
  std::vector<std::vector<std::string>> rows{
      {"table", "rows", "verified", "differ", "found", "mended", "retained", "suspects"}};
  for (const TableStatus& one : tables) {
    const Verification& seen = one.verification;
    rows.push_back({one.schema + "." + one.table, one.rows ? grouped(*one.rows) : "-", verified_word(seen),
                    grouped(seen.differing), grouped(seen.found), grouped(seen.repaired),
                    grouped(one.retained), grouped(one.suspects)});
  }
  return columns(rows);
}

// Rows are counted by nobody at each look: a table of millions would take minutes.
std::string estimates_text(const StatusFacts& facts) {
  std::string out = "retained: as the mirror's server estimates now";
  if (!facts.sizes_on.empty())
    out = "rows: as the mirror's server estimated them on " + facts.sizes_on + " (once a day); " + out;
  return out + "\n";
}

}  // namespace

std::string reasons_text(const StatusFacts& facts) {
  std::string out;
  for (const Trouble& one : reasons_of(facts)) {
    out += "  exit " + std::to_string(static_cast<int>(one.code)) + ": " + one.what + "\n" + "          " +
           one.mend + "\n";
  }
  return out;
}

std::string status_text(const StatusFacts& facts) {
  Screen screen;
  screen.line("state", word_of(facts));
  screen.text(reasons_text(facts));
  screen.line("source", facts.source);
  screen.line("checkpoint", facts.cursor);
  if (facts.tables_to_copy > 0) {
    screen.line("first copy", grouped(facts.copied_tables) + " of " + counted(facts.tables_to_copy, "table") +
                                  " are there");
  }
  add_run(screen, facts);
  add_statements(screen, facts);
  add_suspects(screen, facts);
  add_verification(screen, facts);
  if (!facts.tables.empty()) screen.text("\n" + tables_text(facts.tables) + estimates_text(facts));
  return std::move(screen).finish();
}

}  // namespace dw::load
