#include "common/rows/catalog.h"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "common/util/error.h"

namespace dw::rows {
namespace {

using nlohmann::json;

constexpr std::array<const char*, 8> kProgramKinds{"sequence",     "function", "procedure", "package",
                                                   "package body", "view",     "trigger",   "event"};

Table table_from(const json& line) {
  Table out;
  out.schema = line.at("schema");
  out.name = line.at("table");
  out.engine = line.at("engine");
  out.create = line.at("create");
  for (const json& column : line.at("columns")) out.columns.push_back(column_from(column));
  out.key_name = line.value("key_name", "");
  out.key = line.value("key", std::vector<std::string>());
  out.estimated_rows = line.value("estimated_rows", std::uint64_t{0});
  out.bytes = line.value("bytes", std::uint64_t{0});
  out.transactional = line.at("transactional");
  if (line.contains("next_id")) out.next_id = line.at("next_id").get<std::uint64_t>();
  return out;
}

Program program_from(const json& line) {
  Program out;
  const std::string kind = line.at("program");
  const auto* const found = std::find(kProgramKinds.begin(), kProgramKinds.end(), kind);
  if (found == kProgramKinds.end())
    throw Error(ExitCode::failed, "the source's catalogue names an unknown kind of program");
  out.kind = static_cast<ProgramKind>(found - kProgramKinds.begin());
  out.schema = line.at("schema");
  out.name = line.at("name");
  out.create = line.at("create");
  out.table = line.value("table", "");
  out.sql_mode = line.value("sql_mode", "");
  out.charset = line.value("charset", "");
  out.collation = line.value("collation", "");
  out.time_zone = line.value("time_zone", "");
  if (line.contains("next")) out.next = line.at("next").get<std::string>();
  return out;
}

}  // namespace

const char* to_string(ProgramKind kind) {
  return kProgramKinds[static_cast<std::size_t>(kind)];
}

std::vector<Column> Table::stored_columns() const {
  std::vector<Column> out;
  std::copy_if(columns.begin(), columns.end(), std::back_inserter(out),
               [](const Column& one) { return !one.generated; });
  return out;
}

std::vector<Column> Table::key_columns() const {
  std::vector<Column> out;
  for (const std::string& one : key) out.push_back(column(one));
  return out;
}

const Column& Table::column(const std::string& column_name) const {
  const auto found = std::find_if(columns.begin(), columns.end(),
                                  [&](const Column& one) { return one.name == column_name; });
  if (found == columns.end())
    throw Error(ExitCode::usage, "table " + schema + "." + name + " has no such column",
                "ask for the catalog");
  return *found;
}

json to_json(const Column& column) {
  json out{{"name", column.name}, {"type", column.type}, {"kind", to_string(column.kind)}};
  if (!column.charset.empty()) out["charset"] = column.charset;
  if (!column.collation.empty()) out["collation"] = column.collation;
  if (column.nullable) out["nullable"] = true;
  if (column.generated) out["generated"] = true;
  if (column.auto_increment) out["auto_increment"] = true;
  return out;
}

Column column_from(const json& line) {
  Column out;
  out.name = line.at("name");
  out.type = line.at("type");
  const auto kind = kind_from(line.at("kind").get<std::string>());
  if (!kind) throw Error(ExitCode::failed, "the source's catalogue names an unknown kind of column");
  out.kind = *kind;
  out.charset = line.value("charset", "");
  out.collation = line.value("collation", "");
  out.nullable = line.value("nullable", false);
  out.generated = line.value("generated", false);
  out.auto_increment = line.value("auto_increment", false);
  return out;
}

json to_json(const Schema& schema) {
  return {{"schema", schema.name}, {"charset", schema.charset}, {"collation", schema.collation}};
}

json to_json(const Table& table) {
  json columns = json::array();
  for (const Column& column : table.columns) columns.push_back(to_json(column));
  json out{
      {"table", table.name}, {"schema", table.schema}, {"engine", table.engine}, {"create", table.create}};
  out["columns"] = std::move(columns);
  out["key_name"] = table.key_name;
  out["key"] = table.key;
  out["estimated_rows"] = table.estimated_rows;
  out["bytes"] = table.bytes;
  out["transactional"] = table.transactional;
  if (table.next_id) out["next_id"] = *table.next_id;
  return out;
}

json to_json(const Program& program) {
  json out{{"program", to_string(program.kind)},
           {"schema", program.schema},
           {"name", program.name},
           {"create", program.create}};
  if (!program.table.empty()) out["table"] = program.table;
  if (!program.sql_mode.empty()) out["sql_mode"] = program.sql_mode;
  if (!program.charset.empty()) out["charset"] = program.charset;
  if (!program.collation.empty()) out["collation"] = program.collation;
  if (!program.time_zone.empty()) out["time_zone"] = program.time_zone;
  if (program.next) out["next"] = *program.next;
  return out;
}

bool take_line(Catalog& catalog, const json& line) {
  try {
    if (line.contains("columns") && line.contains("create")) {
      catalog.tables.push_back(table_from(line));
    } else if (line.contains("program")) {
      catalog.programs.push_back(program_from(line));
    } else if (line.contains("schema") && line.contains("collation")) {
      catalog.schemas.push_back({line.at("schema"), line.at("charset"), line.at("collation")});
    } else {
      return false;
    }
  } catch (const json::exception& error) {
    throw Error(ExitCode::failed, std::string("the source's catalogue cannot be read: ") + error.what());
  }
  return true;
}

}  // namespace dw::rows
