#include "common/sql/key_condition.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <limits>

namespace dw::sql {
namespace {

using Tokens = std::span<const Token>;

bool is_any(const Token& token, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return is_keyword(token, word); });
}

// Where one of these stands among the conditions, AND does not join conditions that all must hold.
bool breaks_conjunction(const Token& token) {
  return token.kind == TokenKind::unterminated ||
         is_any(token, {"OR", "XOR", "||", ":=", "CASE", "SELECT", "WITH", "VALUES", "TABLE", "UNION",
                        "EXCEPT", "INTERSECT", ","});
}

// What the conditions say: for each column of the key the values it may have, and bounds of the only one.
struct Said {
  std::vector<std::optional<std::vector<std::string>>> values;
  std::optional<std::int64_t> from;
  std::optional<std::int64_t> to;
};

class Conditions {
 public:
  Conditions(const TableKey& key, const std::vector<std::string>& qualifiers, LexerOptions options)
      : key_(key), qualifiers_(qualifiers), options_(options) {
    said_.values.resize(key.columns.size());
  }

  void read(Tokens all) {
    std::vector<Tokens> conditions;
    std::size_t depth = 0;
    std::size_t begin = 0;
    std::size_t betweens = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (all[i].is("(")) ++depth;
      if (all[i].is(")")) --depth;
      if (depth > 0) continue;
      if (breaks_conjunction(all[i])) return;
      if (is_any(all[i], {"BETWEEN"})) ++betweens;
      if (!is_any(all[i], {"AND", "&&"})) continue;
      if (betweens > 0) {
        --betweens;
        continue;
      }
      conditions.push_back(all.subspan(begin, i - begin));
      begin = i + 1;
    }
    conditions.push_back(all.subspan(begin));
    for (const Tokens one : conditions) condition(one);
  }

  [[nodiscard]] KeySet result() const {
    KeySet out;
    if (std::all_of(said_.values.begin(), said_.values.end(), [](const auto& v) { return v.has_value(); })) {
      std::vector<KeyRow> rows{{}};
      for (const auto& values : said_.values) {
        if (rows.size() * values->size() > kMostKeyRows) return {};
        std::vector<KeyRow> longer;
        for (const KeyRow& row : rows) {
          for (const std::string& value : *values) {
            longer.push_back(row);
            longer.back().push_back(value);
          }
        }
        rows = std::move(longer);
      }
      out.kind = KeySet::Kind::rows;
      out.rows = std::move(rows);
    } else if (said_.from || said_.to) {
      out.kind = KeySet::Kind::range;
      out.from = said_.from;
      out.to = said_.to;
    }
    return out;
  }

 private:
  static bool in_parentheses(Tokens tokens) {
    if (tokens.size() < 2 || !tokens.front().is("(")) return false;
    std::size_t depth = 0;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      if (tokens[i].is("(")) ++depth;
      if (tokens[i].is(")") && --depth == 0) return i + 1 == tokens.size();
    }
    return false;
  }

  void condition(Tokens tokens) {
    if (in_parentheses(tokens)) return read(tokens.subspan(1, tokens.size() - 2));
    std::size_t width = 0;
    const auto column = column_at(tokens, width, key_, qualifiers_);
    if (column && tokens.size() > width) {
      const Token& operation = tokens[width];
      const Tokens right = tokens.subspan(width + 1);
      if (operation.is("IN")) return in_list(*column, right);
      if (operation.is("BETWEEN")) return between(right);
      return compare(*column, operation.text, right);
    }
    // constant = key
    for (std::size_t size = 1; size <= 2 && size + 1 < tokens.size(); ++size) {
      const Tokens right = tokens.subspan(size + 1);
      const auto named = column_at(right, width, key_, qualifiers_);
      if (named && width == right.size() && constant_of(tokens.first(size))) {
        return compare(*named, turned(tokens[size].text), tokens.first(size));
      }
    }
  }

  static std::string_view turned(std::string_view operation) {
    if (operation == "<") return ">";
    if (operation == "<=") return ">=";
    if (operation == ">") return "<";
    return operation == ">=" ? "<=" : operation;
  }

  void compare(std::size_t column, std::string_view operation, Tokens right) {
    const auto constant = constant_of(right);
    if (!constant) return;
    if (operation == "=" || operation == "<=>") {
      auto value = key_value(*constant, key_.columns[column], backslash_of(options_));
      if (value) said_.values[column] = {std::move(*value)};
      return;
    }
    const auto bound = constant->token.kind == TokenKind::number ? integer_value(*constant) : std::nullopt;
    if (!bound || !has_bounds()) return;
    if (operation == ">=") said_.from = *bound;
    if (operation == "<=") said_.to = *bound;
    if (operation == ">" && *bound < std::numeric_limits<std::int64_t>::max()) said_.from = *bound + 1;
    if (operation == "<" && *bound > std::numeric_limits<std::int64_t>::min()) said_.to = *bound - 1;
  }

  [[nodiscard]] bool has_bounds() const {
    return key_.columns.size() == 1 && key_.columns[0].type == KeyType::integer;
  }

  void between(Tokens tokens) {
    const auto middle =
        std::find_if(tokens.begin(), tokens.end(), [](const Token& token) { return token.is("AND"); });
    if (middle == tokens.end() || !has_bounds()) return;
    const auto size = static_cast<std::size_t>(middle - tokens.begin());
    const auto low = constant_of(tokens.first(size));
    const auto high = constant_of(tokens.subspan(size + 1));
    const auto from = low ? integer_value(*low) : std::nullopt;
    const auto to = high ? integer_value(*high) : std::nullopt;
    if (!from || !to) return;
    said_.from = from;
    said_.to = to;
  }

  void in_list(std::size_t column, Tokens list) {
    if (!in_parentheses(list)) return;
    std::vector<std::string> values;
    list = list.subspan(1, list.size() - 2);
    while (!list.empty()) {
      std::size_t size = 0;
      while (size < list.size() && !list[size].is(",")) ++size;
      const auto constant = constant_of(list.first(size));
      auto value =
          constant ? key_value(*constant, key_.columns[column], backslash_of(options_)) : std::nullopt;
      if (!value) return;
      values.push_back(std::move(*value));
      list = list.subspan(std::min(size + 1, list.size()));
    }
    if (!values.empty()) said_.values[column] = std::move(values);
  }

  const TableKey& key_;
  const std::vector<std::string>& qualifiers_;
  LexerOptions options_;
  Said said_;
};

}  // namespace

