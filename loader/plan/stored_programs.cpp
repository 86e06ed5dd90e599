#include "loader/plan/stored_programs.h"

#include <algorithm>

#include "common/sql/body_statements.h"
#include "common/sql/identifiers.h"
#include "common/util/letter_case.h"

namespace dw::load {
namespace {

using sql::Verb;

bool is_trigger(ProgramKind kind) {
  return kind == ProgramKind::insert_trigger || kind == ProgramKind::update_trigger ||
         kind == ProgramKind::delete_trigger;
}

// The extractor drops by schema: only where both name none is the one in the log whenever the other is.
bool names_no_schema(const sql::Statement& statement) {
  const auto bare = [](const sql::TableName& name) { return name.schema.empty(); };
  return std::all_of(statement.writes.begin(), statement.writes.end(), bare) &&
         std::all_of(statement.reads.begin(), statement.reads.end(), bare);
}

bool may_change_rows(const sql::Statement& statement) {
  return statement.cls == sql::StatementClass::change || statement.cls == sql::StatementClass::destructive;
}

std::vector<std::unique_ptr<const LoggedStatement>> logged_statements(std::string_view body,
                                                                      sql::LexerOptions options) {
  std::vector<std::unique_ptr<const LoggedStatement>> out;
  std::optional<std::size_t> last;
  for (sql::BodyStatement& one : sql::body_statements(body, options)) {
    auto logged = std::make_unique<LoggedStatement>(LoggedStatement{
        std::move(one.text), {}, sql::StatementPattern("", options), one.straight, false, {}});
    logged->statement = sql::classify(logged->text, options);
    logged->pattern = sql::StatementPattern(logged->text, options);
    logged->of_row = sql::marks_of(logged->text, options).of_row;
    const bool comparable =
        logged->straight && may_change_rows(logged->statement) && names_no_schema(logged->statement);
    if (comparable) {
      logged->after = last;
      last = out.size();
    }
    out.push_back(std::move(logged));
  }
  return out;
}

// Of CREATE TRIGGER … AFTER INSERT ON: which rows fire it. MySQL and MariaDB allow one event each.
ProgramKind trigger_kind(std::string_view create) {
  sql::Lexer lexer(create);
  for (sql::Token token = lexer.next(); token.kind != sql::TokenKind::end; token = lexer.next()) {
    if (!token.is("BEFORE") && !token.is("AFTER")) continue;
    token = lexer.next();
    if (token.is("INSERT")) return ProgramKind::insert_trigger;
    if (token.is("UPDATE")) return ProgramKind::update_trigger;
    if (token.is("DELETE")) return ProgramKind::delete_trigger;
  }
  return ProgramKind::insert_trigger;
}

// What a CREATE or DROP statement says before the program's name.
struct Head {
  bool replaces = false;
  bool procedure = false;
};

Head head_of(std::string_view statement) {
  Head head;
  sql::Lexer lexer(statement);
  for (sql::Token token = lexer.next(); token.kind != sql::TokenKind::end; token = lexer.next()) {
    head.replaces = head.replaces || token.is("REPLACE");
    head.procedure = token.is("PROCEDURE");
    if (head.procedure || token.is("FUNCTION") || token.is("TRIGGER") || token.is("EVENT")) break;
  }
  return head;
}

// ALTER TABLE names a second table in EXCHANGE PARTITION, too.
bool renames(const sql::Statement& statement) {
  if (statement.verb == Verb::rename_table) return true;
  const std::vector<sql::Token> tokens = sql::tokens_of(statement.text);
  for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
    const sql::Token& next = tokens[i + 1];
    if (tokens[i].is("RENAME") && !next.is("COLUMN") && !next.is("INDEX") && !next.is("KEY")) return true;
  }
  return false;
}

// RENAME TO [schema.]name of an ALTER EVENT.
std::optional<sql::TableName> new_name(std::string_view alter) {
  const std::vector<sql::Token> tokens = sql::tokens_of(alter);
  for (std::size_t i = 0; i + 2 < tokens.size() && !tokens[i].is("DO"); ++i) {
    if (!tokens[i].is("RENAME") || !tokens[i + 1].is("TO")) continue;
    const bool qualified = i + 4 < tokens.size() && tokens[i + 3].is(".");
    if (!qualified) return sql::TableName{"", sql::unquote(tokens[i + 2].text)};
    return sql::TableName{sql::unquote(tokens[i + 2].text), sql::unquote(tokens[i + 4].text)};
  }
  return std::nullopt;
}

}  // namespace

