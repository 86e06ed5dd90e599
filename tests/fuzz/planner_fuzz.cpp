// From events to a plan: every statement gets one unit, nothing throws, what a plan says of an event stays
// true when more of the log is known, and two plans in a row say what one says, transactions that are set
// aside included.
#include <algorithm>
#include <array>
#include <fuzzer/FuzzedDataProvider.h>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <vector>

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
    "SAVEPOINT b",
    "ROLLBACK TO b",
    "XA START 'y'",
    "XA PREPARE 'y'",
    "XA COMMIT 'y'",
    "INSERT INTO log VALUES (NEW.a)",
    "UPDATE stock SET n=n-1",
    "SELECT f()",
    "DROP TRIGGER app.tr",
});

// A trigger, a function and a procedure with the statements that the log may show of them.
std::shared_ptr<const StoredPrograms> some_programs() {
  auto programs = std::make_shared<StoredPrograms>();
  programs->add(ProgramKind::insert_trigger, "app", "tr", "BEGIN INSERT INTO log VALUES (NEW.a); END", "",
                "t");
  programs->add(ProgramKind::function, "app", "f", "BEGIN UPDATE stock SET n=n-1; RETURN 1; END", "");
  programs->add(ProgramKind::procedure, "app", "p", "BEGIN DELETE FROM t; INSERT INTO t VALUES (1); END", "");
  return programs;
}

Event some_event(FuzzedDataProvider& in, std::uint64_t index) {
  Event event;
  event.index = index;
  event.time = static_cast<Micros>(index) * 10'000'000;
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
    sessions.observe(event);
    if (!unit.is_statement) continue;
    const bool of_body = unit.treatment == Treatment::inner || unit.reason == Reason::unknown_body;
    if (!of_body) sessions.observe(event.thread_id, unit.statement);
    sessions.observe(event.thread_id, unit.note.get());
  }
  const SessionTable kept = SessionTable::from_json(sessions.to_json());
  require(kept.to_json() == sessions.to_json(), "what is kept of the sessions comes back");
  return kept;
}

using Held = std::map<std::string, std::vector<std::size_t>>;  // key: numbers of its statements

// Follows the transactions that are set aside through the plan of `units[first…]`; `ended` gets the
// statements of those that were committed or rolled back.
void follow_held(const Plan& plan, std::size_t first, Held& held,
                 std::map<std::size_t, HeldStep::Action>& ended) {
  auto step = plan.held_steps.begin();
  for (std::size_t i = 0; i <= plan.units.size(); ++i) {
    for (; step != plan.held_steps.end() && step->unit <= i; ++step) {
      require(step->unit == i, "what happens to held transactions is in order");
      const auto found = held.find(step->key);
      if (found == held.end()) continue;  // nothing of it is mirrored
      const std::vector<std::size_t> statements = std::move(found->second);
      held.erase(found);
      if (step->action == HeldStep::Action::rename) {
        held[step->new_key] = statements;
      } else {
        for (const std::size_t number : statements) ended[number] = step->action;
      }
    }
    if (i == plan.units.size()) break;
    const Unit& unit = plan.units[i];
    require((unit.treatment == Treatment::hold) == !unit.held_key.empty(), "what is held has a key");
    if (unit.treatment == Treatment::hold) held[unit.held_key].push_back(first + i);
  }
  require(step == plan.held_steps.end(), "no step lies behind the plan");
}

// For who looks at an input that broke something: DW_FUZZ_SHOW=1 fuzz_planner FILE
void show(const Batch& batch, std::size_t cut) {
  if (std::getenv("DW_FUZZ_SHOW") == nullptr) return;
  for (const Event& event : batch.events) {
    if (event.index == cut + 1) std::fprintf(stderr, "--- the first batch ends here\n");
    std::fprintf(stderr, "%llu %s: %s\n", static_cast<unsigned long long>(event.thread_id),
                 std::string(to_string(event.command)).c_str(), event.text.c_str());
  }
}