bool is_name_token(const Token& token) {
  return token.kind == TokenKind::word || token.kind == TokenKind::quoted_identifier;
}

bool is_keyword(const Token& token, std::string_view upper) {
  return !token.identifier && token.is(upper);
}

std::string lower_name(const Token& token) {
  std::string name = token.kind == TokenKind::quoted_identifier ? unquote(token.text, Backslash::ordinary)
                                                                : std::string(token.text);
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  return name;
}

Backslash backslash_of(LexerOptions options) {
  return options.no_backslash_escapes ? Backslash::ordinary : Backslash::escape;
}

std::optional<std::size_t> column_at(std::span<const Token> tokens, std::size_t& width, const TableKey& key,
                                     const std::vector<std::string>& qualifiers) {
  width = 0;
  if (tokens.empty() || !is_name_token(tokens[0])) return std::nullopt;
  while (width + 2 < tokens.size() && tokens[width + 1].is(".") && is_name_token(tokens[width + 2]))
    width += 2;
  const bool known = width == 0 || std::find(qualifiers.begin(), qualifiers.end(),
                                             lower_name(tokens[width - 2])) != qualifiers.end();
  const std::string name = lower_name(tokens[width]);
  ++width;
  if (!known) return std::nullopt;
  for (std::size_t i = 0; i < key.columns.size(); ++i) {
    if (key.columns[i].name == name) return i;
  }
  return std::nullopt;
}

std::optional<Constant> constant_of(std::span<const Token> tokens) {
  if (tokens.empty() || tokens.size() > 2) return std::nullopt;
  Constant out{tokens.back(), false};
  const bool literal = out.token.kind == TokenKind::number || out.token.kind == TokenKind::string ||
                       out.token.kind == TokenKind::hex_literal;
  if (!literal) return std::nullopt;
  if (tokens.size() == 1) return out;
  if (out.token.kind != TokenKind::number || !is_any(tokens[0], {"-", "+"})) return std::nullopt;
  out.negative = tokens[0].is("-");
  return out;
}

KeySet rows_named_by(std::span<const Token> where, const TableKey& key,
                     const std::vector<std::string>& qualifiers, LexerOptions options) {
  Conditions conditions(key, qualifiers, options);
  conditions.read(where);
  return conditions.result();
}

}  // namespace dw::sql
