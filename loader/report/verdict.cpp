#include "loader/report/verdict.h"

#include <algorithm>

#include "common/util/clock.h"
#include "loader/report/words.h"

namespace dw::load {
namespace {

// A mirror that an earlier version followed has no record of runs, but a checkpoint.
std::optional<Micros> last_end(const StatusFacts& facts) {
  std::optional<Micros> out = facts.checkpoint_at;
  if (facts.runs.last) out = std::max(out.value_or(0), facts.runs.last->at);
  return out;
}

std::string since(const StatusFacts& facts, Micros time) {
  return second_text(time) + ", " + duration_text((facts.now - time) / kSecond) + " ago";
}

std::optional<Trouble> overdue(const StatusFacts& facts) {
  const auto end = last_end(facts);
  if (facts.rules.overdue_after_seconds == 0 || !end ||
      facts.now - *end <= facts.rules.overdue_after_seconds * kSecond)
    return std::nullopt;
  return Trouble{ExitCode::failed, "no run has come to its end for long",
                 "no run has come to its end since " + since(facts, *end),
                 facts.working ? "one is at work: see what it waits for (SHOW PROCESSLIST on the mirror)"
                               : "see whether cron or the timer still starts dw-load, and run dw-load sync"};
}

std::optional<Trouble> failed_run(const StatusFacts& facts) {
  const auto& last = facts.runs.last;
  if (!last || last->error.empty()) return std::nullopt;
  return Trouble{static_cast<ExitCode>(last->exit_code), "the last run failed",
                 "the last run failed at " + since(facts, last->at) + ": " + last->error,
                 facts.runs.last_good == 0
                     ? "no run has ended well yet"
                     : "the last good one ended at " + second_text(facts.runs.last_good)};
}

std::optional<Trouble> gap(const StatusFacts& facts) {
  if (facts.gap_open) {
    return Trouble{ExitCode::gap, "a part of production's log was lost",
                   "a part of production's log was lost, and not all is verified since",
                   "dw-load verify compares all tables; pull more often, or let dw-load do the rotating"};
  }
  const auto& last = facts.runs.last;
  if (!last || last->exit_code != static_cast<int>(ExitCode::gap) || !last->error.empty())
    return std::nullopt;
  return Trouble{ExitCode::gap, "a gap in the log, or a log that is off",
                 "the last run met a gap in the log, or a log that is off",
                 "dw-extract check tells what to set at the source"};
}

std::optional<Trouble> drift(const StatusFacts& facts) {
  const std::uint64_t rows = total_verification(facts).differing;
  const std::uint64_t tables = facts.runs.drifting_tables;
  if (rows == 0 && tables == 0) return std::nullopt;
  return Trouble{ExitCode::needs_eyes, "the mirror differs from production",
                 rows > 0 ? counted(rows, "row") + " differ from production's, and were not mended"
                          : counted(tables, "table") + " differ from production's, and were not mended",
                 "dw-load verify --repair mends them; without it, it only tells which they are"};
}

std::optional<Trouble> staying_suspects(const StatusFacts& facts) {
  const auto& oldest = facts.oldest_suspect;
  if (!oldest || facts.rules.verify_round_seconds == 0 ||
      facts.now - *oldest <= facts.rules.verify_round_seconds * kSecond)
    return std::nullopt;
  return Trouble{
      ExitCode::needs_eyes, "suspects stay open",
      counted(total_suspects(facts), "suspect") + " open, the oldest since " + since(facts, *oldest),
      "look at dw_meta.suspects; what is compared and equal is cleared"};
}

std::optional<Trouble> needs_eyes(const StatusFacts& facts) {
  const auto& last = facts.runs.last;
  if (!last || !last->error.empty()) return std::nullopt;
  if (last->state == RunState::needs_eyes) {
    return Trouble{ExitCode::needs_eyes, "statements were not understood",
                   "the last run met statements that were not understood and not run",
                   "look at error 0 in dw_meta.failures"};
  }
  if (last->state != RunState::stalled) return std::nullopt;
  return Trouble{ExitCode::needs_eyes, "an open transaction holds the mirror back",
                 "the mirror stands still at an open transaction",
                 "end it at the source, or lower hold_after_seconds"};
}

std::optional<Trouble> media(const StatusFacts& facts) {
  if (!facts.media || facts.media->good) return std::nullopt;
  return Trouble{ExitCode::needs_eyes, "the copy of the media is not well", facts.media->text,
                 "run scripts/mirror-media by hand, and see its words"};
}

std::optional<Trouble> first_copy(const StatusFacts& facts) {
  if (facts.followed) return std::nullopt;
  if (facts.tables_to_copy == 0) {
    return Trouble{ExitCode::failed, "this mirror was never synced", "this mirror was never synced",
                   "run dw-load baseline, then dw-load sync"};
  }
  if (facts.working) return std::nullopt;
  return Trouble{ExitCode::needs_eyes, "the first copy was broken off", "the first copy was broken off",
                 "dw-load baseline goes on with it"};
}

}  // namespace

std::vector<Trouble> reasons_of(const StatusFacts& facts) {
  std::vector<Trouble> out;
  const auto add = [&](std::optional<Trouble> reason) {
    if (reason) out.push_back(std::move(*reason));
  };
  if (!facts.mirror_error.empty()) {
    add(Trouble{ExitCode::mirror_unreachable, "the mirror cannot be read",
                "the mirror cannot be read: " + facts.mirror_error,
                "check that it runs, and the option file of mirror.defaults_file"});
    add(overdue(facts));
    add(failed_run(facts));
    return out;
  }
  add(first_copy(facts));
  for (const auto& look : {overdue, failed_run, gap, drift, staying_suspects, needs_eyes, media})
    add(look(facts));
  return out;
}

ExitCode verdict_of(const std::vector<Trouble>& reasons) {
  return reasons.empty() ? ExitCode::done : reasons.front().code;
}

std::string word_of(const StatusFacts& facts) {
  if (!facts.mirror_error.empty()) return "mirror unreachable";
  if (!facts.followed) return facts.tables_to_copy == 0 ? "never synced" : "first copy";
  if (overdue(facts)) return "overdue";
  if (failed_run(facts)) return name_of(facts.runs.last->state);
  if (gap(facts)) return "gap";
  if (drift(facts)) return "drift";
  if (staying_suspects(facts)) return "suspects stay";
  if (needs_eyes(facts)) return name_of(facts.runs.last->state);
  if (media(facts)) return "media";
  return facts.runs.last && facts.runs.last->state == RunState::quiet ? "quiet" : "well";
}

std::optional<Micros> next_run(const StatusFacts& facts) {
  const auto end = last_end(facts);
  if (!end) return std::nullopt;
  return *end + facts.rules.run_every_seconds * kSecond;
}

}  // namespace dw::load
