#include "loader/dump/dump_loader.h"

#include <algorithm>
#include <chrono>

#include "common/sql/identifiers.h"
#include "common/util/clock.h"
#include "common/util/error.h"
#include "common/util/letter_case.h"
#include "loader/baseline/schema_maker.h"

namespace dw::load {
namespace {

using sql::Verb;

constexpr std::uint64_t kBytesToCommit = 16U << 20U;
constexpr std::size_t kHead = 4096;  // names of a table and its columns stand in it

// Its table; nullptr: it is no INSERT or REPLACE. Read from the first words: the rest can be a megabyte.
std::optional<sql::TableName> insert_target(std::string_view text, const sql::LexerOptions& options) {
  sql::Lexer lexer(text.substr(0, kHead), options);
  sql::Token token = lexer.next();
  if (!token.is("INSERT") && !token.is("REPLACE")) return std::nullopt;
  while (token.kind != sql::TokenKind::end && !token.is("INTO")) token = lexer.next();
  sql::TableName out;
  out.table = sql::unquote(lexer.next().text);
  if (lexer.next().is(".")) {
    out.schema = out.table;
    out.table = sql::unquote(lexer.next().text);
  }
  return out;
}

// Whether a SET says which character set the dump's text is in, or keeps it for later.
bool tells_charset(std::string_view text, const sql::LexerOptions& options) {
  sql::Lexer lexer(text, options);
  bool out = false;
  for (sql::Token token = lexer.next(); token.kind != sql::TokenKind::end; token = lexer.next()) {
    if (token.kind == sql::TokenKind::unterminated) return false;
    out = out || token.is("NAMES") || token.is("CHARACTER_SET_CLIENT") ||
          equals_ignoring_case(token.text, "@@character_set_client");
  }
  return out;
}

}  // namespace

DumpLoader::DumpLoader(mysql::Connection& mirror, const ProgramMaker& maker, const rows::Catalog& catalog,
                       const sql::LexerOptions& options, Progress& display)
    : mirror_(mirror),
      maker_(maker),
      options_(options),
      display_(display),
      pipe_(mirror),
      started_(steady_seconds()) {
  for (const rows::Schema& schema : catalog.schemas) schemas_.insert(schema.name);
  for (const rows::Program& one : catalog.programs) {
    if (one.kind == rows::ProgramKind::view) views_.insert({one.schema, one.name});
  }
  for (const rows::Table& table : catalog.tables) progress_.expected_bytes += table.bytes;
  mirror_.execute("SET NAMES utf8mb4");
  mirror_.execute(
      "SET sql_mode='NO_AUTO_VALUE_ON_ZERO', time_zone='+00:00', foreign_key_checks=0, unique_checks=0, "
      "autocommit=0");
  if (mirror_.is_mariadb()) mirror_.execute("SET check_constraint_checks=0");
}

void DumpLoader::begin_in(const std::string& database) {
  if (database_.empty() && !database.empty()) use(database);
}

void DumpLoader::use(const std::string& database) {
  database_ = database;
  mirrored_ = schemas_.contains(database);
  if (mirrored_) execute("USE " + sql::quote_identifier(database));
}

void DumpLoader::execute(std::string_view text) {
  progress_.rows += pipe_.settle();
  mirror_.execute(text);
}

void DumpLoader::run(std::string_view text, bool in_program) {
  if (in_program) return;
  progress_.bytes += text.size();
  if (insert_target(text, options_)) return insert(text);
  const sql::Statement statement = sql::classify(text, options_);
  switch (statement.verb) {
    case Verb::use:
      return use(statement.name);
    case Verb::create_table:
      return create_table(statement);
    case Verb::create_sequence:
    case Verb::drop_sequence:
    case Verb::do_:
      if (mirrored_ && mirror_.is_mariadb()) execute(text);
      return;
    case Verb::set:
    case Verb::set_names:
      return run_setting(statement);
    case Verb::none:
      if (statement.cls == sql::StatementClass::empty) return;
      break;
    case Verb::select:
    case Verb::update:
    case Verb::delete_:
    case Verb::call:
    case Verb::load_data:
      break;
    default:
      return;
  }
  throw Error(ExitCode::failed,
              "the dump has a statement that no dump holds: " + std::string(text.substr(0, 80)),
              "--from-dump takes what mysqldump or mariadb-dump has written");
}

void DumpLoader::run_setting(const sql::Statement& statement) {
  static const std::set<std::string> known{"utf8mb4", "utf8", "utf8mb3", "latin1", "binary", "ascii"};
  if (!tells_charset(statement.text, options_)) return;
  if (statement.verb == Verb::set_names && !known.contains(statement.name)) {
    throw Error(ExitCode::failed, "the dump is in character set " + statement.name,
                "make it with --default-character-set=utf8mb4");
  }
  execute(statement.text);
}

void DumpLoader::create_table(const sql::Statement& statement) {
  if (!mirrored_ || statement.writes.empty()) return;
  const std::string name = statement.writes.front().table;
  if (views_.contains({database_, name})) {
    left_out_.insert({database_, name});
    return;
  }
  progress_.table = database_ + "." + name;
  execute("DROP TABLE IF EXISTS " + sql_name(database_, name));
  try {
    mirror_.execute(maker_.translated(std::string(statement.text), ""));
    ++tables_;
  } catch (const mysql::SqlError& error) {
    if (error.connection_is_gone()) throw;
    left_out_.insert({database_, name});
    refused_.push_back({database_, "table " + name, std::string(statement.text), error.code(), error.what()});
  }
}

void DumpLoader::insert(std::string_view text) {
  const auto target = insert_target(text, options_);
  if (!mirrored_ || left_out_.contains({database_, target->table})) return;
  progress_.rows += pipe_.send(text);
  not_committed_ += text.size();
  if (not_committed_ < kBytesToCommit) return;
  commit();
  show();
}

void DumpLoader::commit() {
  execute("COMMIT");
  not_committed_ = 0;
}

void DumpLoader::show() {
  progress_.seconds = steady_seconds() - started_;
  display_.update(progress_line(progress_));
}

}  // namespace dw::load
