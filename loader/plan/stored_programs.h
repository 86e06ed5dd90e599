// Triggers, functions, procedures, events and views as they are at one place of the log: what a statement can
// run besides itself. Pure: read from the mirror, which follows production's DDL, and changed by the DDL of
// the batch that is planned.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "common/sql/statement.h"
#include "common/sql/statement_pattern.h"

namespace dw::load {

// How text is read under this sql_mode.
sql::LexerOptions lexer_options_of(std::string_view sql_mode);

enum class ProgramKind : std::uint8_t {
  insert_trigger,
  update_trigger,
  delete_trigger,
  function,
  procedure,
  event
};
inline constexpr std::size_t kProgramKinds = 6;

// Names are folded as the catalogue folds them.
struct ProgramKey {
  ProgramKind kind = ProgramKind::function;
  std::string schema;
  std::string name;
  auto operator<=>(const ProgramKey&) const = default;
};

// A statement of a body that the log shows.
struct LoggedStatement {
  std::string text;
  sql::Statement statement;  // views `text`
  sql::StatementPattern pattern;
  bool straight = false;  // see sql::BodyStatement
  bool of_row = false;    // holds NEW.x or OLD.x: no client can have sent it
  // Both are straight and change rows: when this one (by its place in the body) has run, that one runs next.
  std::optional<std::size_t> after;
};

struct StoredProgram {
  ProgramKey key;
  std::string table;  // of a trigger
  std::string body;
  sql::LexerOptions lexer;
  std::vector<std::unique_ptr<const LoggedStatement>> statements;
};
using SharedProgram = std::shared_ptr<const StoredProgram>;

class StoredPrograms {
 public:
  explicit StoredPrograms(bool lower_case_names = false) : lower_case_names_(lower_case_names) {}

  // `sql_mode`: that of the program's creation. `table`: of a trigger.
  void add(ProgramKind kind, std::string_view schema, std::string_view name, std::string_view body,
           std::string_view sql_mode, std::string_view table = "");
  void add_view(std::string_view schema, std::string_view name, std::string_view definition);

  // DDL, sent in this database. True when it changed what is known here. A CREATE of what is there already
  // changes nothing, as on the server.
  bool observe(const sql::Statement& statement, const std::string& database, const std::string& sql_mode);

  [[nodiscard]] bool empty() const { return programs_.empty(); }
  [[nodiscard]] bool has(ProgramKind kind) const;
  [[nodiscard]] SharedProgram find(ProgramKind kind, std::string_view schema, std::string_view name) const;
  [[nodiscard]] SharedProgram find(const ProgramKey& key) const;
  [[nodiscard]] std::vector<SharedProgram> triggers(ProgramKind event, std::string_view schema,
                                                    std::string_view table) const;
  // The view's text; null when there is no such view.
  [[nodiscard]] const std::string* view(std::string_view schema, std::string_view name) const;
  [[nodiscard]] const std::map<ProgramKey, SharedProgram>& all() const { return programs_; }

 private:
  using TableKey = std::pair<std::string, std::string>;

  [[nodiscard]] std::string folded(std::string_view name) const;
  [[nodiscard]] ProgramKey key_of(ProgramKind kind, std::string_view schema, std::string_view name) const;
  bool create(const sql::Statement& statement, const std::string& database, const std::string& sql_mode);
  bool alter_event(const sql::Statement& statement, const std::string& database, const std::string& sql_mode);
  bool drop(const sql::Statement& statement, const std::string& database);
  bool drop_table(const std::string& schema, const std::string& table);
  bool rename_table(const TableKey& from, const TableKey& to);
  bool drop_schema(const std::string& schema);

  bool lower_case_names_;
  std::map<ProgramKey, SharedProgram> programs_;
  std::map<TableKey, std::string> views_;
};

}  // namespace dw::load
