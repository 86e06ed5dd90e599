#include "loader/retention/archive/narrowing.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <utility>

#include "common/sql/alter_table.h"
#include "common/sql/identifiers.h"
#include "common/sql/tokens.h"
#include "common/util/letter_case.h"

namespace dw::load {
namespace {

using sql::Token;

bool any_of_words(const std::vector<Token>& tokens, std::initializer_list<const char*> words) {
  return std::any_of(tokens.begin(), tokens.end(), [&](const Token& token) {
    return std::any_of(words.begin(), words.end(), [&](const char* word) { return token.is(word); });
  });
}

// The parts of an ALTER TABLE between its top-level commas.
std::vector<std::vector<Token>> clauses_of(const std::vector<Token>& tokens) {
  std::vector<std::vector<Token>> out(1);
  int depth = 0;
  for (const Token& token : tokens) {
    if (token.is("(")) ++depth;
    if (token.is(")")) --depth;
    if (depth == 0 && token.is(",")) {
      out.emplace_back();
    } else {
      out.back().push_back(token);
    }
  }
  return out;
}

struct Type {
  std::string base;
  std::vector<std::string> arguments;
  bool is_unsigned = false;
  bool zerofill = false;
  bool operator==(const Type&) const = default;
};

std::string base_name(const std::string& word) {
  static constexpr std::array<std::pair<const char*, const char*>, 9> kAliases{{{"integer", "int"},
                                                                                {"int4", "int"},
                                                                                {"int8", "bigint"},
                                                                                {"int2", "smallint"},
                                                                                {"int1", "tinyint"},
                                                                                {"numeric", "decimal"},
                                                                                {"dec", "decimal"},
                                                                                {"fixed", "decimal"},
                                                                                {"character", "char"}}};
  for (const auto& [alias, name] : kAliases) {
    if (word == alias) return name;
  }
  return word;
}

// The type at tokens[at]; `at` is behind it then.
std::optional<Type> type_at(const std::vector<Token>& tokens, std::size_t& at) {
  if (at >= tokens.size() || tokens[at].kind != sql::TokenKind::word) return std::nullopt;
  Type out;
  out.base = base_name(lower(tokens[at++].text));
  if (at < tokens.size() && (tokens[at].is("VARYING") || tokens[at].is("PRECISION"))) return std::nullopt;
  if (at < tokens.size() && tokens[at].is("(")) {
    for (++at; at < tokens.size() && !tokens[at].is(")"); ++at) {
      if (!tokens[at].is(",")) out.arguments.push_back(sql::unquote(tokens[at].text));
    }
    ++at;
  }
  for (; at < tokens.size(); ++at) {
    if (tokens[at].is("UNSIGNED")) {
      out.is_unsigned = true;
    } else if (tokens[at].is("ZEROFILL")) {
      out.zerofill = out.is_unsigned = true;
    } else if (!tokens[at].is("SIGNED")) {
      break;
    }
  }
  return out;
}

int rank_in(const std::string& base, std::initializer_list<const char*> names) {
  int rank = 0;
  for (const char* name : names) {
    if (base == name) return rank;
    ++rank;
  }
  return -1;
}

std::uint64_t argument(const Type& type, std::size_t i, std::uint64_t otherwise) {
  if (i >= type.arguments.size()) return otherwise;
  const std::string& text = type.arguments[i];
  const bool number = !text.empty() && text.size() < 10 &&
                      std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c); });
  return number ? std::stoull(text) : otherwise;
}

bool holds_all_of(const Type& wide, const Type& narrow) {
  if (wide.is_unsigned != narrow.is_unsigned || wide.zerofill != narrow.zerofill) return false;
  const auto integers = {"tinyint", "smallint", "mediumint", "int", "bigint"};
  const int integer = rank_in(narrow.base, integers);
  if (integer >= 0) return !wide.zerofill && rank_in(wide.base, integers) >= integer;
  for (const auto& texts :
       {std::initializer_list<const char*>{"tinytext", "text", "mediumtext", "longtext"},
        std::initializer_list<const char*>{"tinyblob", "blob", "mediumblob", "longblob"}}) {
    const int rank = rank_in(narrow.base, texts);
    if (rank >= 0)
      return wide.arguments.empty() && narrow.arguments.empty() && rank_in(wide.base, texts) >= rank;
  }
  if (wide.base != narrow.base) return false;
  if (wide == narrow) return true;
  if (wide.base == "varchar" || wide.base == "char" || wide.base == "varbinary" || wide.base == "bit")
    return argument(wide, 0, 1) >= argument(narrow, 0, 1);
  if (wide.base == "datetime" || wide.base == "timestamp" || wide.base == "time")
    return argument(wide, 0, 0) >= argument(narrow, 0, 0);
  if (wide.base == "decimal") {
    const std::uint64_t scale = argument(wide, 1, 0);
    const std::uint64_t old_scale = argument(narrow, 1, 0);
    return scale >= old_scale && argument(wide, 0, 10) - scale >= argument(narrow, 0, 10) - old_scale;
  }
  if (wide.base == "enum" || wide.base == "set") {
    return wide.arguments.size() >= narrow.arguments.size() &&
           std::equal(narrow.arguments.begin(), narrow.arguments.end(), wide.arguments.begin());
  }
  return false;
}

