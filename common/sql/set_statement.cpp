#include "common/sql/set_statement.h"

#include <algorithm>

#include "common/sql/identifiers.h"
#include "common/util/letter_case.h"

namespace dw::sql {
namespace {

// Takes "global." and the like off the front of a lower-case name.
void take_scope(std::string& name, Assignment::Scope& scope) {
  const auto dot = name.find('.');
  if (dot == std::string::npos) return;
  const std::string prefix = name.substr(0, dot);
  if (prefix != "global" && prefix != "session" && prefix != "local" && prefix != "persist" &&
      prefix != "persist_only") {
    return;
  }
  if (prefix != "session" && prefix != "local") scope = Assignment::Scope::global;
  name.erase(0, dot + 1);
}

class SetParser {
 public:
  SetParser(std::string_view text, LexerOptions options) : text_(text), lexer_(text, options) { advance(); }

  std::optional<std::vector<Assignment>> parse() {
    if (!token_.is("SET")) return std::nullopt;
    advance();
    std::vector<Assignment> out;
    do {
      if (!out.empty()) advance();  // the comma
      Assignment one;
      if (!target(one)) return std::nullopt;
      if (!token_.is("=") && !token_.is(":=")) return std::nullopt;
      advance();
      expression(one);
      if (one.expression.empty()) return std::nullopt;
      out.push_back(std::move(one));
    } while (token_.is(","));
    return token_.kind == TokenKind::end || token_.is(";") ? std::optional(std::move(out)) : std::nullopt;
  }

 private:
  void advance() {
    do {
      token_ = lexer_.next();
    } while (token_.kind == TokenKind::version_comment || token_.kind == TokenKind::version_comment_end);
  }

  bool target(Assignment& one) {
    if (token_.kind == TokenKind::user_variable) {
      one.scope = Assignment::Scope::user_variable;
      one.name = unquote(token_.text.substr(1));
      advance();
      return true;
    }
    if (token_.is("GLOBAL") || token_.is("PERSIST") || token_.is("PERSIST_ONLY")) {
      one.scope = Assignment::Scope::global;
      advance();
    } else if (token_.is("SESSION") || token_.is("LOCAL")) {
      advance();
    }
    if (token_.kind == TokenKind::system_variable) {
      one.name = lower(token_.text.substr(2));
      take_scope(one.name, one.scope);
    } else if (token_.kind == TokenKind::word || token_.kind == TokenKind::quoted_identifier) {
      one.name = lower(unquote(token_.text));
    } else {
      return false;
    }
    advance();
    while (token_.is(".")) {  // key_cache.key_buffer_size, @@session . x
      advance();
      one.name += "." + lower(unquote(token_.text));
      advance();
    }
    take_scope(one.name, one.scope);
    return true;
  }

  void expression(Assignment& one) {
    const char* const begin = token_.text.data();
    const char* end = begin;
    int depth = 0;
    int tokens = 0;
    bool plain = true;
    while (token_.kind != TokenKind::end && token_.kind != TokenKind::unterminated) {
      if (depth == 0 && (token_.is(",") || token_.is(";"))) break;
      if (token_.is("(")) ++depth;
      if (token_.is(")")) --depth;
      ++tokens;
      plain = plain && (token_.kind == TokenKind::string || token_.kind == TokenKind::number ||
                        token_.kind == TokenKind::word);
      end = token_.text.data() + token_.text.size();
      advance();
    }
    one.expression =
        text_.substr(static_cast<std::size_t>(begin - text_.data()), static_cast<std::size_t>(end - begin));
    one.constant = plain && tokens == 1;
  }

  std::string_view text_;
  Lexer lexer_;
  Token token_;
};

}  // namespace

std::optional<std::vector<Assignment>> parse_assignments(std::string_view set_statement,
                                                         LexerOptions options) {
  return SetParser(set_statement, options).parse();
}

std::string constant_value(std::string_view expression) {
  return unquote(expression);
}

}  // namespace dw::sql
