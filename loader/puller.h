// Brings what production logged to the mirror, batch by batch: fetched, spooled, applied, accounted for.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>

#include "common/util/statistics.h"
#include "loader/apply/applier.h"
#include "loader/net/source_client.h"
#include "loader/run_report.h"
#include "loader/spool.h"
#include "loader/verify/marks.h"

namespace dw::load {

void account_for(const Batch& batch, const ApplyResult& result, RunReport& report);

// What was replayed up to a reading's place in the log, for judging its rows (loader/verify/doubts.h).
struct ReplayedToMark {
  Batch batch;  // as it was before it was applied, cut behind the last mark
  Marks marks;
  bool busy_behind = false;            // production logged statements before the reading was answered
  std::size_t watermark = 0;           // of what is applied
  SessionTable sessions;               // before the batch
  std::vector<InFlight> in_flight;     // the same
  std::set<std::uint64_t> committing;  // the same: sessions whose last event was a COMMIT
  PlannerOptions options;              // the same
};

class Puller {
 public:
  // All are used, not owned.
  Puller(Applier& applier, const Spool& spool, const SourceClient& source, BatchRequest first, bool rotate,
         RunReport& report, Statistics& statistics)
      : applier_(applier),
        spool_(spool),
        source_(source),
        request_(std::move(first)),
        rotate_(rotate),
        report_(report),
        statistics_(statistics) {}

  // One batch, from the source's answer to the mirror. Gives whether another pull makes sense at once: not
  // when there is no more, or when pulling has lasted for ten minutes. Throws Error.
  bool pull();

  // Pulls up to and with the last mark of a reading, no further. `before_last` is called before the batch
  // that holds it is applied. nullopt: the log does not show the reading.
  std::optional<ReplayedToMark> pull_to(const std::string& nonce, const std::function<void()>& before_last);

  // Events wait behind the watermark: the mirror is not where production's log ends.
  [[nodiscard]] bool is_held_back() const { return report_.events_left > 0; }

  // Of the last batch; nullopt: none has come yet.
  [[nodiscard]] const std::optional<BatchHeader>& header() const { return header_; }

 private:
  std::string fetch_text();
  Batch fetch();
  bool apply(Batch& batch, bool cut);

  Applier& applier_;
  const Spool& spool_;
  const SourceClient& source_;
  BatchRequest request_;
  bool rotate_;
  RunReport& report_;
  Statistics& statistics_;
  std::optional<BatchHeader> header_;
  std::optional<Micros> began_;  // by the source's clock
  std::set<std::uint64_t> committing_;
};

}  // namespace dw::load
