#include "loader/plan/program_closure.h"

#include <algorithm>

#include "common/sql/identifiers.h"

namespace dw::load {
namespace {

using sql::Verb;

constexpr int kMostViews = 16;  // nested; no server goes deeper for long

// What of a statement's text decides which triggers it fires.
struct Shape {
  std::optional<std::uint32_t> rows;  // that an INSERT … VALUES or INSERT … SET surely has
  bool duplicate = false;             // ON DUPLICATE KEY UPDATE
  bool replace = false;
};

// The text may be long: token by token. Where some rows may be left out, be there already or come from a
// query, their number is not known.
Shape shape_of(std::string_view text, sql::LexerOptions options) {
  Shape shape;
  std::size_t depth = 0;
  std::uint32_t rows = 0;
  bool values = false;
  bool certain = true;
  sql::Lexer lexer(text, options);
  for (sql::Token token = lexer.next(); token.kind != sql::TokenKind::end; token = lexer.next()) {
    if (token.is(")") && depth > 0) --depth;
    if (depth == 0 && token.kind == sql::TokenKind::word) {
      shape.duplicate = shape.duplicate || token.is("DUPLICATE");
      shape.replace = shape.replace || token.is("REPLACE");
      certain = certain && !token.is("IGNORE") && !token.is("SELECT") && !token.is("ON") &&
                !token.is("WITH") && !token.is("TABLE");
      if (token.is("SET") && !values) rows = 1;
      if (token.is("VALUES") || token.is("VALUE")) values = true;
    }
    if (!token.is("(")) continue;
    if (depth == 0 && values) ++rows;
    ++depth;
  }
  if (certain && rows > 0) shape.rows = rows;
  return shape;
}

// Which triggers a statement of this kind fires (MySQL manual 27.3.1).
std::vector<ProgramKind> fired_by(sql::Verb verb, const Shape& shape) {
  using enum ProgramKind;
  switch (verb) {
    case Verb::insert:
      if (shape.duplicate) return {insert_trigger, update_trigger};
      return {insert_trigger};
    case Verb::replace:
      return {insert_trigger, delete_trigger};
    case Verb::load_data:
    case Verb::load_xml:
      if (shape.replace) return {insert_trigger, delete_trigger};
      return {insert_trigger};
    case Verb::update:
      return {update_trigger};
    case Verb::delete_:
      return {delete_trigger};
    default:
      return {};
  }
}

// Puts programs one behind another, and those that they reach in turn.
class ClosureBuilder {
 public:
  ClosureBuilder(const StoredPrograms& programs, const ProgramReach& reach)
      : programs_(programs), reach_(reach) {}

  // `from`: the slot whose statement runs it; nullopt: the first statement.
  void add(const InnerRoot& root, std::optional<std::size_t> from) {
    const SharedProgram program = programs_.find(root.key);
    if (!program) return;
    const auto [place, is_new] = first_slot_.try_emplace(root.key, closure_.slots.size());
    const std::size_t first = place->second;
    if (is_new) append(program, first);
    for (std::size_t i = first; i < first + program->statements.size(); ++i) {
      Slot& slot = closure_.slots[i];
      if (root.times) {
        slot.sources.push_back({from, *root.times});
      } else {
        slot.counted = false;
      }
    }
    if (is_new) descend(*program, first);
  }

  Closure take() { return std::move(closure_); }

 private:
  void append(const SharedProgram& program, std::size_t first) {
    if (program->key.kind == ProgramKind::procedure) closure_.calls_procedure = true;
    for (const auto& statement : program->statements) {
      Slot slot{program, statement.get(), statement->straight, {}, std::nullopt};
      if (statement->after) slot.after = first + *statement->after;
      closure_.slots.push_back(std::move(slot));
    }
  }

  void descend(const StoredProgram& program, std::size_t first) {
    for (std::size_t i = 0; i < program.statements.size(); ++i) {
      const sql::Statement& statement = program.statements[i]->statement;
      for (const InnerRoot& root : reach_.roots(statement, program.key.schema, program.lexer)) {
        add(root, first + i);
      }
    }
    // Conditions, RETURN, DECLARE … DEFAULT: nothing of theirs is logged but what their functions run.
    sql::Statement whole;
    whole.text = program.body;
    for (const InnerRoot& root : reach_.roots(whole, program.key.schema, program.lexer))
      add(root, std::nullopt);
  }

