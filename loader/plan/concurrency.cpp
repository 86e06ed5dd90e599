#include "loader/plan/concurrency.h"

#include <algorithm>
#include <cctype>
#include <deque>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

namespace dw::load {
namespace {

using sql::KeySet;
using sql::Verb;

// More rows than these are not kept apart while a statement runs.
constexpr std::size_t kMostIndexed = 8;
constexpr std::size_t kMostCarried = 100;

std::string schema_in(const sql::TableName& name, const Unit& unit) {
  return name.schema.empty() ? unit.database.value_or("") : name.schema;
}

// `word`: in lower case.
bool mentions(std::string_view text, std::string_view word) {
  return std::search(text.begin(), text.end(), word.begin(), word.end(), [](char a, char b) {
           return std::tolower(static_cast<unsigned char>(a)) == b;
         }) != text.end();
}

bool takes_ids(const sql::Statement& statement) {
  return statement.verb == Verb::insert || statement.verb == Verb::replace ||
         statement.verb == Verb::load_data || statement.verb == Verb::load_xml;
}

// A statement that runs, and one table that it writes.
struct Entry {
  InFlight what;
  const Unit* unit = nullptr;  // null: carried
  std::size_t index = 0;       // of the unit, or among those carried
  bool keys_read = false;
  std::vector<std::string> forms;  // by which its rows are found; empty: it may touch any row
};

// What is under way on a table. Keys are read only where sessions meet: until then an entry waits in
// `unread`.
struct Table {
  std::vector<Entry*> takers;   // of ids
  std::vector<Entry*> writers;  // all that follow, in any of these
  std::vector<Entry*> unread;
  std::vector<Entry*> given;
  std::vector<Entry*> wide;
  std::unordered_map<std::string, std::vector<Entry*>> by_row;
  std::vector<Entry*> readers;
  std::vector<std::uint64_t> uncommitted;  // sessions that wrote, to the end of their transactions
  std::vector<std::uint64_t> holders;      // sessions that wrote or read, whatever becomes of it, likewise
  const sql::TableKey* key = nullptr;
  bool key_asked = false;
};

void remove(std::vector<Entry*>& from, const Entry* entry) {
  const auto found = std::find(from.begin(), from.end(), entry);
  if (found == from.end()) return;
  *found = from.back();
  from.pop_back();
}

class Sweep {
 public:
  Sweep(const Batch& batch, const Plan& plan, const KeyLookup& key_of)
      : batch_(batch), plan_(plan), key_of_(key_of) {
    has_calls_ = std::any_of(plan.units.begin(), plan.units.end(),
                             [](const Unit& unit) { return unit.statement.verb == Verb::call; });
  }

  Concurrency run(const std::vector<InFlight>& before) {
    out_.carried.resize(before.size());
    for (std::size_t i = 0; i < before.size(); ++i) add_carried(before[i], i);
    std::set<std::size_t> held_ends;  // what was set aside may commit midway, too
    for (const HeldStep& step : plan_.held_steps) held_ends.insert(step.unit);
    for (std::size_t i = 0; i < plan_.units.size(); ++i) {
      const Unit& unit = plan_.units[i];
      const Event& event = batch_.events[unit.event];
      Session& session = sessions_[event.thread_id];
      if (unit.ordinal == 0 && unit.treatment != Treatment::inner) begin_row(session, event);
      add_unit(unit, i, session);
      if (commits_midway(unit) || held_ends.contains(i)) out_.midway[i] = running();
    }
    out_.in_flight = running();
    if (held_ends.contains(plan_.units.size())) out_.midway[plan_.units.size()] = out_.in_flight;
    return std::move(out_);
  }

 private:
  struct Session {
    std::vector<Entry*> running;
    std::vector<Table*> written;  // by its transaction, and by what is running
    std::vector<Table*> held;     // by its transaction: no other session can alter these
    bool transaction_ended = true;
  };

