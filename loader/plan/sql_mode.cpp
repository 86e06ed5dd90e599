#include "loader/plan/sql_mode.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

#include "common/sql/identifiers.h"
#include "common/sql/lexer.h"
#include "common/util/letter_case.h"

namespace dw::load {
namespace {

using sql::TokenKind;
using Value = std::optional<std::string>;

constexpr int kDeepest = 64;

// The bits that decide how a text is read or what an INSERT does; the same on both servers (MySQL manual,
// "Server SQL Modes"; MariaDB's sql_class.h).
std::string modes_of(unsigned long long bits) {
  struct Mode {
    unsigned bit;
    const char* name;
  };
  static constexpr std::array kModes{Mode{1, "PIPES_AS_CONCAT"},
                                     Mode{2, "ANSI_QUOTES"},
                                     Mode{3, "IGNORE_SPACE"},
                                     Mode{5, "ONLY_FULL_GROUP_BY"},
                                     Mode{6, "NO_UNSIGNED_SUBTRACTION"},
                                     Mode{19, "NO_AUTO_VALUE_ON_ZERO"},
                                     Mode{20, "NO_BACKSLASH_ESCAPES"},
                                     Mode{21, "STRICT_TRANS_TABLES"},
                                     Mode{22, "STRICT_ALL_TABLES"}};
  std::string out;
  for (const Mode& mode : kModes) {
    if ((bits >> mode.bit & 1U) != 0) out += (out.empty() ? "" : ",") + std::string(mode.name);
  }
  return out;
}

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> out;
  std::size_t begin = 0;
  while (begin <= list.size()) {
    const std::size_t end = std::min(list.find(',', begin), list.size());
    if (end > begin) out.push_back(list.substr(begin, end - begin));
    begin = end + 1;
  }
  return out;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  if (from.empty()) return text;
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

std::string list_changed(const std::string& list, const std::string& item, bool add) {
  std::vector<std::string> items = split(list);
  std::erase(items, item);
  if (add) items.push_back(item);
  std::string out;
  for (const std::string& one : items) out += (out.empty() ? "" : ",") + one;
  return out;
}

class Evaluator {
 public:
  Evaluator(std::string_view text, const ModeScope& scope) : lexer_(text), scope_(scope) { advance(); }

  Value whole() {
    Value out = value(0);
    return token_.kind == TokenKind::end ? out : std::nullopt;
  }

 private:
  void advance() {
    do {
      token_ = lexer_.next();
    } while (token_.kind == TokenKind::version_comment || token_.kind == TokenKind::version_comment_end);
  }

  Value take(Value out) {
    advance();
    return out;
  }

  Value value(int depth) {
    if (depth > kDeepest) return std::nullopt;
    switch (token_.kind) {
      case TokenKind::string:
        return take(upper(sql::unquote(token_.text)));
      case TokenKind::number:
        return number();
      case TokenKind::user_variable:
        return user_variable();
      case TokenKind::system_variable:
        return system_variable();
      case TokenKind::punctuation:
        return token_.is("(") ? parentheses(depth) : std::nullopt;
      case TokenKind::word:
        return word(depth);
      default:
        return std::nullopt;
    }
  }

  Value number() {
    const std::string digits(token_.text);
    if (digits.find_first_not_of("0123456789") != std::string::npos || digits.size() > 18)
      return std::nullopt;
    return take(modes_of(std::stoull(digits)));
  }

  Value user_variable() {
    std::string name = sql::unquote(token_.text.substr(1));
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    const auto found = scope_.variables.find(name);
    return take(found == scope_.variables.end() ? std::nullopt : Value(found->second));
  }

  Value system_variable() {
    const std::string name = upper(std::string(token_.text.substr(2)));
    if (name == "SQL_MODE" || name == "SESSION.SQL_MODE" || name == "LOCAL.SQL_MODE")
      return take(scope_.session);
    return take(name == "GLOBAL.SQL_MODE" ? Value(scope_.global) : std::nullopt);
  }

  Value parentheses(int depth) {
    advance();
    const Value out = value(depth + 1);
    if (!token_.is(")")) return std::nullopt;
    return take(out);
  }

  // A function's call, or a mode's name without quotes.
  Value word(int depth) {
    std::string name = upper(std::string(token_.text));
    advance();
    if (token_.is(".")) {
      advance();
      name += "." + upper(std::string(token_.text));
      advance();
    }
    if (!token_.is("(")) return name == "DEFAULT" ? Value(scope_.global) : Value(name);
    std::vector<std::string> arguments;
    do {
      advance();
      const Value argument = value(depth + 1);
      if (!argument) return std::nullopt;
      arguments.push_back(*argument);
    } while (token_.is(","));
    if (!token_.is(")")) return std::nullopt;
    return take(call(name, arguments));
  }

  static Value call(const std::string& name, const std::vector<std::string>& arguments) {
    if (name == "CONCAT") {
      std::string out;
      for (const std::string& one : arguments) out += one;
      return out;
    }
    if (name == "CONCAT_WS" && !arguments.empty()) {
      std::string out;
      for (std::size_t i = 1; i < arguments.size(); ++i) out += (i > 1 ? arguments[0] : "") + arguments[i];
      return out;
    }
    if ((name == "UPPER" || name == "LOWER") && arguments.size() == 1) return arguments[0];
    if (name == "REPLACE" && arguments.size() == 3) return replaced(arguments[0], arguments[1], arguments[2]);
    if (name == "SYS.LIST_ADD" && arguments.size() == 2)
      return list_changed(arguments[0], arguments[1], true);
    if (name == "SYS.LIST_DROP" && arguments.size() == 2)
      return list_changed(arguments[0], arguments[1], false);
    return std::nullopt;
  }

  sql::Lexer lexer_;
  sql::Token token_;
  const ModeScope& scope_;
};

}  // namespace

std::optional<std::string> evaluate_sql_mode(std::string_view expression, const ModeScope& scope) {
  return Evaluator(expression, scope).whole();
}

}  // namespace dw::load
