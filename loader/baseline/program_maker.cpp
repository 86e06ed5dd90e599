#include "loader/baseline/program_maker.h"

#include <algorithm>
#include <optional>

#include "common/sql/event_statement.h"
#include "common/sql/identifiers.h"
#include "common/sql/server_version.h"
#include "common/util/letter_case.h"
#include "loader/dialect/sql_modes.h"
#include "loader/plan/stored_programs.h"

namespace dw::load {
namespace {

constexpr unsigned kEventNotUnderstood = 0;

sql::LexerOptions options_for(const std::string& sql_mode, const SourceInfo& source) {
  sql::LexerOptions out = lexer_options_of(sql_mode);
  out.server = sql::ServerVersion::parse(source.server_version);
  return out;
}

std::string what_of(const rows::Program& program) {
  return std::string(rows::to_string(program.kind)) + " " + program.name;
}

}  // namespace

std::vector<FailureEntry> failures_of(const std::vector<Refused>& refused, const Cursor& cursor) {
  std::vector<FailureEntry> out;
  for (const Refused& one : refused) {
    FailureEntry& entry = out.emplace_back();
    entry.cursor = cursor.text();
    entry.time = cursor.time;
    entry.user_host = "dw-load baseline";
    entry.database = one.schema;
    entry.error = one.error;
    entry.message = one.message;
    entry.text = one.create;
  }
  return out;
}

std::string ProgramMaker::translated(const std::string& create, const std::string& sql_mode) const {
  const sql::LexerOptions options = options_for(sql_mode, source_);
  return dialect_.translate(sql::classify(create, options), options).text.value_or(create);
}

// Literals of a body are of the character set that it was made under; the text itself comes as UTF-8.
void ProgramMaker::set_session(const rows::Program& program) {
  const std::string modes =
      mirror_modes(program.sql_mode, dialect_.source().mariadb, dialect_.mirror().mariadb);
  connection_.execute("SET NAMES utf8mb4");
  if (!program.collation.empty())
    connection_.execute("SET collation_connection=" + dialect_.collations().nearest(program.collation));
  connection_.execute("SET sql_mode=" + hex_literal(modes));
  connection_.execute("USE " + sql::quote_identifier(program.schema));
}

void ProgramMaker::make_or_throw(const rows::Program& program) {
  set_session(program);
  const std::string name = sql::quote_identifier(program.name);
  connection_.execute("DROP " + upper(rows::to_string(program.kind)) + " IF EXISTS " + name);
  std::string create = program.create;
  if (program.kind == rows::ProgramKind::event) {
    const auto disabled = sql::disabled_event(create, options_for(program.sql_mode, source_));
    if (!disabled)
      throw mysql::SqlError(kEventNotUnderstood, "an event that cannot be kept from running on the mirror");
    create = *disabled;
  }
  connection_.execute(translated(create, program.sql_mode));
  if (program.next) connection_.execute("DO SETVAL(" + name + ", " + *program.next + ", 0)");
}

std::optional<Refused> ProgramMaker::make(const rows::Program& program) {
  try {
    make_or_throw(program);
    return std::nullopt;
  } catch (const mysql::SqlError& error) {
    if (error.connection_is_gone()) throw;
    return Refused{program.schema, what_of(program), program.create, error.code(), error.what()};
  }
}

std::vector<Refused> ProgramMaker::make_sequences(const std::vector<rows::Program>& programs) {
  std::vector<Refused> out;
  for (const rows::Program& one : programs) {
    if (one.kind != rows::ProgramKind::sequence) continue;
    if (auto refused = make(one)) out.push_back(std::move(*refused));
  }
  return out;
}

// A view can name one that comes later, and a routine a view: what failed is tried again as long as that
// helps.
std::vector<Refused> ProgramMaker::make_others(const std::vector<rows::Program>& programs) {
  std::vector<const rows::Program*> waiting;
  for (const rows::Program& one : programs) {
    if (one.kind != rows::ProgramKind::sequence) waiting.push_back(&one);
  }
  std::vector<Refused> refused;
  for (std::size_t before = waiting.size() + 1; !waiting.empty() && waiting.size() < before;) {
    before = waiting.size();
    refused.clear();
    std::vector<const rows::Program*> again;
    for (const rows::Program* one : waiting) {
      auto failed = make(*one);
      if (!failed) continue;
      refused.push_back(std::move(*failed));
      again.push_back(one);
    }
    waiting = std::move(again);
  }
  if (waiting.empty()) refused.clear();
  return refused;
}

}  // namespace dw::load
