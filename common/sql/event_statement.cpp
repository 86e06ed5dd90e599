#include "common/sql/event_statement.h"

#include <algorithm>
#include <vector>

#include "common/sql/lexer.h"

namespace dw::sql {
namespace {

struct PlacedToken {
  Token token;
  std::size_t comment = 0;  // which version comment it is in, counted from 1; 0: none
  std::size_t depth = 0;    // of parentheses
};

std::vector<PlacedToken> placed_tokens(std::string_view text, LexerOptions options) {
  std::vector<PlacedToken> out;
  Lexer lexer(text, options);
  std::size_t comments = 0;
  std::size_t comment = 0;
  std::size_t depth = 0;
  for (Token token = lexer.next(); token.kind != TokenKind::end; token = lexer.next()) {
    if (token.kind == TokenKind::unterminated) return {};
    if (token.kind == TokenKind::version_comment) {
      comment = ++comments;
    } else if (token.kind == TokenKind::version_comment_end) {
      comment = 0;
    } else {
      if (token.is(")") && depth > 0) --depth;
      out.push_back({token, comment, depth});
      if (token.is("(")) ++depth;
    }
  }
  return out;
}

// Index of the event's name's first token; 0 when the statement is no CREATE or ALTER EVENT.
std::size_t name_position(const std::vector<PlacedToken>& tokens) {
  if (tokens.empty() || (!tokens[0].token.is("CREATE") && !tokens[0].token.is("ALTER"))) return 0;
  for (std::size_t i = 1; i < tokens.size() && i < 16; ++i) {
    const Token& token = tokens[i].token;
    if (token.is("TABLE") || token.is("PROCEDURE") || token.is("FUNCTION") || token.is("TRIGGER") ||
        token.is("VIEW"))
      return 0;
    if (!token.is("EVENT")) continue;
    ++i;
    while (i < tokens.size() &&
           (tokens[i].token.is("IF") || tokens[i].token.is("NOT") || tokens[i].token.is("EXISTS")))
      ++i;
    return i < tokens.size() ? i : 0;
  }
  return 0;
}

std::size_t behind_name(const std::vector<PlacedToken>& tokens, std::size_t i) {
  return i + 1 < tokens.size() && tokens[i + 1].token.is(".") ? i + 3 : i + 1;
}

// How many tokens from i on make up the event's status; 0: none.
std::size_t status_length(const std::vector<PlacedToken>& tokens, std::size_t i) {
  const auto is = [&](std::size_t at, std::string_view word) {
    return at < tokens.size() && tokens[at].token.is(word);
  };
  if (is(i, "ENABLE")) return 1;
  if (!is(i, "DISABLE")) return 0;
  return is(i + 1, "ON") && (is(i + 2, "SLAVE") || is(i + 2, "REPLICA")) ? 3 : 1;
}

}  // namespace

std::optional<std::string> disabled_event(std::string_view statement, LexerOptions options) {
  const std::vector<PlacedToken> tokens = placed_tokens(statement, options);
  const std::size_t name = name_position(tokens);
  if (name == 0) return std::nullopt;
  const auto offset = [&](std::size_t i) {
    return static_cast<std::size_t>(tokens[i].token.text.data() - statement.data());
  };
  const auto end = [&](std::size_t i) { return offset(i) + tokens[i].token.text.size(); };

  std::string out;
  std::size_t copied = 0;
  std::size_t i = behind_name(tokens, name);
  while (i < tokens.size()) {
    const bool clause = tokens[i].depth == 0 && (tokens[i].token.is("DO") || tokens[i].token.is("COMMENT"));
    if (clause) break;
    if (tokens[i].token.is("RENAME")) {
      i = behind_name(tokens, i + 2);  // RENAME TO name: which may be any word
      continue;
    }
    const std::size_t status = tokens[i].depth == 0 ? status_length(tokens, i) : 0;
    if (status == 0) {
      ++i;
      continue;
    }
    out += statement.substr(copied, offset(i) - copied);
    copied = end(i + status - 1);
    i += status;
  }
  const std::size_t last = i < tokens.size() ? i : tokens.size() - 1;
  if (tokens[last].comment != tokens[name].comment) return std::nullopt;
  const std::size_t place = i < tokens.size() ? offset(i) : std::max(end(last), copied);
  out += statement.substr(copied, place - copied);
  out += i < tokens.size() ? "DISABLE " : " DISABLE";
  out += statement.substr(place);
  return out;
}

}  // namespace dw::sql