  Table& table(const std::string& schema, const std::string& name) { return tables_[{schema, name}]; }
  Table& table(const Entry& entry) { return table(entry.what.schema, entry.what.table); }

  // A row of the session: what ran before it has ended.
  void begin_row(Session& session, const Event& event) {
    for (Entry* entry : session.running) {
      take_out(*entry);
      recycled_.push_back(entry);
    }
    session.running.clear();
    const bool leaves = event.command == Command::quit || event.command == Command::connect ||
                        event.command == Command::change_user || event.command == Command::reset_connection;
    if (!session.transaction_ended && !leaves) return;
    for (Table* written : session.written) std::erase(written->uncommitted, event.thread_id);
    session.written.clear();
    for (Table* held : session.held) std::erase(held->holders, event.thread_id);
    session.held.clear();
  }

  static bool ends_transaction(const Unit& unit) {
    const sql::Statement& statement = unit.statement;
    return !unit.in_transaction || statement.commits || statement.verb == Verb::commit ||
           statement.verb == Verb::rollback || statement.verb == Verb::begin ||
           statement.verb == Verb::set_autocommit || statement.verb == Verb::xa;
  }

  void add_unit(const Unit& unit, std::size_t index, Session& session) {
    if (!unit.is_statement) return;
    const sql::Statement& statement = unit.statement;
    session.transaction_ended = ends_transaction(unit);
    if (unit.in_transaction && !statement.commits) hold_tables(unit, session);
    const bool runs = unit.treatment == Treatment::run || unit.treatment == Treatment::run_and_undo;
    if (!runs || statement.temporary) return;
    const bool call = statement.verb == Verb::call;
    std::vector<sql::TableName> writes = statement.writes;
    if (call) writes = {{writes.empty() ? "" : writes[0].schema, ""}};
    std::vector<sql::TableName> reads = call ? writes : statement.reads;
    for (sql::TableName& read : reads) read.schema = schema_in(read, unit);
    for (const sql::TableName& write : writes) {
      Entry& entry = fresh();
      entry.unit = &unit;
      entry.index = index;
      InFlight& what = entry.what;
      what.thread = batch_.events[unit.event].thread_id;
      what.schema = schema_in(write, unit);
      what.table = write.table;
      what.takes_ids = takes_ids(statement);
      what.undone = unit.treatment == Treatment::run_and_undo;
      what.row_wise = writes.size() == 1 && reads.empty() && !statement.commits;
      what.reads = std::exchange(reads, {});
      what.time = batch_.events[unit.event].time;
      what.unit = index;
      if (statement.commits && !call && is_held_by_others(table(entry), what.thread))
        doubt(entry, concurrent_definition);
      put_in(entry, session);
    }
  }

  // In production DDL waits for them, or gives up, and nothing tells which.
  void hold_tables(const Unit& unit, Session& session) {
    const std::uint64_t thread = batch_.events[unit.event].thread_id;
    for (const auto* names : {&unit.statement.writes, &unit.statement.reads}) {
      for (const sql::TableName& name : *names) {
        Table& on = table(schema_in(name, unit), name.table);
        if (std::find(on.holders.begin(), on.holders.end(), thread) != on.holders.end()) continue;
        on.holders.push_back(thread);
        session.held.push_back(&on);
      }
    }
  }

  static bool is_held_by_others(const Table& on, std::uint64_t thread) {
    return std::any_of(on.holders.begin(), on.holders.end(),
                       [&](std::uint64_t holder) { return holder != thread; });
  }

  void add_carried(const InFlight& what, std::size_t index) {
    Entry& entry = fresh();
    entry.what = what;
    entry.what.unit.reset();
    entry.index = index;
    entry.keys_read = true;
    put_in(entry, sessions_[what.thread]);
  }

  Entry& fresh() {
    if (recycled_.empty()) return entries_.emplace_back();
    Entry* entry = recycled_.back();
    recycled_.pop_back();
    *entry = Entry();
    return *entry;
  }

