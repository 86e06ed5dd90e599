#include "loader/apply/program_catalog.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/sql/body_statements.h"
#include "common/sql/identifiers.h"
#include "common/sql/server_schemas.h"
#include "common/util/error.h"

namespace dw::load {
namespace {

using Rows = std::vector<std::vector<std::optional<std::string>>>;

std::string text(const std::optional<std::string>& value) {
  return value.value_or("");
}

// information_schema has bodies with their literals unquoted ('it''s' reads 'it's'; both servers): only SHOW
// CREATE gives what was sent. Its second column is the sql_mode.
class ProgramReader {
 public:
  ProgramReader(mysql::Connection& connection, StoredPrograms& programs)
      : connection_(connection), programs_(programs) {}

  void read_triggers() {
    for (const auto& row :
         connection_.rows("SELECT TRIGGER_SCHEMA, TRIGGER_NAME, EVENT_MANIPULATION, EVENT_OBJECT_TABLE FROM "
                          "information_schema.TRIGGERS WHERE TRIGGER_NAME NOT LIKE 'dw|_archive|_%' ESCAPE "
                          "'|' AND TRIGGER_SCHEMA NOT IN " +
                          std::string(sql::kUnmirroredSchemaList))) {
      const ProgramKind kind = row[2] == "INSERT"   ? ProgramKind::insert_trigger
                               : row[2] == "UPDATE" ? ProgramKind::update_trigger
                                                    : ProgramKind::delete_trigger;
      add(kind, "TRIGGER", 2, text(row[0]), text(row[1]), text(row[3]));
    }
  }

  void read_routines() {
    for (const auto& row : connection_.rows(
             "SELECT ROUTINE_SCHEMA, ROUTINE_NAME, ROUTINE_TYPE FROM information_schema.ROUTINES WHERE "
             "ROUTINE_TYPE IN ('FUNCTION','PROCEDURE') AND ROUTINE_SCHEMA NOT IN " +
             std::string(sql::kUnmirroredSchemaList))) {
      const bool function = row[2] == "FUNCTION";
      add(function ? ProgramKind::function : ProgramKind::procedure, function ? "FUNCTION" : "PROCEDURE", 2,
          text(row[0]), text(row[1]));
    }
  }

  void read_events() {
    for (const auto& row : connection_.rows(
             "SELECT EVENT_SCHEMA, EVENT_NAME FROM information_schema.EVENTS WHERE EVENT_SCHEMA NOT IN " +
             std::string(sql::kUnmirroredSchemaList))) {
      add(ProgramKind::event, "EVENT", 3, text(row[0]), text(row[1]));
    }
  }

  void read_views() {
    for (const auto& row : connection_.rows("SELECT TABLE_SCHEMA, TABLE_NAME, VIEW_DEFINITION FROM "
                                            "information_schema.VIEWS WHERE TABLE_SCHEMA NOT "
                                            "IN " +
                                            std::string(sql::kUnmirroredSchemaList))) {
      programs_.add_view(text(row[0]), text(row[1]), text(row[2]));
    }
  }

 private:
  // `column`: of SHOW CREATE's answer, with the statement; NULL where the account may not see it.
  void add(ProgramKind kind, const std::string& word, std::size_t column, const std::string& schema,
           const std::string& name, const std::string& table = "") {
    const Rows rows = connection_.rows("SHOW CREATE " + word + " " + sql::quote_identifier(schema) + "." +
                                       sql::quote_identifier(name));
    if (rows.empty() || !rows[0].at(column)) return refuse_hidden(kind, schema + "." + name);
    const std::string mode = text(rows[0].at(1));
    const std::string_view body = sql::body_of(*rows[0][column], lexer_options_of(mode));
    programs_.add(kind, schema, name, body, mode, table);
  }

  // Of a procedure nothing is in the log, as a rule.
  void refuse_hidden(ProgramKind kind, const std::string& name) {
    if (kind == ProgramKind::procedure) return;
    throw Error(ExitCode::mirror_unreachable, "the mirror's account does not see the body of " + name,
                connection_.is_mariadb() ? "grant it SELECT on mysql.proc" : "grant it SHOW_ROUTINE on *.*");
  }

  mysql::Connection& connection_;
  StoredPrograms& programs_;
};

}  // namespace

StoredPrograms read_stored_programs(mysql::Connection& connection, bool lower_case_names) {
  StoredPrograms programs(lower_case_names);
  connection.execute("SET NAMES utf8mb4");
  ProgramReader reader(connection, programs);
  reader.read_triggers();
  reader.read_routines();
  reader.read_events();
  reader.read_views();
  return programs;
}

}  // namespace dw::load
