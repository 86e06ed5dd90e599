#include "loader/verify/doubts.h"

#include <algorithm>
#include <cctype>
#include <limits>
#include <utility>

#include "loader/plan/program_closure.h"

namespace dw::load {
namespace {

using sql::StatementClass;
using sql::Verb;

constexpr std::size_t kNowhere = std::numeric_limits<std::size_t>::max();

bool ends_transaction(const Unit& unit) {
  if (!unit.is_statement) return true;  // the session ended, or was reset
  const Verb verb = unit.statement.verb;
  return verb == Verb::begin || verb == Verb::commit || verb == Verb::rollback || verb == Verb::xa ||
         verb == Verb::set_autocommit || unit.statement.commits || unit.call.has_value();
}

// Nothing of it can change a row.
bool is_harmless(const Unit& unit) {
  if (!unit.is_statement) return true;
  switch (unit.treatment) {
    case Treatment::ignore:
    case Treatment::set_state:
    case Treatment::withhold:
    case Treatment::skip_rolled_back:
      return true;
    case Treatment::run:
    case Treatment::run_and_undo:
    case Treatment::hold:
    case Treatment::refuse:
    case Treatment::inner:
      break;
  }
  return unit.statement.temporary;
}

class Finder {
 public:
  Finder(const DoubtsInput& in, const SchemaLookup& schema) : in_(in), schema_(schema) {}

  Doubts run() {
    if (!in_.marks.list) out_.add_everything();
    find_busy();
    find_ends();
    for (std::size_t i = 0; i < in_.plan.units.size(); ++i) {
      const Unit& unit = in_.plan.units[i];
      if (is_harmless(unit)) continue;
      for (const sql::TableName& name : unit.statement.writes) out_.note_written(table_of(name, unit));
      if (is_in_doubt(i)) add(unit, out_);
      if (ends_[i] == kNowhere) add_open(unit);
    }
    out_.note_open(open_);
    for (const HeldStep& step : in_.plan.held_steps) {
      // A transaction that was set aside ends here: what it wrote stands in an earlier batch.
      if (step.unit >= in_.plan.units.size() || end_in_doubt(in_.plan.units[step.unit].event))
        out_.add_everything();
    }
    for (const InFlight& one : in_.before) {
      if (carried_.contains(one.thread)) add(one);
    }
    for (const std::uint64_t thread : carried_) {
      if (in_.committing.contains(thread)) out_.add_everything();
    }
    return std::move(out_);
  }

 private:
  // The last event before the list of each thread that was busy; none in this batch: an earlier one has it.
  void find_busy() {
    const std::size_t list = in_.marks.list.value_or(0);
    for (const std::uint64_t thread : in_.busy) {
      std::size_t i = list;
      while (i > 0 && in_.batch.events[i - 1].thread_id != thread) --i;
      if (i > 0) {
        busy_last_.insert(i - 1);
      } else {
        carried_.insert(thread);
      }
    }
  }

  void find_ends() {
    ends_.assign(in_.plan.units.size(), kNowhere);
    std::map<std::uint64_t, std::size_t> end_of_thread;
    for (std::size_t i = in_.plan.units.size(); i-- > 0;) {
      const Unit& unit = in_.plan.units[i];
      const std::uint64_t thread = in_.batch.events[unit.event].thread_id;
      if (ends_transaction(unit)) end_of_thread[thread] = unit.event;
      const auto end = end_of_thread.find(thread);
      if (!unit.in_transaction) {
        ends_[i] = unit.event;
      } else if (end != end_of_thread.end()) {
        ends_[i] = end->second;
      }
    }
  }

  [[nodiscard]] bool end_in_doubt(std::size_t event) const {
    return event >= in_.marks.list.value_or(0) || busy_last_.contains(event);
  }

  // One that is open at the last mark is on neither side.
  [[nodiscard]] bool is_in_doubt(std::size_t number) const {
    if (ends_[number] == kNowhere) return false;
    return in_.plan.units[number].event >= in_.watermark || end_in_doubt(ends_[number]);
  }

