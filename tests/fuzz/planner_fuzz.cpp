// From events to a plan: every statement gets one unit, nothing throws, and what a plan says of an event
// stays true when more of the log is known.
#include <algorithm>
#include <array>
#include <fuzzer/FuzzedDataProvider.h>
#include <string>

#include <nlohmann/json.hpp>

#include "loader/plan/planner.h"
#include "tests/fuzz/fuzz.h"

using namespace dw;
using namespace dw::load;
using dw::fuzz::require;

namespace {

constexpr auto kTexts = std::to_array<const char*>({
    "BEGIN",
    "START TRANSACTION READ ONLY",
    "COMMIT",
    "COMMIT AND CHAIN",
    "ROLLBACK",
    "ROLLBACK TO a",
    "ROLLBACK AND CHAIN RELEASE",
    "SAVEPOINT a",
    "RELEASE SAVEPOINT a",
    "SET autocommit=0",
    "SET autocommit=1",
    "SET sql_mode='ANSI_QUOTES'",
    "SET sql_mode='NO_BACKSLASH_ESCAPES'",
    "SET sql_mode=DEFAULT",
    "USE app",
    "USE other",
    "INSERT INTO t VALUES (1)",
    "INSERT INTO app.t VALUES ('a\\'; DELETE FROM app.t; -- ')",
    "INSERT INTO other.t VALUES (1)",
    "UPDATE t SET a=2",
    "DELETE FROM t",
    "CREATE TABLE t (a INT)",
    "DROP TABLE t",
    "SELECT 1",
    "CALL p()",
    "XA START 'x'",
    "XA END 'x'",
    "XA PREPARE 'x'",
    "XA COMMIT 'x'",
    "XA COMMIT 'x' ONE PHASE",
    "XA ROLLBACK 'x'",
    "INSERT INTO t VALUES (1); COMMIT; BEGIN; DELETE FROM t",
    "BEGIN NOT ATOMIC DELETE FROM t; END",
    "SET NAMES utf8mb4",
    "LOCK TABLES t WRITE",
    "UNLOCK TABLES",
    "GRANT ALL ON *.* TO a",
    "INSERT INTO t VALUES ('",
});

Event some_event(FuzzedDataProvider& in, std::uint64_t index) {
  Event event;
  event.index = index;
  event.thread_id = in.ConsumeIntegralInRange<std::uint64_t>(1, 3);
  const int kind = in.ConsumeIntegralInRange<int>(0, 15);
  if (kind == 0) {
    event.command = static_cast<Command>(in.ConsumeIntegralInRange<int>(0, static_cast<int>(Command::other)));
    event.text = in.ConsumeRandomLengthString(32);
  } else if (kind == 1) {
    event.command = Command::connect;
    event.text = "app@web on app using TCP/IP";
  } else if (kind == 2) {
    event.command = Command::quit;
  } else {
    event.command = kind == 3 ? Command::execute : Command::query;
    event.text = kind < 6 ? in.ConsumeRandomLengthString(64) : in.PickValueInArray(kTexts);
  }
  return event;
}

Batch first_events(const Batch& batch, std::size_t count) {
  Batch part;
  part.header = batch.header;
  part.events.assign(batch.events.begin(), batch.events.begin() + static_cast<std::ptrdiff_t>(count));
  return part;
}

void check_plan(const Batch& batch, const Plan& plan) {
  require(plan.watermark <= batch.events.size(), "the watermark lies within the batch");
  std::uint32_t event = 0;
  std::uint32_t ordinal = 0;
  for (const Unit& unit : plan.units) {
    const bool follows =
        unit.event == event ? unit.ordinal == ordinal : unit.event == event + 1 && unit.ordinal == 0;
    require(follows, "units stand in the events' order, none is left out");
    event = unit.event;
    ordinal = unit.ordinal + 1;
    const std::string& text = batch.events.at(unit.event).text;
    require(!unit.is_statement || unit.statement.text.empty() ||
                (unit.statement.text.data() >= text.data() &&
                 unit.statement.text.data() + unit.statement.text.size() <= text.data() + text.size()),
            "a unit views its event");
  }
  const bool complete =
      plan.units.empty() ? plan.watermark == 0 : plan.units.back().event + 1 == plan.watermark;
  require(complete, "every event before the watermark has its units");
}

// The sessions as they are behind the plan's events.
SessionTable behind(const Batch& batch, const Plan& plan, SessionTable sessions,
                    const PlannerOptions& options) {
  sessions.set_defaults(options.defaults);
  for (const Unit& unit : plan.units) {
    const Event& event = batch.events[unit.event];
    if (unit.is_statement) {
      sessions.observe(event.thread_id, unit.statement);
    } else {
      sessions.observe(event);
    }
  }
  const SessionTable kept = SessionTable::from_json(sessions.to_json());
  require(kept.to_json() == sessions.to_json(), "what is kept of the sessions comes back");
  return kept;
}

// Whether the log may hold what production refused: XA and savepoints out of place.
bool has_invalid(const Batch& batch) {
  return std::any_of(batch.events.begin(), batch.events.end(), [](const Event& event) {
    return event.text.find("XA ") != std::string::npos || event.text.find("TO a") != std::string::npos;
  });
}

void check_same(const Plan& part, const Plan& whole) {
  require(part.watermark <= whole.watermark, "with more of the log known the watermark does not go back");
  for (std::size_t i = 0; i < part.units.size(); ++i) {
    require(part.units[i].treatment == whole.units[i].treatment &&
                part.units[i].database == whole.units[i].database,
            "a plan stays true when more of the log is known");
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider in(data, size);
  PlannerOptions options;
  options.databases = {"app"};
  options.defaults.autocommit = in.ConsumeBool();
  Batch batch;
  batch.header.generations = {generation_fingerprint("g")};
  const auto cut = in.ConsumeIntegral<std::uint8_t>();
  while (in.remaining_bytes() > 0 && batch.events.size() < 200)
    batch.events.push_back(some_event(in, batch.events.size() + 1));

  const Plan whole = make_plan(batch, {}, options);
  check_plan(batch, whole);
  const Batch begun = first_events(batch, batch.events.empty() ? 0 : cut % batch.events.size());
  const Plan part = make_plan(begun, {}, options);
  check_plan(begun, part);
  check_same(part, whole);

  // Going on from the first plan's watermark, as the next run does. Production refuses an XA PREPARE outside
  // an XA transaction, and a ROLLBACK TO a savepoint that was never set; a session does not keep what would
  // tell.
  if (has_invalid(batch)) return 0;
  Batch rest = batch;
  rest.events.erase(rest.events.begin(), rest.events.begin() + static_cast<std::ptrdiff_t>(part.watermark));
  const Plan next = make_plan(rest, behind(begun, part, {}, options), options);
  require(part.watermark + next.watermark == whole.watermark, "two plans reach as far as one");
  for (std::size_t i = 0; i < next.units.size(); ++i) {
    require(next.units[i].treatment == whole.units.at(part.units.size() + i).treatment, "and say the same");
  }
  return 0;
}
