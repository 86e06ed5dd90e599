#include "common/rows/catalog_reader.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "common/rows/counter.h"
#include "common/sql/identifiers.h"
#include "common/sql/server_schemas.h"
#include "common/util/error.h"
#include "common/util/letter_case.h"

namespace dw::rows {
namespace {

using sql::quote_identifier;
using TableId = std::pair<std::string, std::string>;  // schema and name

std::string text(const ServerRow& row, std::size_t i) {
  return row.at(i).value_or("");
}

std::uint64_t number(const ServerRow& row, std::size_t i) {
  const std::string digits = text(row, i);
  std::uint64_t out = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), out);
  return out;
}

bool contains(const std::string& word, const char* part) {
  return word.find(part) != std::string::npos;
}

// Whatever its bytes and the session's sql_mode.
std::string quoted(const std::string& name) {
  std::string out = "'";
  for (const char c : name) {
    if (c == '\'' || c == '\\') out += c;
    out += c;
  }
  return out + "'";
}

std::string in_schemas(const std::string& column, const std::vector<std::string>& databases) {
  std::string list;
  for (const std::string& name : databases) list += (list.empty() ? "" : ",") + quoted(name);
  if (list.empty()) return column + " NOT IN " + sql::kServerSchemaList;
  return column + " IN (" + list + ")";
}

std::string full_name(const std::string& schema, const std::string& name) {
  return quote_identifier(schema) + "." + quote_identifier(name);
}

// A snapshot of InnoDB's holds for the engines that take part in START TRANSACTION WITH CONSISTENT SNAPSHOT.
bool is_transactional(const std::string& engine) {
  const std::string name = lower(engine);
  return name == "innodb" || name == "rocksdb" || name == "tokudb";
}

// MariaDB's JSON is LONGTEXT with CHECK (json_valid(`column`)).
std::set<std::tuple<std::string, std::string, std::string>> json_columns(
    const CatalogAccess& access, const std::vector<std::string>& databases) {
  std::set<std::tuple<std::string, std::string, std::string>> out;
  if (!access.mariadb) return out;
  for (const ServerRow& row : access.rows("SELECT CONSTRAINT_SCHEMA, TABLE_NAME, CHECK_CLAUSE FROM "
                                          "information_schema.CHECK_CONSTRAINTS WHERE " +
                                          in_schemas("CONSTRAINT_SCHEMA", databases) +
                                          " AND CHECK_CLAUSE LIKE 'json|_valid(`%`)' ESCAPE '|'")) {
    const std::string clause = text(row, 2);
    const std::size_t begin = clause.find('`') + 1;
    if (clause.find('`', begin) + 2 != clause.size()) continue;  // more is asked of it
    out.emplace(text(row, 0), text(row, 1), lower(clause.substr(begin, clause.size() - begin - 2)));
  }
  return out;
}

Column column_from(const ServerRow& row, bool is_json) {
  Column out;
  out.name = text(row, 2);
  out.type = lower(text(row, 4));
  out.kind = is_json ? ValueKind::json : kind_of(lower(text(row, 3)));
  out.nullable = text(row, 5) == "YES";
  if (out.kind == ValueKind::text) out.charset = lower(text(row, 6));
  out.collation = lower(text(row, 7));
  const std::string extra = lower(text(row, 8));
  out.auto_increment = contains(extra, "auto_increment");
  out.generated = contains(extra, "virtual generated") || contains(extra, "stored generated") ||
                  contains(extra, "persistent");
  return out;
}

void read_columns(const CatalogAccess& access, const std::vector<std::string>& databases,
                  const std::string& only, std::map<TableId, Table*>& tables) {
  const auto json_names = json_columns(access, databases);
  for (const ServerRow& row :
       access.rows("SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, IS_NULLABLE, "
                   "CHARACTER_SET_NAME, COLLATION_NAME, EXTRA FROM information_schema.COLUMNS WHERE " +
                   in_schemas("TABLE_SCHEMA", databases) + only +
                   " ORDER BY TABLE_SCHEMA, TABLE_NAME, ORDINAL_POSITION")) {
    const auto found = tables.find({text(row, 0), text(row, 1)});
    if (found == tables.end()) continue;
    const bool is_json = json_names.contains({text(row, 0), text(row, 1), lower(text(row, 2))});
    found->second->columns.push_back(column_from(row, is_json));
  }
}

struct Index {
  std::vector<std::string> columns;
  std::size_t descending = 0;
  bool usable = true;
};

// Parts of columns, expressions and hashes have no order to follow; an index that runs up and down at once
// would be sorted for every chunk.
bool can_be_followed(const Table& table, const Index& index) {
  if (!index.usable || (index.descending != 0 && index.descending != index.columns.size())) return false;
  return std::all_of(index.columns.begin(), index.columns.end(), [&](const std::string& name) {
    const auto found = std::find_if(table.columns.begin(), table.columns.end(),
                                    [&](const Column& column) { return column.name == name; });
    return found != table.columns.end() && orders(*found);
  });
}