  // Where the source folds names, they stand in its catalogue in lower case.
  [[nodiscard]] TableId table_of(const sql::TableName& name, const std::string& schema) const {
    TableId out{name.schema.empty() ? schema : name.schema, name.table};
    if (!in_.options.lower_case_names) return out;
    for (std::string* part : {&out.schema, &out.table}) {
      std::transform(part->begin(), part->end(), part->begin(),
                     [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    }
    return out;
  }
  [[nodiscard]] TableId table_of(const sql::TableName& name, const Unit& unit) const {
    return table_of(name, unit.database.value_or(""));
  }
  [[nodiscard]] bool is_view(const TableId& table) const {
    return in_.options.programs && in_.options.programs->view(table.schema, table.table) != nullptr;
  }

  void add(const Unit& unit, Doubts& into) {
    const sql::Statement& statement = unit.statement;
    const bool known = unit.treatment != Treatment::refuse && statement.verb != Verb::call &&
                       statement.cls != StatementClass::unparsed && !statement.writes.empty();
    if (!known) return into.add_everything();
    add_reached_by_programs(unit, into);
    for (const sql::TableName& name : statement.writes) {
      const TableId table = table_of(name, unit);
      if (table.schema.empty() || table.table.empty() || is_view(table)) return into.add_everything();
      if (statement.verb != Verb::insert) {
        for (const TableId& other : schema_.reached_by_keys(table)) into.add_table(other);
      }
      if (statement.writes.size() > 1 || statement.commits || unit.treatment == Treatment::inner) {
        into.add_table(table);
      } else {
        add_rows(table, unit, into);
      }
    }
  }

  // What may take ids that the mirror does not know yet.
  void add_open(const Unit& unit) {
    const Verb verb = unit.statement.verb;
    if (verb == Verb::update || verb == Verb::delete_) {
      add_reached_by_programs(unit, open_);
    } else {
      add(unit, open_);
    }
  }

  void add_rows(const TableId& table, const Unit& unit, Doubts& into) {
    const sql::TableKey* key = schema_.key_of(table);
    if (key == nullptr) return into.add_table(table);
    sql::KeySet keys = sql::keys_of(unit.statement, *key, unit.lexer);
    const bool from_query = (unit.statement.doubts & sql::doubt_row_order) != 0;
    // REPLACE and ON DUPLICATE KEY may find their row by another unique key.
    const bool other_rows = unit.statement.verb != Verb::update && unit.statement.verb != Verb::delete_ &&
                            key->other_unique && keys.kind != sql::KeySet::Kind::given;
    if (keys.kind == sql::KeySet::Kind::unknown || from_query || other_rows) return into.add_table(table);
    if (keys.kind == sql::KeySet::Kind::given) return into.add_new_ids(table);
    into.add_keys(table, std::move(keys));
  }

  void add_reached_by_programs(const Unit& unit, Doubts& into) {
    if (!in_.options.programs) return;
    const ProgramReach reach(*in_.options.programs, in_.options.defaults.calls_logged);
    const Closure closure =
        reach.closure(reach.roots(unit.statement, unit.database.value_or(""), unit.lexer));
    if (closure.calls_procedure) return into.add_everything();
    for (const Slot& slot : closure.slots) {
      for (const sql::TableName& name : slot.statement->statement.writes) {
        const TableId table = table_of(name, slot.program->key.schema);
        if (is_view(table)) return into.add_everything();
        into.add_table(table);
        for (const TableId& other : schema_.reached_by_keys(table)) into.add_table(other);
      }
    }
  }

  void add(const InFlight& one) {
    if (one.undone) return;
    if (one.table.empty()) return out_.add_everything();
    out_.add_table({one.schema, one.table});
    for (const TableId& other : schema_.reached_by_keys({one.schema, one.table})) out_.add_table(other);
  }

  const DoubtsInput& in_;
  const SchemaLookup& schema_;
  Doubts out_;
  Doubts open_;
  std::set<std::size_t> busy_last_;
  std::set<std::uint64_t> carried_;  // busy threads whose statement came before this batch
  std::vector<std::size_t> ends_;    // by unit: the event by which its transaction ended
};

bool same_name(const std::string& name, const std::string& lower_case) {
  return std::equal(name.begin(), name.end(), lower_case.begin(), lower_case.end(),
                    [](unsigned char a, unsigned char b) { return std::tolower(a) == b; });
}

const rows::Column* find_column(const std::vector<rows::Column>& columns, const std::string& lower_case) {
  const auto found = std::find_if(columns.begin(), columns.end(), [&](const rows::Column& column) {
    return same_name(column.name, lower_case);
  });
  return found == columns.end() ? nullptr : &*found;
}

bool is_ascii(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x80; });
}

// As statements write it; nullopt: its characters are not known.
std::optional<std::string> written_value(const rows::Column& column,
                                         const std::optional<std::string>& value) {
  if (!value) return std::nullopt;
  const bool other_charset =
      column.kind == rows::ValueKind::text && !column.charset.starts_with("utf8") && !is_ascii(*value);
  if (other_charset) return std::nullopt;
  return value;
}

std::optional<sql::KeyRow> key_row(const sql::TableKey& key, const std::vector<rows::Column>& columns,
                                   const StoredRow& row) {
  sql::KeyRow out;
  for (const sql::KeyColumn& part : key.columns) {
    const rows::Column* column = find_column(columns, part.name);
    if (column == nullptr) return std::nullopt;
    auto value = written_value(*column, row[static_cast<std::size_t>(column - columns.data())]);
    if (!value) return std::nullopt;
    out.push_back(std::move(*value));
  }
  return out.empty() ? std::nullopt : std::optional(std::move(out));
}

bool may_be_new(const sql::TableKey& key, const std::vector<rows::Column>& columns, const StoredRow& row,
                std::optional<std::int64_t> new_ids_from) {
  const rows::Column* column = find_column(columns, key.auto_increment);
  if (column == nullptr || !new_ids_from) return true;
  const auto& value = row[static_cast<std::size_t>(column - columns.data())];
  constexpr std::size_t kSafeDigits = 18;
  return !value || value->size() > kSafeDigits || std::stoll(*value) >= *new_ids_from;
}

}  // namespace

bool is_in_doubt(const TableDoubts& doubts, const sql::TableKey& key,
                 const std::vector<rows::Column>& columns, const StoredRow& row,
                 std::optional<std::int64_t> new_ids_from) {
  if (doubts.whole) return true;
  if (doubts.new_ids && may_be_new(key, columns, row, new_ids_from)) return true;
  if (doubts.keys.empty()) return false;
  const auto own = key_row(key, columns, row);
  if (!own) return true;
  sql::KeySet one;
  one.kind = sql::KeySet::Kind::rows;
  one.rows.push_back(*own);
  return std::any_of(doubts.keys.begin(), doubts.keys.end(),
                     [&](const sql::KeySet& keys) { return !sql::disjoint(keys, one, key); });
}

void Doubts::add_keys(const TableId& table, sql::KeySet keys) {
  tables_[table].keys.push_back(std::move(keys));
}

void Doubts::note_open(const Doubts& open) {
  all_open_ = open.everything_;
  for (const auto& [table, doubts] : open.tables_) open_.insert(table);
}

const TableDoubts* Doubts::of(const TableId& table) const {
  const auto found = tables_.find(table);
  return found == tables_.end() ? nullptr : &found->second;
}

bool Doubts::whole(const TableId& table) const {
  const TableDoubts* own = of(table);
  return everything_ || (own != nullptr && own->whole);
}

Doubts find_doubts(const DoubtsInput& in, const SchemaLookup& schema) {
  return Finder(in, schema).run();
}

}  // namespace dw::load
