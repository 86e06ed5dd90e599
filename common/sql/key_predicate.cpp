#include "common/sql/key_predicate.h"

#include <algorithm>
#include <limits>
#include <set>
#include <span>

#include "common/sql/key_condition.h"

namespace dw::sql {
namespace {

class Reader {
 public:
  Reader(const Statement& statement, const TableKey& key, LexerOptions options)
      : key_(key), options_(options), tokens_(tokens_of(statement.text, options)) {}

  KeySet read() {
    if (take("INSERT")) return insert(false);
    if (take("REPLACE")) return insert(true);
    if (take("UPDATE")) return update();
    if (take("DELETE")) return delete_rows();
    return {};
  }

 private:
  [[nodiscard]] const Token& at(std::size_t i) const { return i < tokens_.size() ? tokens_[i] : end_; }
  [[nodiscard]] const Token& here() const { return at(at_); }
  bool take(std::string_view upper) {
    if (!here().is(upper)) return false;
    ++at_;
    return true;
  }
  [[nodiscard]] bool ends_where(std::size_t i) const {
    return is_keyword(at(i), "ORDER") || is_keyword(at(i), "LIMIT") || is_keyword(at(i), "RETURNING");
  }
  void skip_modifiers() {
    while (take("LOW_PRIORITY") || take("HIGH_PRIORITY") || take("IGNORE") || take("QUICK") ||
           take("DELAYED")) {
    }
  }

  bool table_name() {
    if (!is_name_token(here())) return false;
    qualifiers_.push_back(lower_name(here()));
    ++at_;
    if (!take(".")) return true;
    if (!is_name_token(here())) return false;
    qualifiers_ = {lower_name(here())};
    ++at_;
    return true;
  }
  // An alias hides the table's name.
  void alias() {
    const bool as = take("AS");
    if (!is_name_token(here()) || (!as && (here().is("SET") || here().is("WHERE")))) return;
    qualifiers_ = {lower_name(here())};
    ++at_;
  }

  KeySet update() {
    skip_modifiers();
    if (!table_name()) return {};
    alias();
    if (!take("SET")) return {};
    const auto new_values = assignments();
    if (!new_values || !take("WHERE")) return {};
    KeySet out = where();
    if (std::all_of(new_values->begin(), new_values->end(), [](const auto& v) { return v.empty(); }))
      return out;
    if (out.kind != KeySet::Kind::rows || out.rows.size() * 2 > kMostKeyRows) return {};
    for (std::size_t row = 0, n = out.rows.size(); row < n; ++row) {
      KeyRow moved = out.rows[row];
      for (std::size_t i = 0; i < moved.size(); ++i) {
        if (!(*new_values)[i].empty()) moved[i] = (*new_values)[i].front();
      }
      out.rows.push_back(std::move(moved));
    }
    return out;
  }

  KeySet delete_rows() {
    skip_modifiers();
    if (!take("FROM") || !table_name()) return {};
    alias();
    return take("WHERE") ? where() : KeySet{};
  }

  // What SET gives the key's columns: for each at most one value. nullopt: that is not certain.
  std::optional<std::vector<KeyRow>> assignments() {
    std::vector<KeyRow> out(key_.columns.size());
    while (at_ < tokens_.size()) {
      const std::size_t end = end_of_item();
      if (!one_assignment(std::span(tokens_).subspan(at_, end - at_), out)) return std::nullopt;
      at_ = end;
      if (!take(",")) return out;
    }
    return out;
  }
  [[nodiscard]] std::size_t end_of_item() const {
    std::size_t depth = 0;
    std::size_t i = at_;
    for (; i < tokens_.size(); ++i) {
      if (at(i).is("(")) ++depth;
      if (at(i).is(")") && depth-- == 0) break;
      if (depth == 0 &&
          (at(i).is(",") || is_keyword(at(i), "WHERE") || is_keyword(at(i), "ON") || ends_where(i)))
        break;
    }
    return i;
  }
  bool one_assignment(std::span<const Token> item, std::vector<KeyRow>& out) const {
    std::size_t width = 0;
    const auto column = column_at(item, width, key_, qualifiers_);
    if (item.size() <= width || width == 0 || !(item[width].is("=") || item[width].is(":="))) return false;
    if (!column) return true;
    const auto constant = constant_of(item.subspan(width + 1));
    const auto value =
        constant ? key_value(*constant, key_.columns[*column], backslash_of(options_)) : std::nullopt;
    if (value) out[*column] = {*value};
    return value.has_value();
  }