sql::LexerOptions lexer_options_of(std::string_view sql_mode) {
  sql::LexerOptions options;
  const std::string mode = lower(sql_mode);
  options.ansi_quotes = mode.find("ansi") != std::string::npos;
  options.no_backslash_escapes = mode.find("no_backslash_escapes") != std::string::npos;
  return options;
}

std::string StoredPrograms::folded(std::string_view name) const {
  return lower_case_names_ ? lower(name) : std::string(name);
}

// Routines and events are compared without case whatever the file system (MySQL manual 11.2.3); a trigger's
// own name only tells it from others.
ProgramKey StoredPrograms::key_of(ProgramKind kind, std::string_view schema, std::string_view name) const {
  return {kind, folded(schema), lower(name)};
}

void StoredPrograms::add(ProgramKind kind, std::string_view schema, std::string_view name,
                         std::string_view body, std::string_view sql_mode, std::string_view table) {
  auto program = std::make_shared<StoredProgram>();
  program->key = key_of(kind, schema, name);
  program->table = folded(table);
  program->body = body;
  program->lexer = lexer_options_of(sql_mode);
  program->statements = logged_statements(program->body, program->lexer);
  programs_[program->key] = std::move(program);
}

void StoredPrograms::add_view(std::string_view schema, std::string_view name, std::string_view definition) {
  views_[{folded(schema), folded(name)}] = definition;
}

bool StoredPrograms::has(ProgramKind kind) const {
  const auto first = programs_.lower_bound({kind, "", ""});
  return first != programs_.end() && first->first.kind == kind;
}

SharedProgram StoredPrograms::find(const ProgramKey& key) const {
  const auto found = programs_.find(key);
  return found == programs_.end() ? nullptr : found->second;
}

SharedProgram StoredPrograms::find(ProgramKind kind, std::string_view schema, std::string_view name) const {
  return find(key_of(kind, schema, name));
}

std::vector<SharedProgram> StoredPrograms::triggers(ProgramKind event, std::string_view schema,
                                                    std::string_view table) const {
  std::vector<SharedProgram> out;
  const std::string in = folded(schema);
  const std::string of = folded(table);
  for (auto i = programs_.lower_bound({event, in, ""});
       i != programs_.end() && i->first.kind == event && i->first.schema == in; ++i) {
    if (i->second->table == of) out.push_back(i->second);
  }
  return out;
}

const std::string* StoredPrograms::view(std::string_view schema, std::string_view name) const {
  const auto found = views_.find({folded(schema), folded(name)});
  return found == views_.end() ? nullptr : &found->second;
}

bool StoredPrograms::observe(const sql::Statement& statement, const std::string& database,
                             const std::string& sql_mode) {
  if (statement.cls != sql::StatementClass::schema && statement.cls != sql::StatementClass::destructive)
    return false;
  const auto place = [&](const sql::TableName& name) {
    return TableKey{name.schema.empty() ? database : name.schema, name.table};
  };
  bool changed = false;
  switch (statement.verb) {
    case Verb::create_trigger:
    case Verb::create_routine:
    case Verb::create_event:
    case Verb::create_view:
    case Verb::alter_view:
      return create(statement, database, sql_mode);
    case Verb::alter_event:
      return alter_event(statement, database, sql_mode);
    case Verb::drop_trigger:
    case Verb::drop_routine:
    case Verb::drop_event:
      return drop(statement, database);
    case Verb::drop_view:
      for (const auto& name : statement.writes) {
        const auto [schema, view] = place(name);
        changed = views_.erase({folded(schema), folded(view)}) > 0 || changed;
      }
      return changed;
    case Verb::drop_table:
      for (const auto& name : statement.writes) {
        const auto [schema, table] = place(name);
        changed = drop_table(folded(schema), folded(table)) || changed;
      }
      return changed;
    case Verb::rename_table:
    case Verb::alter_table:  // old, new
      if (statement.writes.size() < 2 || !renames(statement)) return false;
      for (std::size_t i = 0; i + 1 < statement.writes.size(); i += 2) {
        changed = rename_table(place(statement.writes[i]), place(statement.writes[i + 1])) || changed;
      }
      return changed;
    case Verb::drop_database:
      return !statement.writes.empty() && drop_schema(folded(statement.writes[0].schema));
    default:
      return false;
  }
}