void choose_key(Table& table, const std::map<std::string, Index>& indexes) {
  for (const auto& [name, index] : indexes) {
    if (!can_be_followed(table, index)) continue;
    const bool better = table.key.empty() || name == "PRIMARY" ||
                        (table.key_name != "PRIMARY" && index.columns.size() < table.key.size());
    if (!better) continue;
    table.key_name = name;
    table.key = index.columns;
  }
}

void read_keys(const CatalogAccess& access, const std::vector<std::string>& databases,
               const std::string& only, std::map<TableId, Table*>& tables) {
  std::map<TableId, std::map<std::string, Index>> indexes;
  for (const ServerRow& row : access.rows(
           "SELECT TABLE_SCHEMA, TABLE_NAME, INDEX_NAME, COLUMN_NAME, SUB_PART, COLLATION, INDEX_TYPE FROM "
           "information_schema.STATISTICS WHERE NON_UNIQUE=0 AND " +
           in_schemas("TABLE_SCHEMA", databases) + only +
           " ORDER BY TABLE_SCHEMA, TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX")) {
    Index& index = indexes[{text(row, 0), text(row, 1)}][text(row, 2)];
    index.columns.push_back(text(row, 3));
    if (text(row, 5) == "D") ++index.descending;
    if (!row.at(3) || row.at(4) || text(row, 6) != "BTREE") index.usable = false;
  }
  for (const auto& [id, of_table] : indexes) {
    const auto found = tables.find(id);
    if (found != tables.end()) choose_key(*found->second, of_table);
  }
}

[[noreturn]] void refuse_hidden(const std::string& what, bool mariadb) {
  throw Error(ExitCode::not_authorised, "the definition of " + what + " is kept from this account",
              mariadb ? "GRANT SELECT ON mysql.proc, and SHOW VIEW, TRIGGER and EVENT on the schema"
                      : "GRANT SHOW_ROUTINE ON *.*, and SHOW VIEW, TRIGGER and EVENT on the schema");
}

// Where SHOW CREATE has what: the definition's column, and behind it the character set's and the collation's.
struct ShownColumns {
  std::size_t create;
  std::size_t charset;
  bool has_mode;
};
constexpr ShownColumns kOfView{1, 2, false};
constexpr ShownColumns kOfRoutine{2, 3, true};
constexpr ShownColumns kOfEvent{3, 4, true};

class ProgramReader {
 public:
  ProgramReader(const CatalogAccess& access, const std::vector<std::string>& databases)
      : access_(access), databases_(databases) {}

  std::vector<Program> read() {
    if (access_.mariadb) read_sequences();
    read_routines();
    read_views();
    read_triggers();
    read_events();
    return std::move(programs_);
  }

 private:
  void read_sequences() {
    for (const ServerRow& row : list("TABLE_SCHEMA, TABLE_NAME", "TABLES", "TABLE_SCHEMA",
                                     " AND TABLE_TYPE='SEQUENCE' ORDER BY 1, 2")) {
      const std::string name = full_name(text(row, 0), text(row, 1));
      const auto shown = access_.show("SHOW CREATE SEQUENCE " + name);
      const auto next = access_.show("SELECT next_not_cached_value FROM " + name);
      if (!shown || !next) continue;
      Program& one = add(ProgramKind::sequence, text(row, 0), text(row, 1));
      one.create = text(*shown, 1);
      one.next = text(*next, 0);
    }
  }

  void read_routines() {
    for (const ServerRow& row : list("ROUTINE_SCHEMA, ROUTINE_NAME, ROUTINE_TYPE", "ROUTINES",
                                     "ROUTINE_SCHEMA", " ORDER BY ROUTINE_TYPE, 1, 2")) {
      for (const ProgramKind kind :
           {ProgramKind::function, ProgramKind::procedure, ProgramKind::package, ProgramKind::package_body}) {
        if (lower(text(row, 2)) == to_string(kind)) show(kind, text(row, 0), text(row, 1), kOfRoutine);
      }
    }
  }

  void read_views() {
    for (const ServerRow& row : list("TABLE_SCHEMA, TABLE_NAME", "VIEWS", "TABLE_SCHEMA", " ORDER BY 1, 2"))
      show(ProgramKind::view, text(row, 0), text(row, 1), kOfView);
  }

  void read_triggers() {
    for (const ServerRow& row :
         list("TRIGGER_SCHEMA, TRIGGER_NAME, EVENT_OBJECT_TABLE", "TRIGGERS", "TRIGGER_SCHEMA",
              " ORDER BY 1, 3, ACTION_TIMING, EVENT_MANIPULATION, ACTION_ORDER")) {
      Program* const one = show(ProgramKind::trigger, text(row, 0), text(row, 1), kOfRoutine);
      if (one != nullptr) one->table = text(row, 2);
    }
  }