bool is_text(const std::string& base) {
  return base.ends_with("char") || base.ends_with("text") || base == "enum" || base == "set";
}

// MODIFY [COLUMN] [IF EXISTS] c type …, CHANGE [COLUMN] [IF EXISTS] c d type …
bool clause_widens(const std::vector<Token>& clause, std::size_t verb, const TableShape& shape) {
  std::size_t at = verb + 1;
  if (at < clause.size() && clause[at].is("COLUMN")) ++at;
  if (at + 1 < clause.size() && clause[at].is("IF") && clause[at + 1].is("EXISTS")) at += 2;
  if (at >= clause.size()) return false;
  const std::string name = lower(sql::unquote(clause[at].text));
  const auto column = std::find_if(shape.columns.begin(), shape.columns.end(),
                                   [&](const ShapeColumn& one) { return lower(one.name) == name; });
  if (column == shape.columns.end()) return false;
  at += clause[verb].is("CHANGE") ? 2 : 1;
  const auto wide = type_at(clause, at);
  const std::vector<Token> old = sql::tokens_of(column->type);
  std::size_t start = 0;
  const auto narrow = type_at(old, start);
  if (!wide || !narrow || start < old.size() || !holds_all_of(*wide, *narrow)) return false;
  // What stands behind the type: a column without a character set of its own gets the table's.
  if (is_text(narrow->base) && column->charset != shape.charset) return false;
  const std::vector<Token> rest(clause.begin() + static_cast<std::ptrdiff_t>(at), clause.end());
  if (any_of_words(rest, {"CHARACTER", "CHARSET", "COLLATE", "ASCII", "UNICODE", "BINARY", "BYTE", "AS",
                          "GENERATED", "CHECK", "WITHOUT", "ROW", "SERIAL"}))
    return false;
  for (std::size_t i = 0; i + 1 < rest.size(); ++i) {
    if (rest[i].is("NOT") && rest[i + 1].is("NULL") && column->nullable) return false;
    if (rest[i].is("PRIMARY") && column->nullable) return false;
  }
  return true;
}

}  // namespace

std::string loss_of_alter(const sql::Statement& statement) {
  const std::string dropped = sql::what_it_drops(statement);
  if (dropped == "DISCARD TABLESPACE" || dropped == "ENGINE=BLACKHOLE" || dropped.starts_with("CREATE"))
    return "drop table";
  if (!dropped.empty()) return lower(dropped);
  if (statement.verb != sql::Verb::alter_table) return "";
  const std::vector<Token> tokens = sql::tokens_of(statement.text);
  for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
    const bool conversion = tokens[i].is("CONVERT");
    if (conversion && tokens[i + 1].is("PARTITION")) return "exchange partition";
    if (conversion && tokens[i + 1].is("TO")) return "modify column";
  }
  return any_of_words(tokens, {"MODIFY", "CHANGE", "IGNORE"}) ? "modify column" : "";
}

bool only_widens(const sql::Statement& alter, const TableShape& shape) {
  const std::vector<Token> tokens = sql::tokens_of(alter.text);
  if (tokens.empty() || tokens.back().kind == sql::TokenKind::unterminated) return false;
  for (const Token& token : tokens) {
    if (token.has_backslash) return false;  // where it ends depends on sql_mode
  }
  if (any_of_words(tokens, {"IGNORE", "CONVERT"})) return false;
  for (const std::vector<Token>& clause : clauses_of(tokens)) {
    // The first clause stands behind ALTER TABLE and the name.
    const auto verb = std::find_if(clause.begin(), clause.end(), [&](const Token& token) {
      return (&token == clause.data() || clause[0].is("ALTER")) && (token.is("MODIFY") || token.is("CHANGE"));
    });
    if (verb == clause.end()) continue;
    if (!clause_widens(clause, static_cast<std::size_t>(verb - clause.begin()), shape)) return false;
  }
  return true;
}

std::vector<std::string> partitions_of(const sql::Statement& alter) {
  const std::vector<Token> tokens = sql::tokens_of(alter.text);
  std::vector<std::string> out;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (!tokens[i].is("PARTITION")) continue;
    if (i + 2 < tokens.size() && tokens[i + 1].is("IF")) i += 2;  // IF EXISTS
    for (++i; i < tokens.size(); i += 2) {
      if (tokens[i].is("ALL")) return {};
      const bool name =
          tokens[i].kind == sql::TokenKind::word || tokens[i].kind == sql::TokenKind::quoted_identifier;
      if (!name) return {};
      out.push_back(sql::unquote(tokens[i].text));
      if (i + 1 >= tokens.size() || !tokens[i + 1].is(",")) break;
    }
    return out;
  }
  return out;
}

}  // namespace dw::load