  KeySet where() {
    std::size_t depth = 0;
    std::size_t end = at_;
    for (; end < tokens_.size(); ++end) {
      if (at(end).is("(")) ++depth;
      if (at(end).is(")") && depth-- == 0) return {};
      if (depth == 0 && ends_where(end)) break;
    }
    return rows_named_by(std::span(tokens_).subspan(at_, end - at_), key_, qualifiers_, options_);
  }

  KeySet insert(bool replace) {
    skip_modifiers();
    take("INTO");
    if (!table_name() || here().is("PARTITION")) return {};
    KeySet out = here().is("SET") ? insert_set() : insert_rows();
    if (out.kind == KeySet::Kind::unknown) return {};
    const auto rest = std::span(tokens_).subspan(std::min(at_, tokens_.size()));
    const bool updates =
        std::any_of(rest.begin(), rest.end(), [](const Token& token) { return token.is("DUPLICATE"); });
    if ((replace || updates) && (key_.other_unique || moves_key())) return {};
    return out;
  }
  // ON DUPLICATE KEY UPDATE id = …
  [[nodiscard]] bool moves_key() const {
    for (std::size_t i = at_; i + 1 < tokens_.size(); ++i) {
      std::size_t width = 0;
      const auto rest = std::span(tokens_).subspan(i);
      if (rest[1].is("=") && column_at(rest, width, key_, qualifiers_)) return true;
    }
    return false;
  }

  KeySet insert_set() {
    ++at_;
    std::vector<std::string> columns;
    std::vector<std::span<const Token>> values;
    for (;;) {
      const std::size_t end = end_of_item();
      const auto item = std::span(tokens_).subspan(at_, end - at_);
      std::size_t name = 0;
      while (name + 2 < item.size() && item[name + 1].is(".")) name += 2;
      if (item.size() < name + 3 || !is_name_token(item[name]) || !item[name + 1].is("=")) return {};
      columns.push_back(lower_name(item[name]));
      values.emplace_back(item.subspan(name + 2));
      at_ = end;
      if (!take(",")) break;
    }
    KeySet out;
    return add_row(out, columns, values) ? out : KeySet{};
  }

  KeySet insert_rows() {
    std::vector<std::string> columns = key_.table_columns;
    if (here().is("(") && !starts_query(at(at_ + 1))) {
      ++at_;
      columns.clear();
      while (is_name_token(here())) {
        columns.push_back(lower_name(here()));
        ++at_;
        if (!take(",")) break;
      }
      if (!take(")")) return {};
    }
    if (starts_query(here()) || here().is("(")) return from_query(columns);
    if (!take("VALUES") && !take("VALUE")) return {};
    KeySet out;
    do {
      const auto values = one_row();
      if (!values) return {};
      // `VALUES ()`: every column its default.
      const bool none = values->empty();
      if (!add_row(out, none ? std::vector<std::string>{} : columns, *values)) return {};
    } while (take(","));
    return out;
  }
  static bool starts_query(const Token& token) {
    return token.is("SELECT") || token.is("WITH") || token.is("TABLE") || token.is("(");
  }
  [[nodiscard]] bool server_gives() const {
    return key_.columns.size() == 1 && key_.columns[0].name == key_.auto_increment;
  }
  [[nodiscard]] KeySet from_query(const std::vector<std::string>& columns) {
    if (!server_gives() || std::find(columns.begin(), columns.end(), key_.auto_increment) != columns.end())
      return {};
    KeySet out;
    out.kind = KeySet::Kind::given;
    return out;
  }

  std::optional<std::vector<std::span<const Token>>> one_row() {
    if (here().is("ROW")) ++at_;
    if (!take("(")) return std::nullopt;
    std::vector<std::span<const Token>> values;
    if (take(")")) return values;
    for (;;) {
      const std::size_t end = end_of_value();
      values.emplace_back(std::span(tokens_).subspan(at_, end - at_));
      at_ = end;
      if (take(")")) return values;
      if (!take(",")) return std::nullopt;
    }
  }
  [[nodiscard]] std::size_t end_of_value() const {
    std::size_t depth = 0;
    std::size_t i = at_;
    for (; i < tokens_.size(); ++i) {
      if (at(i).is("(")) ++depth;
      if (at(i).is(")") && depth-- == 0) break;
      if (depth == 0 && at(i).is(",")) break;
    }
    return i;
  }