  static bool is_alone(const Table& on, std::uint64_t thread) {
    return std::all_of(on.writers.begin(), on.writers.end(),
                       [&](const Entry* entry) { return entry->what.thread == thread; });
  }

  void put_in(Entry& entry, Session& session) {
    Table& on = table(entry);
    meet_takers(entry, on);
    if (!entry.what.undone) {
      meet_rows(entry, on);
      meet_reads(entry, on, session);
    }
    session.running.push_back(&entry);
  }

  void meet_takers(Entry& entry, Table& on) {
    if (!entry.what.takes_ids) return;
    for (Entry* other : on.takers) {
      if (other->what.thread == entry.what.thread) continue;
      doubt(*other, concurrent_ids);
      doubt(entry, concurrent_ids);
    }
    on.takers.push_back(&entry);
  }

  void meet_rows(Entry& entry, Table& on) {
    if (entry.what.table.empty()) return;  // a CALL
    const bool alone = is_alone(on, entry.what.thread);
    on.writers.push_back(&entry);
    if (alone) {
      on.unread.push_back(&entry);
      return;
    }
    for (Entry* other : std::exchange(on.unread, {})) file(*other, on);
    read_keys(entry, on);
    const auto meet = [&](std::vector<Entry*>& others) {
      for (Entry* other : others) clash(entry, *other, on);
    };
    meet(on.wide);
    if (entry.forms.empty() && entry.what.keys.kind != KeySet::Kind::given) {
      meet(on.given);
      for (auto& [form, others] : on.by_row) meet(others);
    }
    for (const std::string& form : entry.forms) {
      const auto found = on.by_row.find(form);
      if (found != on.by_row.end()) meet(found->second);
    }
    file(entry, on);
  }

  void read_keys(Entry& entry, Table& on) {
    if (!on.key_asked) {
      on.key = key_of_(entry.what.schema, entry.what.table);
      on.key_asked = true;
    }
    if (!entry.keys_read && on.key != nullptr)
      entry.what.keys = sql::keys_of(entry.unit->statement, *on.key, entry.unit->lexer);
    entry.keys_read = true;
    if (entry.unit != nullptr) {
      look_at_text(entry, on);
    } else if (!fit(entry.what.keys, on.key)) {
      entry.what.keys = {};
    }
    entry.forms.clear();
    const auto& rows = entry.what.keys.rows;
    if (entry.what.keys.kind != KeySet::Kind::rows || rows.size() > kMostIndexed || on.key == nullptr) return;
    for (const sql::KeyRow& row : rows) {
      auto form = sql::comparable(row, on.key->columns);
      if (!form) {
        entry.forms.clear();
        return;
      }
      entry.forms.push_back(std::move(*form));
    }
  }

  static void look_at_text(Entry& entry, const Table& on) {
    const std::string_view text = entry.unit->statement.text;
    if (mentions(text, "limit")) entry.what.row_wise = false;
    // Which of two rows with one unique value is left out depends on which came first.
    if (on.key == nullptr || !on.key->other_unique || !mentions(text, "ignore")) return;
    entry.what.keys = {};
    entry.what.row_wise = false;
  }

  // A carried statement's keys are those of the table as it was: DDL may have given it another key, or none.
  static bool fit(const KeySet& keys, const sql::TableKey* key) {
    const std::size_t columns = key == nullptr ? 0 : key->columns.size();
    if (keys.kind == KeySet::Kind::range) return columns == 1;
    return std::all_of(keys.rows.begin(), keys.rows.end(),
                       [&](const sql::KeyRow& row) { return row.size() == columns; });
  }

  // Puts the entry where others will find it.
  void file(Entry& entry, Table& on) {
    read_keys(entry, on);
    if (entry.what.keys.kind == KeySet::Kind::given) {
      on.given.push_back(&entry);
    } else if (entry.forms.empty()) {
      on.wide.push_back(&entry);
    } else {
      for (const std::string& form : entry.forms) on.by_row[form].push_back(&entry);
    }
  }