  void read_events() {
    for (const ServerRow& row :
         list("EVENT_SCHEMA, EVENT_NAME, TIME_ZONE", "EVENTS", "EVENT_SCHEMA", " ORDER BY 1, 2")) {
      Program* const one = show(ProgramKind::event, text(row, 0), text(row, 1), kOfEvent);
      if (one != nullptr) one->time_zone = text(row, 2);
    }
  }

  std::vector<ServerRow> list(const std::string& columns, const std::string& table, const std::string& schema,
                              const std::string& rest) {
    return access_.rows("SELECT " + columns + " FROM information_schema." + table + " WHERE " +
                        in_schemas(schema, databases_) + rest);
  }

  Program& add(ProgramKind kind, const std::string& schema, const std::string& name) {
    Program& one = programs_.emplace_back();
    one.kind = kind;
    one.schema = schema;
    one.name = name;
    return one;
  }

  // Null when it is gone.
  Program* show(ProgramKind kind, const std::string& schema, const std::string& name,
                const ShownColumns& columns) {
    const std::string what = std::string(to_string(kind)) + " " + full_name(schema, name);
    const auto shown = access_.show("SHOW CREATE " + what);
    if (!shown) return nullptr;
    if (text(*shown, columns.create).empty()) refuse_hidden(what, access_.mariadb);
    Program& one = add(kind, schema, name);
    one.create = text(*shown, columns.create);
    if (columns.has_mode) one.sql_mode = text(*shown, 1);
    one.charset = text(*shown, columns.charset);
    one.collation = text(*shown, columns.charset + 1);
    return &one;
  }

  const CatalogAccess& access_;
  const std::vector<std::string>& databases_;
  std::vector<Program> programs_;
};

}  // namespace

std::vector<Table> read_tables(const CatalogAccess& access, const std::vector<std::string>& databases,
                               const std::string& table) {
  const std::string only = table.empty() ? "" : " AND TABLE_NAME=" + quoted(table);
  std::vector<Table> found;
  for (const ServerRow& row :
       access.rows("SELECT TABLE_SCHEMA, TABLE_NAME, ENGINE, TABLE_ROWS, DATA_LENGTH FROM "
                   "information_schema.TABLES WHERE TABLE_TYPE IN ('BASE TABLE','SYSTEM VERSIONED') AND " +
                   in_schemas("TABLE_SCHEMA", databases) + only)) {
    const auto shown = access.show("SHOW CREATE TABLE " + full_name(text(row, 0), text(row, 1)));
    if (!shown) continue;
    Table& one = found.emplace_back();
    one.schema = text(row, 0);
    one.name = text(row, 1);
    one.engine = text(row, 2);
    one.create = text(*shown, 1);
    one.estimated_rows = number(row, 3);
    one.bytes = number(row, 4);
    one.transactional = is_transactional(one.engine);
    one.next_id = shown_counter(one.create);
  }
  std::sort(found.begin(), found.end(), [](const Table& a, const Table& b) {
    return std::tie(a.schema, a.name) < std::tie(b.schema, b.name);
  });
  std::map<TableId, Table*> by_name;
  for (Table& one : found) by_name.emplace(TableId{one.schema, one.name}, &one);
  read_columns(access, databases, only, by_name);
  read_keys(access, databases, only, by_name);
  return found;
}

namespace {

Counters counters_where(const CatalogAccess& access, const std::string& condition) {
  Counters out;
  for (const ServerRow& row :
       access.rows("SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.COLUMNS WHERE EXTRA LIKE "
                   "'%auto_increment%' AND (" +
                   condition + ")")) {
    const auto shown = access.show("SHOW CREATE TABLE " + full_name(text(row, 0), text(row, 1)));
    if (shown) out[{text(row, 0), text(row, 1)}] = shown_counter(text(*shown, 1)).value_or(1);
  }
  return out;
}

}  // namespace

Counters read_counters(const CatalogAccess& access, const std::vector<std::string>& databases) {
  return counters_where(access, in_schemas("TABLE_SCHEMA", databases));
}

Counters read_counters(const CatalogAccess& access,
                       const std::set<std::pair<std::string, std::string>>& tables) {
  std::string condition = "FALSE";
  for (const auto& [schema, table] : tables)
    condition += " OR TABLE_SCHEMA=" + quoted(schema) + " AND TABLE_NAME=" + quoted(table);
  return counters_where(access, condition);
}

Catalog read_catalog(const CatalogAccess& access, const std::vector<std::string>& databases) {
  Catalog out;
  for (const ServerRow& row :
       access.rows("SELECT SCHEMA_NAME, DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME FROM "
                   "information_schema.SCHEMATA WHERE " +
                   in_schemas("SCHEMA_NAME", databases) + " ORDER BY 1"))
    out.schemas.push_back({text(row, 0), text(row, 1), text(row, 2)});
  out.tables = read_tables(access, databases);
  out.programs = ProgramReader(access, databases).read();
  return out;
}

}  // namespace dw::rows
