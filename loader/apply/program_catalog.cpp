#include "loader/apply/program_catalog.h"

#include <string>

#include "common/util/error.h"

namespace dw::load {
namespace {

constexpr const char* kOwnSchemas = "('mysql','information_schema','performance_schema','sys','dw_meta')";

// In UTF-8, whatever the connection is set to for the session that is being replayed.
std::string bytes(const std::string& column) {
  return "HEX(CONVERT(" + column + " USING utf8mb4))";
}

std::string unhex(const std::optional<std::string>& text) {
  const auto digit = [](char c) { return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'A' + 10); };
  std::string out;
  if (!text) return out;
  out.reserve(text->size() / 2);
  for (std::size_t i = 0; i + 1 < text->size(); i += 2) {
    out += static_cast<char>(digit((*text)[i]) * 16 + digit((*text)[i + 1]));
  }
  return out;
}

[[noreturn]] void refuse_hidden_body(const std::string& schema, const std::string& name, bool mariadb) {
  throw Error(ExitCode::mirror_unreachable,
              "the mirror's account does not see the body of " + schema + "." + name,
              mariadb ? "grant it SELECT on mysql.proc" : "grant it SHOW_ROUTINE on *.*");
}

void read_triggers(mysql::Connection& connection, StoredPrograms& programs) {
  const std::string sql = "SELECT " + bytes("TRIGGER_SCHEMA") + "," + bytes("TRIGGER_NAME") + "," +
                          bytes("EVENT_OBJECT_TABLE") + ",EVENT_MANIPULATION," + bytes("ACTION_STATEMENT") +
                          ",SQL_MODE FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA NOT IN " +
                          kOwnSchemas;
  for (const auto& row : connection.rows(sql)) {
    const std::string event = row[3].value_or("");
    const ProgramKind kind = event == "INSERT"   ? ProgramKind::insert_trigger
                             : event == "UPDATE" ? ProgramKind::update_trigger
                                                 : ProgramKind::delete_trigger;
    programs.add(kind, unhex(row[0]), unhex(row[1]), unhex(row[4]), row[5].value_or(""), unhex(row[2]));
  }
}

void read_routines(mysql::Connection& connection, StoredPrograms& programs) {
  const std::string sql = "SELECT " + bytes("ROUTINE_SCHEMA") + "," + bytes("ROUTINE_NAME") +
                          ",ROUTINE_TYPE," + bytes("ROUTINE_DEFINITION") +
                          ",SQL_MODE FROM information_schema.ROUTINES WHERE ROUTINE_TYPE IN "
                          "('FUNCTION','PROCEDURE') AND ROUTINE_SCHEMA NOT IN " +
                          kOwnSchemas;
  for (const auto& row : connection.rows(sql)) {
    const std::string schema = unhex(row[0]);
    const std::string name = unhex(row[1]);
    const bool function = row[2] == "FUNCTION";
    if (!row[3] && function) refuse_hidden_body(schema, name, connection.is_mariadb());
    programs.add(function ? ProgramKind::function : ProgramKind::procedure, schema, name, unhex(row[3]),
                 row[4].value_or(""));
  }
}

void read_events(mysql::Connection& connection, StoredPrograms& programs) {
  const std::string sql = "SELECT " + bytes("EVENT_SCHEMA") + "," + bytes("EVENT_NAME") + "," +
                          bytes("EVENT_DEFINITION") +
                          ",SQL_MODE FROM information_schema.EVENTS WHERE EVENT_SCHEMA NOT IN " + kOwnSchemas;
  for (const auto& row : connection.rows(sql)) {
    programs.add(ProgramKind::event, unhex(row[0]), unhex(row[1]), unhex(row[2]), row[3].value_or(""));
  }
}

void read_views(mysql::Connection& connection, StoredPrograms& programs) {
  const std::string sql = "SELECT " + bytes("TABLE_SCHEMA") + "," + bytes("TABLE_NAME") + "," +
                          bytes("VIEW_DEFINITION") +
                          " FROM information_schema.VIEWS WHERE TABLE_SCHEMA NOT IN " + kOwnSchemas;
  for (const auto& row : connection.rows(sql)) programs.add_view(unhex(row[0]), unhex(row[1]), unhex(row[2]));
}

}  // namespace

StoredPrograms read_stored_programs(mysql::Connection& connection, bool lower_case_names) {
  StoredPrograms programs(lower_case_names);
  read_triggers(connection, programs);
  read_routines(connection, programs);
  read_events(connection, programs);
  read_views(connection, programs);
  return programs;
}

}  // namespace dw::load
