#include "loader/plan/variable_use.h"

#include <algorithm>
#include <cctype>

#include "common/sql/identifiers.h"
#include "common/sql/lexer.h"
#include "common/sql/set_statement.h"

namespace dw::load {
namespace {

using sql::TokenKind;
using sql::Verb;

std::string name_of(const sql::Token& token) {
  std::string out = sql::unquote(token.text.substr(1));
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return std::tolower(c); });
  return out;
}

// Reads every token of a statement that is no SET.
class Reader {
 public:
  Reader(std::string_view text, sql::LexerOptions options) : lexer_(text, options) {}

  void read(VariableUse& use) {
    std::string last;
    for (sql::Token token = lexer_.next(); token.kind != TokenKind::end; token = lexer_.next()) {
      if (token.kind == TokenKind::unterminated) return;
      if (token.kind == TokenKind::user_variable) {
        last = name_of(token);
        use.names.insert(last);
        if (into_) use.assigned.insert(last);
        continue;
      }
      const bool assigns = token.is(":=") && !last.empty();
      assignment_ = assignment_ || assigns;
      if (assigns) use.assigned.insert(last);
      if (!assigns && !into_ && !last.empty()) use.read.insert(last);
      if (!token.is(",")) into_ = token.is("INTO");
      limit_ = limit_ || token.is("LIMIT");
      order_ = order_ || token.is("ORDER");
      last.clear();
    }
    if (!into_ && !last.empty()) use.read.insert(last);
  }

  [[nodiscard]] bool has_assignment() const { return assignment_; }
  [[nodiscard]] bool has_limit_without_order() const { return limit_ && !order_; }

 private:
  sql::Lexer lexer_;
  bool into_ = false;  // in the list behind INTO
  bool assignment_ = false;
  bool limit_ = false;
  bool order_ = false;
};

void read_set(const sql::Statement& statement, sql::LexerOptions options, VariableUse& use) {
  use.names = variable_names(statement.text, options);
  const auto assignments = sql::parse_assignments(statement.text, options);
  if (!assignments) return;
  for (const sql::Assignment& one : *assignments) {
    use.read.merge(variable_names(one.expression, options));
    if (one.scope != sql::Assignment::Scope::user_variable) continue;
    std::string name = one.name;
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    use.assigned.insert(std::move(name));
  }
}

}  // namespace

std::set<std::string> variable_names(std::string_view text, sql::LexerOptions options) {
  std::set<std::string> out;
  if (text.find('@') == std::string_view::npos) return out;
  sql::Lexer lexer(text, options);
  for (sql::Token token = lexer.next(); token.kind != TokenKind::end; token = lexer.next()) {
    if (token.kind == TokenKind::unterminated) break;
    if (token.kind == TokenKind::user_variable) out.insert(name_of(token));
  }
  return out;
}

VariableUse variable_use(const sql::Statement& statement, sql::LexerOptions options) {
  VariableUse use;
  if (statement.text.find('@') == std::string_view::npos) return use;
  if (statement.verb == Verb::set || statement.verb == Verb::set_autocommit) {
    read_set(statement, options, use);
    return use;
  }
  Reader reader(statement.text, options);
  reader.read(use);
  // A procedure's OUT parameters; LOAD DATA's list.
  const bool any = statement.verb == Verb::call || statement.verb == Verb::load_data;
  if (any) use.assigned = use.read = use.names;
  const bool one_row = statement.verb == Verb::insert && (statement.doubts & sql::doubt_row_order) == 0;
  const bool changes = statement.cls == sql::StatementClass::change ||
                       statement.cls == sql::StatementClass::destructive;
  use.row_order = (reader.has_assignment() && changes && !one_row) ||
                  (!use.assigned.empty() && reader.has_limit_without_order());
  return use;
}

}  // namespace dw::load
