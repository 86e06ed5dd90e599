#include "common/sql/alter_table.h"

#include <array>
#include <vector>

#include "common/sql/tokens.h"

namespace dw::sql {
namespace {

// What may stand behind DROP in an ALTER TABLE and holds no data of its own. PERIOD and SYSTEM can be
// columns' names.
bool holds_no_data(const Token& token, const Token& behind) {
  static constexpr std::array kAlterWords{"INDEX",      "KEY",   "PRIMARY", "FOREIGN",
                                          "CONSTRAINT", "CHECK", "DEFAULT"};
  for (const char* word : kAlterWords) {
    if (token.is(word)) return true;
  }
  return (token.is("PERIOD") && behind.is("FOR")) || (token.is("SYSTEM") && behind.is("VERSIONING"));
}

std::string alter_drops(const std::vector<Token>& tokens) {
  int depth = 0;
  for (std::size_t i = 1; i + 1 < tokens.size(); ++i) {
    const Token& token = tokens[i];
    const Token& next = tokens[i + 1];
    if (token.is("(")) ++depth;
    if (token.is(")")) --depth;
    if (depth != 0 || token.kind != TokenKind::word) continue;
    if (token.is("DROP") && next.is("PARTITION")) return "DROP PARTITION";
    if (token.is("TRUNCATE") && next.is("PARTITION")) return "TRUNCATE PARTITION";
    if (token.is("EXCHANGE") && next.is("PARTITION")) return "EXCHANGE PARTITION";
    if (token.is("DISCARD") && (next.is("TABLESPACE") || next.is("PARTITION"))) return "DISCARD TABLESPACE";
    if (token.is("BLACKHOLE")) return "ENGINE=BLACKHOLE";
    const bool behind_column = tokens[i - 1].is("ALTER") || tokens[i - 1].is(".");
    // ALTER [COLUMN] c DROP DEFAULT has DEFAULT behind; a column called `drop` must be quoted.
    const Token last;
    if (token.is("DROP") && !behind_column &&
        !holds_no_data(next, i + 2 < tokens.size() ? tokens[i + 2] : last)) {
      return "DROP COLUMN";
    }
  }
  return tokens.size() > 1 && tokens.back().is("BLACKHOLE") ? "ENGINE=BLACKHOLE" : "";
}

}  // namespace

std::string what_it_drops(const Statement& statement) {
  if (statement.verb == Verb::create_table) {
    const std::vector<Token> tokens = tokens_of(statement.text, {});
    return tokens.size() > 2 && tokens[1].is("OR") && tokens[2].is("REPLACE") ? "CREATE OR REPLACE TABLE"
                                                                              : "";
  }
  // Where a quoted text ends depends on sql_mode: whoever reads a loss, it is one.
  std::string loss = alter_drops(tokens_of(statement.text, {}));
  LexerOptions no_escapes;
  no_escapes.no_backslash_escapes = true;
  return loss.empty() ? alter_drops(tokens_of(statement.text, no_escapes)) : loss;
}

}  // namespace dw::sql