  bool add_row(KeySet& out, const std::vector<std::string>& columns,
               const std::vector<std::span<const Token>>& values) const {
    if (columns.size() != values.size() || key_.columns.empty()) return false;
    KeyRow row;
    for (const KeyColumn& column : key_.columns) {
      const auto found = std::find(columns.begin(), columns.end(), column.name);
      const auto value = found == columns.end() ? std::span<const Token>()
                                                : values[static_cast<std::size_t>(found - columns.begin())];
      if (is_given(column, value)) return add_given(out);
      const auto constant = constant_of(value);
      auto text = constant ? key_value(*constant, column, backslash_of(options_)) : std::nullopt;
      if (!text) return false;
      row.push_back(std::move(*text));
    }
    if (out.kind == KeySet::Kind::given || out.rows.size() == kMostKeyRows) return false;
    out.kind = KeySet::Kind::rows;
    out.rows.push_back(std::move(row));
    ++out.new_rows;
    return true;
  }
  // No value, NULL, DEFAULT or 0 (under NO_AUTO_VALUE_ON_ZERO the last is a value: then the server tells no
  // id).
  [[nodiscard]] bool is_given(const KeyColumn& column, std::span<const Token> value) const {
    if (!server_gives() || column.name != key_.auto_increment) return false;
    if (value.empty()) return true;
    return value.size() == 1 && (value[0].is("NULL") || value[0].is("DEFAULT") || value[0].text == "0");
  }
  static bool add_given(KeySet& out) {
    if (out.kind == KeySet::Kind::rows) return false;
    out.kind = KeySet::Kind::given;
    ++out.new_rows;
    return true;
  }

  const TableKey& key_;
  LexerOptions options_;
  std::vector<Token> tokens_;
  Token end_;
  std::size_t at_ = 0;
  std::vector<std::string> qualifiers_;  // what may stand before a column's name
};

// The rows as a range, where they are integers of one column.
KeySet as_range(const KeySet& set, const TableKey& key) {
  if (set.kind != KeySet::Kind::rows || key.columns.size() != 1 || key.columns[0].type != KeyType::integer)
    return {};
  KeySet out;
  out.kind = KeySet::Kind::range;
  for (const KeyRow& row : set.rows) {
    Token token;
    token.kind = TokenKind::number;
    const bool negative = row[0].starts_with('-');
    token.text = std::string_view(row[0]).substr(negative ? 1 : 0);
    const auto value = integer_value({token, negative});
    if (!value) return {};
    out.from = std::min(out.from.value_or(*value), *value);
    out.to = std::max(out.to.value_or(*value), *value);
  }
  return out;
}

bool apart(const KeySet& left, const KeySet& right) {
  return (left.to && right.from && *left.to < *right.from) ||
         (right.to && left.from && *right.to < *left.from);
}

}  // namespace

KeySet keys_of(const Statement& statement, const TableKey& key, LexerOptions options) {
  if (key.columns.empty() || (statement.doubts & doubt_version_comment) != 0) return {};
  if (statement.writes.size() != 1) return {};
  return Reader(statement, key, options).read();
}

bool disjoint(const KeySet& left, const KeySet& right, const TableKey& key) {
  using Kind = KeySet::Kind;
  if (left.kind == Kind::unknown || right.kind == Kind::unknown) return false;
  if (left.kind == Kind::given || right.kind == Kind::given) {
    return left.kind != Kind::range && right.kind != Kind::range;
  }
  if (left.kind == Kind::rows && right.kind == Kind::rows) {
    std::set<std::string> known;
    for (const KeyRow& row : left.rows) {
      auto form = comparable(row, key.columns);
      if (!form) return false;
      known.insert(std::move(*form));
    }
    return std::none_of(right.rows.begin(), right.rows.end(), [&](const KeyRow& row) {
      const auto form = comparable(row, key.columns);
      return !form || known.contains(*form);
    });
  }
  const KeySet a = left.kind == Kind::range ? left : as_range(left, key);
  const KeySet b = right.kind == Kind::range ? right : as_range(right, key);
  return a.kind == Kind::range && b.kind == Kind::range && apart(a, b);
}

}  // namespace dw::sql
