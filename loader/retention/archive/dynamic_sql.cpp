#include "loader/retention/archive/dynamic_sql.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

#include "common/sql/identifiers.h"
#include "common/sql/tokens.h"
#include "common/util/letter_case.h"

namespace dw::load {
namespace {

using sql::Token;
using sql::TokenKind;
using Tokens = std::vector<Token>;

// How a text begins that is not known to its end: `first second …`, or any second word.
struct Beginning {
  std::string_view first;
  std::string_view second;
  bool may_take;
  bool may_update;
};

// Those with a second word come first.
constexpr std::array kBeginnings{
    Beginning{"drop", "temporary", false, false},
    Beginning{"drop", "view", false, false},
    Beginning{"drop", "index", false, false},
    Beginning{"drop", "", true, false},
    Beginning{"create", "temporary", false, false},
    Beginning{"create", "table", false, false},
    Beginning{"create", "index", false, false},
    Beginning{"create", "unique", false, false},
    Beginning{"create", "view", false, false},
    Beginning{"select", "", false, false},
    Beginning{"delete", "", false, false},
    Beginning{"replace", "", false, false},
    Beginning{"set", "", false, false},
    Beginning{"show", "", false, false},
    Beginning{"explain", "", false, false},
    Beginning{"analyze", "", false, false},
    Beginning{"optimize", "", false, false},
    Beginning{"checksum", "", false, false},
    Beginning{"insert", "", false, true},
    Beginning{"update", "", false, true},
    Beginning{"truncate", "", true, false},
    Beginning{"rename", "", true, false},
    Beginning{"alter", "", true, false},
};

// The entry for a text that begins so; null: nothing is known of it. Its words must be followed by a space:
// more of them may come.
const Beginning* beginning_of(std::string_view literal) {
  std::array<std::string, 2> words;
  std::size_t at = 0;
  for (const char c : literal) {
    const bool space = std::isspace(static_cast<unsigned char>(c)) != 0;
    if (space && words.at(at).empty()) continue;
    if (space && ++at == words.size()) break;
    if (!space) words.at(at) += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  if (at < words.size()) words.at(at).clear();
  const auto known = std::find_if(kBeginnings.begin(), kBeginnings.end(), [&](const Beginning& one) {
    return words[0] == one.first && (one.second.empty() || words[1] == one.second);
  });
  return known == kBeginnings.end() ? nullptr : &*known;
}

bool is_name(const Token& token) {
  return token.kind == TokenKind::word || token.kind == TokenKind::quoted_identifier ||
         token.kind == TokenKind::user_variable;
}

class Reader {
 public:
  Reader(std::string_view body, sql::LexerOptions options)
      : options_(options), tokens_(sql::tokens_of(body, options)) {}

  DynamicSql read() {
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      if (is(i, "PREPARE") && is(i + 2, "FROM")) source(i + 3);
      if (is(i, "EXECUTE") && is(i + 1, "IMMEDIATE")) source(i + 2);
    }
    return std::move(out_);
  }

 private:
  [[nodiscard]] bool is(std::size_t i, std::string_view upper) const {
    return i < tokens_.size() && tokens_[i].is(upper);
  }

  [[nodiscard]] std::string value(const Token& token) const {
    return sql::unquote(token.text,
                        options_.no_backslash_escapes ? sql::Backslash::ordinary : sql::Backslash::escape);
  }

  // The expression that begins here, without what follows it in its statement.
  [[nodiscard]] Tokens expression(std::size_t i) const {
    Tokens out;
    int depth = 0;
    for (; i < tokens_.size() && !is(i, ";") && !is(i, "USING"); ++i) {
      if (is(i, ")") && depth-- == 0) break;
      if (is(i, "(")) ++depth;
      if (is(i, ",") && depth == 0) break;
      out.push_back(tokens_[i]);
    }
    return out;
  }

  void source(std::size_t i) {
    const Tokens text = expression(i);
    if (text.size() == 1 && is_name(text[0])) return variable(lower(text[0].text));
    judge(text, "");
  }

  // Whatever is assigned to it anywhere.
  void variable(const std::string& name) {
    bool assigned = false;
    for (std::size_t i = 0; i + 1 < tokens_.size(); ++i) {
      if (!is_name(tokens_[i]) || lower(tokens_[i].text) != name) continue;
      if (is(i + 1, ":=") || (is(i + 1, "=") && is_assignment(i))) {
        judge(expression(i + 2), name);
        assigned = true;
      } else if (i > 0 && is_target(i)) {
        return unknown();
      }
    }
    if (!assigned) unknown();
  }

  // SET a = …, b = …: not a comparison.
  [[nodiscard]] bool is_assignment(std::size_t i) const {
    int depth = 0;
    while (i-- > 0 && !is(i, ";")) {
      if (is(i, ")")) ++depth;
      if (is(i, "(") && depth-- == 0) return false;
      if (is(i, "SET") && depth == 0) return true;
      if (is(i, "WHERE") || is(i, "SELECT") || is(i, "IF") || is(i, "WHEN")) return false;
    }
    return false;
  }

  // Of SELECT … INTO, FETCH … INTO, a parameter, or a call's.
  [[nodiscard]] bool is_target(std::size_t i) const {
    while (i-- > 0 && !is(i, ";")) {
      if (is(i, "INTO") || is(i, "CALL")) return true;
    }
    return false;
  }

  // `self`: the variable that it is assigned to: what is put behind its own value begins as before.
  void judge(const Tokens& text, const std::string& self) {
    if (text.size() == 1 && text[0].kind == TokenKind::string) {
      out_.texts.push_back(value(text[0]));
      return;
    }
    if (text.size() == 1 && text[0].is("NULL")) return;
    std::size_t first = 0;
    if (text.size() > 2 && text[0].is("CONCAT") && text[1].is("(")) first = 2;
    const bool appended =
        first < text.size() && is_name(text[first]) && !self.empty() && lower(text[first].text) == self;
    if (appended) return continued();
    if (first >= text.size() || text[first].kind != TokenKind::string) return unknown();
    begins_with(value(text[first]));
  }

  void begins_with(std::string_view literal) {
    const Beginning* known = beginning_of(literal);
    out_.may_take = out_.may_take || known == nullptr || known->may_take;
    out_.may_update = out_.may_update || known == nullptr || known->may_update;
  }

  // Texts that were known in full are so no more.
  void continued() {
    for (const std::string& one : out_.texts) begins_with(one + " ");
    if (out_.texts.empty()) unknown();
  }

  void unknown() { out_.may_take = out_.may_update = true; }

  sql::LexerOptions options_;
  Tokens tokens_;
  DynamicSql out_;
};

}  // namespace

DynamicSql dynamic_sql(std::string_view body, sql::LexerOptions options) {
  return Reader(body, options).read();
}

std::set<std::string> words_of_literals(std::string_view text, sql::LexerOptions options) {
  std::set<std::string> out;
  for (const Token& token : sql::tokens_of(text, options)) {
    if (token.kind != TokenKind::string) continue;
    std::string word;
    for (const char c : lower(sql::unquote(token.text)) + " ") {
      const bool part = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$' ||
                        static_cast<unsigned char>(c) >= 0x80;
      if (part) {
        word += c;
      } else if (!word.empty()) {
        out.insert(std::move(word));
        word.clear();
      }
    }
  }
  return out;
}

}  // namespace dw::load