  // How much is in doubt when this one bounds it.
  static int width(const Entry& entry) {
    switch (entry.what.keys.kind) {
      case KeySet::Kind::rows:
      case KeySet::Kind::given:
        return 0;
      case KeySet::Kind::range:
        return 1;
      case KeySet::Kind::unknown:
        break;
    }
    return 2;
  }

  void clash(Entry& one, Entry& other, const Table& on) {
    if (one.what.thread == other.what.thread || other.what.undone) return;
    if (on.key != nullptr && sql::disjoint(one.what.keys, other.what.keys, *on.key)) return;
    if (width(one) <= width(other) || !one.what.row_wise) doubt(one, concurrent_rows);
    if (width(other) <= width(one) || !other.what.row_wise) doubt(other, concurrent_rows);
  }

  void meet_reads(Entry& entry, Table& on, Session& session) {
    note_writer(entry, on, session);
    if (has_calls_ && !entry.what.table.empty()) note_writer(entry, table(entry.what.schema, ""), session);
    for (const sql::TableName& read : entry.what.reads) {
      Table& source = table(read.schema, read.table);
      for (const std::uint64_t writer : source.uncommitted) {
        if (writer != entry.what.thread) doubt(entry, concurrent_reads);
      }
      source.readers.push_back(&entry);
    }
  }

  void note_writer(const Entry& entry, Table& on, Session& session) {
    for (Entry* reader : on.readers) {
      if (reader->what.thread != entry.what.thread) doubt(*reader, concurrent_reads);
    }
    auto& sessions = on.uncommitted;
    if (std::find(sessions.begin(), sessions.end(), entry.what.thread) != sessions.end()) return;
    sessions.push_back(entry.what.thread);
    session.written.push_back(&on);
  }

  void take_out(Entry& entry) {
    Table& on = table(entry);
    remove(on.takers, &entry);
    remove(on.given, &entry);
    remove(on.wide, &entry);
    remove(on.unread, &entry);
    remove(on.writers, &entry);
    for (const std::string& form : entry.forms) {
      const auto found = on.by_row.find(form);
      if (found == on.by_row.end()) continue;
      remove(found->second, &entry);
      if (found->second.empty()) on.by_row.erase(found);
    }
    for (const sql::TableName& read : entry.what.reads)
      remove(table(read.schema, read.table).readers, &entry);
  }

  void doubt(const Entry& entry, std::uint8_t bit) {
    if (entry.unit == nullptr) {
      out_.carried[entry.index] |= bit;
      return;
    }
    if (out_.units.empty()) out_.units.resize(plan_.units.size());
    out_.units[entry.index] |= bit;
  }

  static bool commits_midway(const Unit& unit) {
    return unit.is_statement && unit.treatment == Treatment::run &&
           (unit.statement.commits || unit.statement.verb == Verb::call);
  }

  std::vector<InFlight> running() {
    std::vector<InFlight> out;
    for (auto& [thread, session] : sessions_) {
      for (Entry* entry : session.running) {
        if (!entry->what.table.empty()) read_keys(*entry, table(*entry));
        InFlight& what = out.emplace_back(entry->what);
        if (what.keys.rows.size() > kMostCarried) what.keys = {};
        if (entry->unit != nullptr) what.cursor = batch_.cursor_before(entry->unit->event).text();
      }
    }
    return out;
  }

  const Batch& batch_;
  const Plan& plan_;
  const KeyLookup& key_of_;
  bool has_calls_ = false;
  std::deque<Entry> entries_;
  std::vector<Entry*> recycled_;
  std::map<std::pair<std::string, std::string>, Table> tables_;
  std::unordered_map<std::uint64_t, Session> sessions_;
  Concurrency out_;
};

}  // namespace

Concurrency find_concurrency(const Batch& batch, const Plan& plan, const std::vector<InFlight>& before,
                             const KeyLookup& key_of) {
  return Sweep(batch, plan, key_of).run(before);
}

}  // namespace dw::load