bool StoredPrograms::create(const sql::Statement& statement, const std::string& database,
                            const std::string& sql_mode) {
  const bool qualified = !statement.writes.empty() && !statement.writes[0].schema.empty();
  const std::string& schema = qualified ? statement.writes[0].schema : database;
  if (statement.verb == Verb::create_view || statement.verb == Verb::alter_view) {
    add_view(schema, statement.writes.empty() ? "" : statement.writes[0].table, statement.text);
    return true;
  }
  const std::string_view body = sql::body_of(statement.text, lexer_options_of(sql_mode));
  const Head head = head_of(statement.text);
  ProgramKind kind = ProgramKind::event;
  if (statement.verb == Verb::create_trigger) {
    kind = trigger_kind(statement.text);
  } else if (statement.verb == Verb::create_routine) {
    kind = head.procedure ? ProgramKind::procedure : ProgramKind::function;
  }
  if (body.empty() || (!head.replaces && find(kind, schema, statement.name) != nullptr)) return false;
  add(kind, schema, statement.name, body, sql_mode,
      is_trigger(kind) && !statement.writes.empty() ? statement.writes[0].table : "");
  return true;
}

bool StoredPrograms::alter_event(const sql::Statement& statement, const std::string& database,
                                 const std::string& sql_mode) {
  const bool qualified = !statement.writes.empty() && !statement.writes[0].schema.empty();
  const std::string& schema = qualified ? statement.writes[0].schema : database;
  const SharedProgram known = find(ProgramKind::event, schema, statement.name);
  if (!known) return false;
  const std::string_view body = sql::body_of(statement.text, lexer_options_of(sql_mode));
  const auto renamed = new_name(statement.text);
  if (body.empty() && !renamed) return false;
  const std::string old_body = known->body;
  programs_.erase(known->key);
  const std::string& new_schema = renamed && !renamed->schema.empty() ? renamed->schema : schema;
  add(ProgramKind::event, new_schema, renamed ? renamed->table : statement.name,
      body.empty() ? std::string_view(old_body) : body, sql_mode);
  return true;
}

bool StoredPrograms::drop(const sql::Statement& statement, const std::string& database) {
  const bool qualified = !statement.writes.empty() && !statement.writes[0].schema.empty();
  const std::string& schema = qualified ? statement.writes[0].schema : database;
  std::vector<ProgramKind> kinds{ProgramKind::event};
  if (statement.verb == Verb::drop_trigger) {
    kinds = {ProgramKind::insert_trigger, ProgramKind::update_trigger, ProgramKind::delete_trigger};
  } else if (statement.verb == Verb::drop_routine) {
    kinds = {head_of(statement.text).procedure ? ProgramKind::procedure : ProgramKind::function};
  }
  std::size_t erased = 0;
  for (const ProgramKind kind : kinds) erased += programs_.erase(key_of(kind, schema, statement.name));
  return erased > 0;
}

bool StoredPrograms::drop_table(const std::string& schema, const std::string& table) {
  return std::erase_if(programs_, [&](const auto& one) {
           return is_trigger(one.first.kind) && one.first.schema == schema && one.second->table == table;
         }) > 0;
}

// A table's triggers go with it; they cannot leave their schema.
bool StoredPrograms::rename_table(const TableKey& from, const TableKey& to) {
  const std::string schema = folded(from.first);
  const std::string table = folded(from.second);
  bool changed = false;
  for (auto& [key, program] : programs_) {
    if (!is_trigger(key.kind) || key.schema != schema || program->table != table) continue;
    auto moved = std::make_shared<StoredProgram>();
    moved->key = program->key;
    moved->table = folded(to.second);
    moved->body = program->body;
    moved->lexer = program->lexer;
    moved->statements = logged_statements(moved->body, moved->lexer);
    program = std::move(moved);
    changed = true;
  }
  const auto view = views_.find({schema, table});
  if (view != views_.end()) {
    views_[{folded(to.first), folded(to.second)}] = view->second;
    views_.erase(view);
  }
  return changed;
}

bool StoredPrograms::drop_schema(const std::string& schema) {
  std::erase_if(views_, [&](const auto& one) { return one.first.first == schema; });
  return std::erase_if(programs_, [&](const auto& one) { return one.first.schema == schema; }) > 0;
}

}  // namespace dw::load
