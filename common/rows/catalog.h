// What there is on a server: schemas, tables, and the programs stored beside them. reading_format.md
// describes its JSON. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "common/rows/column.h"

namespace dw::rows {

struct Schema {
  std::string name;
  std::string charset;
  std::string collation;
};

struct Table {
  std::string schema;
  std::string name;
  std::string engine;
  std::string create;  // SHOW CREATE TABLE
  std::vector<Column> columns;
  // A unique key without NULLs, whose order both reading and resuming can follow: the primary key where it
  // will do. Empty: the table has none, and is read whole.
  std::string key_name;
  std::vector<std::string> key;
  std::uint64_t estimated_rows = 0;
  std::uint64_t bytes = 0;               // of data, without indexes; an estimate, too
  bool transactional = false;            // a consistent snapshot holds for it
  std::optional<std::uint64_t> next_id;  // of AUTO_INCREMENT

  // Those that are read and written: all but generated ones.
  [[nodiscard]] std::vector<Column> stored_columns() const;
  [[nodiscard]] std::vector<Column> key_columns() const;
  // Throws Error(usage) when there is none of that name.
  [[nodiscard]] const Column& column(const std::string& column_name) const;
};

enum class ProgramKind : std::uint8_t {
  sequence,
  function,
  procedure,
  package,
  package_body,
  view,
  trigger,
  event
};
const char* to_string(ProgramKind kind);

// A view, routine, trigger, event or sequence.
struct Program {
  ProgramKind kind = ProgramKind::view;
  std::string schema;
  std::string name;
  std::string create;
  std::string table;  // of a trigger
  // What it was made under, as the server prints it; "" where it keeps none.
  std::string sql_mode;
  std::string charset;
  std::string collation;
  std::string time_zone;            // of an event
  std::optional<std::string> next;  // of a sequence: the value it gives next
};

struct Catalog {
  std::vector<Schema> schemas;
  std::vector<Table> tables;      // by schema and name, bytewise
  std::vector<Program> programs;  // in an order in which they can be made, but for views that name later ones
};

nlohmann::json to_json(const Column& column);
nlohmann::json to_json(const Schema& schema);
nlohmann::json to_json(const Table& table);
nlohmann::json to_json(const Program& program);

// Throws Error(failed) when it is none.
Column column_from(const nlohmann::json& value);

// Takes one line of a catalogue; false when it is another kind of line. Throws Error(failed).
bool take_line(Catalog& catalog, const nlohmann::json& line);

}  // namespace dw::rows