  const StoredPrograms& programs_;
  const ProgramReach& reach_;
  Closure closure_;
  std::map<ProgramKey, std::size_t> first_slot_;
};

}  // namespace

std::vector<InnerRoot> ProgramReach::roots(const sql::Statement& statement, const std::string& database,
                                           sql::LexerOptions lexer) const {
  std::vector<InnerRoot> out;
  const auto schema_of = [&](const sql::TableName& name) {
    return name.schema.empty() ? database : name.schema;
  };
  for (const sql::TableName& table : statement.writes) {
    add_triggers(out, statement, schema_of(table), table.table, lexer, 0);
  }
  if (programs_.has(ProgramKind::function)) {
    add_functions(out, statement.text, database, lexer);
    for (const sql::TableName& table : statement.reads) {
      add_functions_of_view(out, schema_of(table), table.table, 0);
    }
  }
  if (statement.verb == Verb::call && calls_logged_) {
    const std::string& schema = statement.writes.empty() || statement.writes[0].schema.empty()
                                    ? database
                                    : statement.writes[0].schema;
    if (const auto program = programs_.find(ProgramKind::procedure, schema, statement.name))
      out.push_back({program->key, 1});
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end(),
                        [](const InnerRoot& a, const InnerRoot& b) { return a.key == b.key; }),
            out.end());
  return out;
}

void ProgramReach::add_triggers(std::vector<InnerRoot>& out, const sql::Statement& statement,
                                const std::string& schema, const std::string& table, sql::LexerOptions lexer,
                                int depth) const {
  if (const std::string* view = programs_.view(schema, table); view != nullptr && depth < kMostViews) {
    for (const sql::TableName& base : sql::classify(*view).reads) {
      add_triggers(out, statement, base.schema.empty() ? schema : base.schema, base.table, lexer, depth + 1);
    }
    add_functions_of_view(out, schema, table, depth + 1);
    return;
  }
  bool has_any = false;
  for (const ProgramKind kind :
       {ProgramKind::insert_trigger, ProgramKind::update_trigger, ProgramKind::delete_trigger}) {
    has_any = has_any || !programs_.triggers(kind, schema, table).empty();
  }
  if (!has_any) return;
  const Shape shape = shape_of(statement.text, lexer);
  std::optional<std::uint32_t> rows;
  if (statement.verb == Verb::insert) rows = shape.rows;
  for (const ProgramKind kind : fired_by(statement.verb, shape)) {
    for (const SharedProgram& trigger : programs_.triggers(kind, schema, table)) {
      out.push_back({trigger->key, rows});
    }
  }
}

void ProgramReach::add_functions(std::vector<InnerRoot>& out, std::string_view text,
                                 const std::string& database, sql::LexerOptions lexer) const {
  const auto is_name = [](const sql::Token& token) {
    return token.kind == sql::TokenKind::word || token.kind == sql::TokenKind::quoted_identifier;
  };
  sql::Token last[3];  // the three before the one at hand: schema, dot, name
  sql::Lexer reader(text, lexer);
  for (sql::Token token = reader.next(); token.kind != sql::TokenKind::end; token = reader.next()) {
    if (token.is("(") && is_name(last[2])) {
      const bool qualified = last[1].is(".") && is_name(last[0]);
      if (const auto function =
              programs_.find(ProgramKind::function, qualified ? sql::unquote(last[0].text) : database,
                             sql::unquote(last[2].text)))
        out.push_back({function->key, std::nullopt});
    }
    last[0] = last[1];
    last[1] = last[2];
    last[2] = token;
  }
}

void ProgramReach::add_functions_of_view(std::vector<InnerRoot>& out, const std::string& schema,
                                         const std::string& name, int depth) const {
  const std::string* view = programs_.view(schema, name);
  if (view == nullptr || depth >= kMostViews) return;
  add_functions(out, *view, schema, {});
  for (const sql::TableName& base : sql::classify(*view).reads) {
    add_functions_of_view(out, base.schema.empty() ? schema : base.schema, base.table, depth + 1);
  }
}

Closure ProgramReach::closure(const std::vector<InnerRoot>& roots) const {
  ClosureBuilder builder(programs_, *this);
  for (const InnerRoot& root : roots) builder.add(root, std::nullopt);
  return builder.take();
}

}  // namespace dw::load
