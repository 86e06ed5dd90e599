#include "loader/baseline/copied_tables.h"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace dw::load {
namespace {

using sql::Verb;

constexpr std::string_view kInPart = "some of its tables were copied before it ran, others after";
constexpr std::size_t kNowhere = std::numeric_limits<std::size_t>::max();

// Whether a statement's effect is in the copy.
enum class Held : std::uint8_t { yes, perhaps, perhaps_not, no };

constexpr std::string_view kDumpNonce = "dump-";

// The first event that is surely behind the snapshot. A dump's own opening: nobody knows its place better.
bool is_inside(const Event& event, const CopyMarker& marker) {
  if (marker.nonce.starts_with(kDumpNonce)) {
    return marker.nonce == dump_nonce(event.thread_id) && event.time >= marker.cursor.time &&
           event.text.starts_with("START TRANSACTION ");
  }
  return event.text == "/* dw-extract mark " + marker.nonce + " inside */ SELECT 1";
}

bool ends_transaction(const Unit& unit) {
  if (!unit.is_statement) return true;  // the session ended, or was reset
  const Verb verb = unit.statement.verb;
  return verb == Verb::commit || verb == Verb::rollback || unit.statement.commits;
}

bool is_program(Verb verb) {
  switch (verb) {
    case Verb::create_view:
    case Verb::alter_view:
    case Verb::drop_view:
    case Verb::create_trigger:
    case Verb::drop_trigger:
    case Verb::create_routine:
    case Verb::alter_routine:
    case Verb::drop_routine:
    case Verb::create_event:
    case Verb::alter_event:
    case Verb::drop_event:
    case Verb::create_sequence:
    case Verb::alter_sequence:
    case Verb::drop_sequence:
      return true;
    default:
      return false;
  }
}

// A marker's place among the batch's events.
struct Place {
  std::size_t list = 0;             // events before this index stand before the marker
  std::size_t inside = kNowhere;    // and those from this one on behind it
  std::set<std::size_t> busy_last;  // the last events, before it, of threads that were busy
};

class Places {
 public:
  Places(const Batch& batch, const CopyState& copy) : batch_(batch) {
    for (const CopyMarker& marker : copy.markers) places_.push_back(find(marker));
  }

  [[nodiscard]] Held judge(std::size_t event, std::size_t marker) const {
    const Place& place = places_[marker];
    if (event < place.list) return place.busy_last.contains(event) ? Held::perhaps : Held::yes;
    return event < place.inside ? Held::perhaps_not : Held::no;
  }
  [[nodiscard]] std::size_t count() const { return places_.size(); }

 private:
  Place find(const CopyMarker& marker) const {
    Place out;
    if (marker.passed) {
      out.inside = 0;
      return out;
    }
    while (out.list < batch_.events.size() && is_before(batch_.events[out.list], marker.cursor)) ++out.list;
    for (std::size_t i = out.list; i < batch_.events.size() && out.inside == kNowhere; ++i) {
      if (is_inside(batch_.events[i], marker)) out.inside = i;
    }
    for (const std::uint64_t thread : marker.busy) {
      for (std::size_t i = out.list; i-- > 0;) {
        if (batch_.events[i].thread_id != thread) continue;
        out.busy_last.insert(i);
        break;
      }
    }
    return out;
  }

  // The cursor's generation may be none of the batch's: then the times tell.
  [[nodiscard]] bool is_before(const Event& event, const Cursor& cursor) const {
    const auto& generations = batch_.header.generations;
    const auto found = std::find(generations.begin(), generations.end(), cursor.fingerprint);
    if (found == generations.end()) return event.time < cursor.time;
    const auto number = static_cast<std::uint32_t>(found - generations.begin());
    return Position{event.generation, event.index} < Position{number, cursor.index};
  }

  const Batch& batch_;
  std::vector<Place> places_;
};

class Sieve {
 public:
  Sieve(Plan& plan, const Batch& batch, const CopyState& copy)
      : plan_(plan), batch_(batch), places_(batch, copy) {
    for (std::size_t i = 0; i < copy.markers.size(); ++i) numbers_.emplace(copy.markers[i].nonce, i);
    for (const TableCopy& table : copy.tables) {
      const auto number = numbers_.find(table.marker);
      marker_of_[{table.schema, table.table}] = number == numbers_.end() ? kNowhere : number->second;
    }
  }

  std::vector<std::size_t> run() {
    find_ends();
    for (std::size_t i = 0; i < plan_.units.size(); ++i) {
      Unit& unit = plan_.units[i];
      if (unit.is_statement && !unit.held && judge(unit, ends_[i])) began_before_.push_back(i);
    }
    return std::move(began_before_);
  }

 private:
  // For each unit the event by which its transaction ended.
  void find_ends() {
    ends_.assign(plan_.units.size(), kNowhere);
    std::map<std::uint64_t, std::size_t> end_of_thread;
    for (std::size_t i = plan_.units.size(); i-- > 0;) {
      const Unit& unit = plan_.units[i];
      if (unit.held) continue;
      const std::uint64_t thread = batch_.events[unit.event].thread_id;
      if (ends_transaction(unit)) end_of_thread[thread] = unit.event;
      const auto end = end_of_thread.find(thread);
      const bool waits = unit.is_statement && unit.in_transaction;
      if (!waits) {
        ends_[i] = unit.event;
      } else if (end != end_of_thread.end()) {
        ends_[i] = end->second;
      }
    }
  }