bool changes_schema(const Plan& plan) {
  return std::any_of(plan.units.begin(), plan.units.end(), [](const Unit& unit) {
    const sql::StatementClass cls = unit.statement.cls;  // DROP TABLE takes its triggers along
    return unit.is_statement &&
           (cls == sql::StatementClass::schema || cls == sql::StatementClass::destructive);
  });
}

bool takes_back(const Batch& batch) {
  return std::any_of(batch.events.begin(), batch.events.end(),
                     [](const Event& event) { return event.text.find("TO ") != std::string::npos; });
}

// Going on from the first plan's watermark, as the next run does. `whole`: the plan of all, nothing held.
void check_going_on(const Batch& batch, const Batch& begun, PlannerOptions options, const Plan& whole) {
  const Plan part = make_plan(begun, {}, options);
  check_plan(begun, part);
  // The programs behind a change of the schema are the mirror's, which is not here.
  if (options.programs && changes_schema(part)) return;
  Held held;
  std::map<std::size_t, HeldStep::Action> ended;
  follow_held(part, 0, held, ended);
  SessionTable sessions = behind(begun, part, {}, options);
  for (const auto& [key, statements] : held) options.held.push_back(held_transaction(key));
  Batch rest = batch;
  rest.events.erase(rest.events.begin(), rest.events.begin() + static_cast<std::ptrdiff_t>(part.watermark));
  const Plan next = make_plan(rest, std::move(sessions), options);
  follow_held(next, part.units.size(), held, ended);
  std::vector<const Unit*> units;
  for (const Unit& unit : part.units) units.push_back(&unit);
  for (const Unit& unit : next.units) units.push_back(&unit);
  const bool may_hold = options.hold.after != std::numeric_limits<Micros>::max();
  require(may_hold || part.watermark + next.watermark == whole.watermark, "two plans reach as far as one");
  const bool compare_held = !takes_back(batch);  // else dw_meta.held's savepoints decide
  for (std::size_t i = 0; i < std::min(units.size(), whole.units.size()); ++i) {
    const Unit& one = *units[i];
    if (one.treatment != Treatment::hold) {
      require(one.treatment == whole.units[i].treatment, "two plans say what one says");
    } else if (whole.units[i].treatment == Treatment::hold) {
      continue;  // it waits for LOCK TABLES, also where all is known
    } else if (compare_held && !is_savepoint(one.statement) && ended.contains(i)) {
      const Treatment treatment = whole.units[i].treatment;
      const bool runs = treatment == Treatment::run || treatment == Treatment::set_state;  // SET @a = f()
      require(runs == (ended.at(i) == HeldStep::Action::commit), "what is set aside ends as it would have");
    }
  }
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
  static const std::shared_ptr<const StoredPrograms> kPrograms = some_programs();
  FuzzedDataProvider in(data, size);
  PlannerOptions options;
  options.databases = {"app"};
  options.defaults.autocommit = in.ConsumeBool();
  if (in.ConsumeBool()) options.programs = kPrograms;
  options.hold.after = std::numeric_limits<Micros>::max();
  PlannerOptions holding = options;
  holding.hold.after = in.ConsumeIntegralInRange<Micros>(1, 200'000'000);
  if (in.ConsumeBool()) holding.hold.bytes = in.ConsumeIntegral<std::uint8_t>();
  holding.hold.whatever_blocks = in.ConsumeBool();
  Batch batch;
  batch.header.generations = {generation_fingerprint("g")};
  batch.header.more = holding.hold.whatever_blocks;
  const auto cut = in.ConsumeIntegral<std::uint8_t>();
  while (in.remaining_bytes() > 0 && batch.events.size() < 200)
    batch.events.push_back(some_event(in, batch.events.size() + 1));

  show(batch, batch.events.empty() ? 0 : cut % batch.events.size());

  const Plan whole = make_plan(batch, {}, options);
  check_plan(batch, whole);
  const Batch begun = first_events(batch, batch.events.empty() ? 0 : cut % batch.events.size());
  const Plan part = make_plan(begun, {}, options);
  check_plan(begun, part);
  check_same(part, whole);
  check_going_on(batch, begun, options, whole);
  check_going_on(batch, begun, holding, whole);
  return 0;
}
