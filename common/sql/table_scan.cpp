#include "common/sql/table_scan.h"

#include <algorithm>
#include <utility>

#include "common/sql/identifiers.h"
#include "common/sql/word_table.h"

namespace dw::sql {

namespace {

using K = Keyword;

constexpr std::size_t kDeepest = 4096;      // servers give up long before
constexpr std::size_t kMostCompared = 256;  // beyond that many tables a duplicate may stay

bool same_name(const CompactToken& token, std::string_view name) {
  return token.kind == CompactKind::identifier ? equals_ignoring_case(name_of(token), name)
                                               : equals_ignoring_case(token.text(), name);
}

bool is_word(const CompactToken& token, std::string_view word) {
  return token.kind == CompactKind::word && equals_ignoring_case(token.text(), word);
}

bool is_operator(const CompactToken& token, std::string_view text) {
  return token.kind == CompactKind::other && token.text() == text;
}

bool can_be_name(const CompactToken& token) {
  return token.is_name() && !is_reserved(token.keyword);
}

void add_once(std::vector<TableName>& tables, TableName&& table) {
  if (tables.size() < kMostCompared && std::find(tables.begin(), tables.end(), table) != tables.end()) return;
  tables.push_back(std::move(table));
}

}  // namespace

std::string name_of(const CompactToken& token) {
  if (token.kind == CompactKind::identifier) return unquote(token.text(), Backslash::ordinary);
  if (token.kind == CompactKind::literal) return unquote(token.text());
  return std::string(token.text());
}

std::size_t behind_parentheses(const TokenList& tokens, std::size_t i) {
  std::size_t depth = 0;
  for (; i < tokens.size(); ++i) {
    if (tokens.at(i).is(CompactKind::open)) ++depth;
    if (tokens.at(i).is(CompactKind::close) && --depth == 0) return i + 1;
    if (depth == 0) return i + 1;
  }
  return tokens.size();
}

TableScan::TableScan(const TokenList& tokens, Statement& statement)
    : tokens_(tokens), statement_(statement), set_position_(tokens.size()) {}

void TableScan::run(std::size_t begin, std::size_t end) {
  for (std::size_t i = begin; i < end && !broken_;) i = step(i);
}

void TableScan::expect_listed_tables() {
  Frame& frame = top();
  frame.from = frame.expects_table = frame.listed = true;
}

void TableScan::add_read(TableName&& table) {
  add_once(statement_.reads, std::move(table));
}
void TableScan::add_write(TableName&& table) {
  add_once(statement_.writes, std::move(table));
}

bool TableScan::limit_without_order() const {
  return inner_limit_ || (frames_.front().limit && !frames_.front().order);
}

std::size_t TableScan::step(std::size_t i) {
  const CompactToken& token = tokens_.at(i);
  Frame& frame = top();
  switch (token.kind) {
    case CompactKind::open:
      open();
      return i + 1;
    case CompactKind::close:
      close(i);
      return i + 1;
    case CompactKind::comma:
      if (frame.expects_cte) return i + 1;
      if (cte_closed_at_ != 0 && cte_closed_at_ + 1 == i && can_be_name(tokens_.at(i + 1))) {
        frame.expects_cte = true;
      } else if (frame.from) {
        frame.expects_table = true;
      }
      return i + 1;
    case CompactKind::parameter:
      statement_.doubts |= doubt_parameters;
      return i + 1;
    case CompactKind::system_variable:
      statement_.doubts |= doubt_system_variable;
      return i + 1;
    case CompactKind::user_variable:
      variable(i);
      return i + 1;
    case CompactKind::identifier:
      return name(i);
    case CompactKind::dot:
      if (frame.expects_table) return table(i);
      return i + 1;
    case CompactKind::other:
      // FROM { OJ a LEFT JOIN b … }
      if (frame.expects_table && is_operator(token, "{")) return i + 2;
      return i + 1;
    case CompactKind::word:
      return token.keyword == K::k_none ? name(i) : keyword(i);
    case CompactKind::semicolon:
      broken_ = true;
      return i + 1;
    default:
      return i + 1;
  }
}

void TableScan::open() {
  if (frames_.size() >= kDeepest) {
    broken_ = true;
    return;
  }
  Frame inner;
  Frame& outer = top();
  inner.cte_names = cte_names_.size();
  if (outer.expects_table) {
    inner.from = inner.expects_table = true;
    inner.listed = outer.listed;
    outer.expects_table = false;
  }
  frames_.push(inner);
}

void TableScan::close(std::size_t i) {
  if (frames_.size() == 1) {
    broken_ = true;
    return;
  }
  const Frame inner = top();
  frames_.pop();
  inner_limit_ = inner_limit_ || (inner.limit && !inner.order);
  cte_names_.resize(std::min(cte_names_.size(), inner.cte_names));
  if (inner.cte_token != 0) {
    if (!top().recursive) cte_names_.push_back(tokens_.at(inner.cte_token).text());
    cte_closed_at_ = i;
  }
}

void TableScan::variable(std::size_t i) {
  statement_.doubts |= doubt_user_variable;
  if (is_operator(tokens_.at(i + 1), ":=")) assigns_variable = true;
  // SELECT … INTO @a, @b: the first one tells.
  if (i > 0 && tokens_.at(i - 1).is(K::k_into)) assigns_variable = true;
}

void TableScan::end_table_list() {
  top().from = top().expects_table = false;
}

bool TableScan::is_cte(const CompactToken& token) const {
  for (const std::string_view cte : cte_names_) {
    const bool quoted = !cte.empty() && (cte.front() == '`' || cte.front() == '"');
    if (same_name(token, quoted ? unquote(cte, Backslash::ordinary) : std::string(cte))) return true;
  }
  return false;
}

std::size_t TableScan::parse_name(std::size_t i, TableName& out) const {
  out = TableName{};
  if (tokens_.at(i).is(CompactKind::dot)) ++i;  // .t: an old ODBC form
  if (!can_be_name(tokens_.at(i))) return i;
  if (tokens_.at(i + 1).is(CompactKind::dot) && tokens_.at(i + 2).is_name()) {
    out.schema = name_of(tokens_.at(i));
    out.table = name_of(tokens_.at(i + 2));
    return i + 3;
  }
  out.table = name_of(tokens_.at(i));
  return i + 1;
}

// A table in a list, with PARTITION and alias.
std::size_t TableScan::table(std::size_t i) {
  const std::size_t first = i;
  Frame& frame = top();
  frame.expects_table = false;
  ListedTable listed;
  const std::size_t behind = parse_name(i, listed.table);
  if (behind == first || listed.table.table.empty()) return first + 1;
  i = behind;
  if (tokens_.at(i).is(CompactKind::open)) return i;  // JSON_TABLE(…): a function
  const bool qualified = !listed.table.schema.empty();
  const bool is_table = qualified || !(is_word(tokens_.at(first), "DUAL") || is_cte(tokens_.at(first)));
  if (tokens_.at(i).is(K::k_partition) && tokens_.at(i + 1).is(CompactKind::open))
    i = behind_parentheses(tokens_, i + 1);
  const bool as = tokens_.at(i).is(K::k_as);
  const CompactToken& alias = tokens_.at(as ? i + 1 : i);
  if (can_be_name(alias) || (as && alias.is(CompactKind::literal))) {
    listed.alias = name_of(alias);
    i += as ? 2 : 1;
  }
  if (!is_table) return i;
  if (frame.listed) {
    listed_.push_back(std::move(listed));
  } else {
    add_read(std::move(listed.table));
  }
  return i;
}

// name [(columns)] AS ( …
std::size_t TableScan::cte_definition(std::size_t i) {
  Frame& frame = top();
  frame.expects_cte = false;
  const std::size_t named = i;
  ++i;
  if (tokens_.at(i).is(CompactKind::open)) i = behind_parentheses(tokens_, i);
  if (!tokens_.at(i).is(K::k_as) || !tokens_.at(i + 1).is(CompactKind::open)) return i;
  if (frame.recursive) cte_names_.push_back(tokens_.at(named).text());
  const bool expects_table = std::exchange(frame.expects_table, false);
  open();
  if (!broken_) {
    frames_[frames_.size() - 2].expects_table = expects_table;
    top().cte_token = named;
  }
  return i + 2;
}

// A name that is no keyword, or quoted: a table, the name of a common table expression, a column, a function.
std::size_t TableScan::name(std::size_t i) {
  Frame& frame = top();
  if (frame.expects_cte) return cte_definition(i);
  if (frame.expects_table) return table(i);
  std::size_t last = i;
  while (tokens_.at(last + 1).is(CompactKind::dot) && tokens_.at(last + 2).is_name()) last += 2;
  if (tokens_.at(last + 1).is(CompactKind::open)) call(last, last + 1, last != i);
  return last + 1;
}

// Name and "(": a function's call, unless it is an alias with columns.
void TableScan::call(std::size_t name, std::size_t open, bool qualified) {
  const CompactToken& token = tokens_.at(name);
  if (!qualified && name > 0) {
    const CompactToken& before = tokens_.at(name - 1);
    if (before.is(K::k_as) || before.is(CompactKind::close)) return;  // (SELECT …) AS d (a, b)
  }
  const std::string_view word = token.text();
  if (qualified || token.is(CompactKind::identifier)) {
    calls_stored_function = true;
    return;
  }
  const bool adjacent = word.data() + word.size() == tokens_.at(open).begin;
  const bool builtin = is_builtin_before_parenthesis(word);
  if (!builtin || (!adjacent && needs_adjacent_parenthesis(word))) calls_stored_function = true;
  if (!builtin) return;
  const CompactToken& argument = tokens_.at(open + 1);
  Argument kind = Argument::other;
  if (argument.is(CompactKind::close)) kind = Argument::none;
  if (argument.is(CompactKind::literal) && argument.text() == "0") kind = Argument::zero;
  statement_.doubts |= call_doubts(word, kind);
  if (kind != Argument::none && equals_ignoring_case(word, "LAST_INSERT_ID")) assigns_variable = true;
  const bool next_value = equals_ignoring_case(word, "NEXTVAL");
  if (next_value || equals_ignoring_case(word, "SETVAL") || equals_ignoring_case(word, "LASTVAL")) {
    TableName sequence;
    parse_name(open + 1, sequence);
    if (equals_ignoring_case(word, "LASTVAL")) {
      if (!sequence.table.empty()) add_read(std::move(sequence));
      return;
    }
    calls_stored_function = true;
    if (!sequence.table.empty()) add_write(std::move(sequence));
  }
}

std::size_t TableScan::keyword(std::size_t i) {
  Frame& frame = top();
  const CompactToken& token = tokens_.at(i);
  const CompactToken& next = tokens_.at(i + 1);
  switch (token.keyword) {
    case K::k_select:
      frame.query = true;
      frame.listed = false;
      frame.expects_cte = false;
      end_table_list();
      return i + 1;
    case K::k_from:
      if (!frame.query || tokens_.at(i - 1).is(K::k_system_time)) return i + 1;
      if (tokens_.at(i - 1).is(K::k_distinct) && i >= 2 &&
          (tokens_.at(i - 2).is(K::k_is) || tokens_.at(i - 2).is(K::k_not))) {
        return i + 1;  // IS [NOT] DISTINCT FROM
      }
      frame.from = frame.expects_table = true;
      return i + 1;
    case K::k_join:
    case K::k_straight_join:
      if (frame.from) frame.expects_table = true;
      return i + 1;
    case K::k_on:
      if (next.is(K::k_duplicate)) end_table_list();
      return i + 1;
    case K::k_set:
      if (frames_.size() == 1 && set_position_ == tokens_.size()) set_position_ = i;
      end_table_list();
      return i + 1;
    case K::k_where:
    case K::k_group:
    case K::k_having:
    case K::k_window:
    case K::k_qualify:
    case K::k_procedure:
    case K::k_lock:
    case K::k_into:
    case K::k_returning:
      end_table_list();
      return i + 1;
    case K::k_limit:
      end_table_list();
      frame.limit = true;
      return i + 1;
    case K::k_order:
      end_table_list();
      frame.order = true;
      return i + 1;
    case K::k_union:
    case K::k_except:
    case K::k_intersect:
      end_table_list();
      frame.query = false;
      return i + 1;
    case K::k_values:
      end_table_list();
      break;
    case K::k_for:
      // USE INDEX FOR JOIN | ORDER BY | GROUP BY (…) does not end the list.
      if (tokens_.at(i - 1).is(K::k_index) || tokens_.at(i - 1).is(K::k_key))
        return next.is(K::k_join) ? i + 2 : i + 3;
      if (!next.is(K::k_system_time)) end_table_list();
      return i + 1;
    case K::k_table: {
      if (next.is(CompactKind::open)) return i + 1;
      end_table_list();
      frame.expects_table = true;
      frame.listed = false;
      return i + 1;
    }
    case K::k_with: {
      if (next.is(K::k_recursive) && can_be_name(tokens_.at(i + 2))) {
        frame.recursive = frame.expects_cte = true;
        return i + 2;
      }
      const CompactToken& behind = tokens_.at(i + 2);
      if (can_be_name(next) && (behind.is(K::k_as) || behind.is(CompactKind::open))) {
        frame.expects_cte = true;
        frame.recursive = false;
      }
      return i + 1;
    }
    case K::k_next:
    case K::k_previous:
      if (next.is(K::k_value) && tokens_.at(i + 2).is(K::k_for)) {
        TableName sequence;
        const std::size_t behind = parse_name(i + 3, sequence);
        if (sequence.table.empty()) break;
        if (token.is(K::k_next)) {
          calls_stored_function = true;
          add_write(std::move(sequence));
        } else {
          add_read(std::move(sequence));
        }
        return behind;
      }
      break;
    case K::k_nowait:
      statement_.doubts |= doubt_locks;
      return i + 1;
    case K::k_skip:
      if (next.is(K::k_locked)) {
        statement_.doubts |= doubt_locks;
        return i + 2;
      }
      break;
    case K::k_current_user:
    case K::k_current_role:
      statement_.doubts |= doubt_connection;
      break;
    case K::k_lateral:
      return i + 1;
    default:
      break;
  }
  if (!is_reserved(token.keyword)) return name(i);
  if (next.is(CompactKind::open)) call(i, i + 1, false);
  return i + 1;
}

}  // namespace dw::sql