  // The event at which a statement runs that waited for LOCK TABLES.
  [[nodiscard]] std::size_t end_of_wait(std::string key) const {
    for (const HeldStep& step : plan_.held_steps) {
      if (step.key != key) continue;
      if (step.action != HeldStep::Action::rename)
        return step.unit < plan_.units.size() ? plan_.units[step.unit].event : kNowhere;
      key = step.new_key;
    }
    return kNowhere;
  }

  // True when it runs, and stands before a marker that decides on it.
  bool judge(Unit& unit, std::size_t end) {
    const std::uint64_t thread = batch_.events[unit.event].thread_id;
    if (unit.statement.temporary) {
      for (const sql::TableName& name : unit.statement.writes) temporary_.insert({thread, name.table});
      return false;
    }
    const bool runs = unit.treatment == Treatment::run || unit.treatment == Treatment::run_and_undo ||
                      unit.treatment == Treatment::refuse || unit.treatment == Treatment::hold;
    if (!runs || writes_temporary(unit, thread)) return false;
    const std::vector<std::size_t> markers = markers_of(unit);
    if (markers.empty()) return false;
    const bool held_back = unit.treatment == Treatment::hold;
    if (held_back && is_wait(unit.held_key)) end = end_of_wait(unit.held_key);
    // One that is still open, or set aside, commits behind all that is here.
    const bool open = end == kNowhere || (held_back && !is_wait(unit.held_key));
    std::set<Held> held;
    for (const std::size_t marker : markers) held.insert(open ? Held::no : places_.judge(end, marker));
    carry_out(unit, held);
    const bool before = std::any_of(markers.begin(), markers.end(), [&](std::size_t marker) {
      return places_.judge(unit.event, marker) != Held::no;
    });
    // Rolled back behind the marker, it took its ids before.
    if (before && unit.treatment == Treatment::run_and_undo) unit.treatment = Treatment::skip_rolled_back;
    return before && (unit.treatment == Treatment::run || unit.treatment == Treatment::hold);
  }

  static void carry_out(Unit& unit, const std::set<Held>& held) {
    if (held == std::set<Held>{Held::no}) return;
    if (held == std::set<Held>{Held::yes}) {
      unit.treatment = Treatment::ignore;
    } else if (held.size() > 1) {
      unit.suspicion = kInPart;
    } else {
      unit.suspicion = kUnderWay;
      // Handled as one that ran and left nothing: its tables are suspect, it is not run.
      if (held.contains(Held::perhaps)) unit.treatment = Treatment::skip_rolled_back;
    }
  }

  [[nodiscard]] bool writes_temporary(const Unit& unit, std::uint64_t thread) const {
    return std::any_of(unit.statement.writes.begin(), unit.statement.writes.end(),
                       [&](const sql::TableName& name) {
                         return temporary_.contains({thread, name.table});
                       });
  }

  // The markers that decide on a statement; empty: the copy has nothing to do with it.
  [[nodiscard]] std::vector<std::size_t> markers_of(const Unit& unit) const {
    std::set<std::size_t> out;
    const auto add_all = [&] {
      for (std::size_t i = 0; i < places_.count(); ++i) out.insert(i);
    };
    if (is_program(unit.statement.verb)) {
      out.insert(places_.count() - 1);
    } else if (unit.statement.verb == Verb::call || unit.statement.writes.empty()) {
      add_all();
    } else {
      for (const sql::TableName& name : unit.statement.writes) {
        const std::string schema = name.schema.empty() ? unit.database.value_or("") : name.schema;
        const auto found = marker_of_.find({schema, name.table});
        if (found == marker_of_.end()) {
          out.insert(0);  // made or dropped around the first snapshot, if it is a table at all
        } else if (found->second != kNowhere) {
          out.insert(found->second);
        }
      }
    }
    return {out.begin(), out.end()};
  }

  Plan& plan_;
  const Batch& batch_;
  Places places_;
  std::map<std::string, std::size_t> numbers_;
  std::map<std::pair<std::string, std::string>, std::size_t> marker_of_;
  std::set<std::pair<std::uint64_t, std::string>> temporary_;
  std::vector<std::size_t> ends_;
  std::vector<std::size_t> began_before_;
};

}  // namespace

std::string dump_nonce(std::uint64_t thread) {
  return std::string(kDumpNonce) + std::to_string(thread);
}

std::vector<std::size_t> leave_out_copied(Plan& plan, const Batch& batch, const CopyState& copy) {
  return copy.markers.empty() ? std::vector<std::size_t>() : Sieve(plan, batch, copy).run();
}

std::vector<std::string> markers_passed(const Plan& plan, const Batch& batch, const CopyState& copy) {
  std::vector<std::string> out;
  for (const CopyMarker& marker : copy.markers) {
    const bool passed =
        std::any_of(batch.events.begin(), batch.events.begin() + static_cast<std::ptrdiff_t>(plan.watermark),
                    [&](const Event& event) { return is_inside(event, marker); });
    if (passed) out.push_back(marker.nonce);
  }
  return out;
}

}  // namespace dw::load
