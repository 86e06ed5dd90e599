// Statements about rows (MySQL manual 15.2).
#include <utility>
#include <vector>

#include "common/sql/classifier.h"
#include "common/sql/word_table.h"

namespace dw::sql {

namespace {

bool is_modifier(const CompactToken& token) {
  switch (token.keyword) {
    case Keyword::k_low_priority:
    case Keyword::k_high_priority:
    case Keyword::k_delayed:
    case Keyword::k_ignore:
    case Keyword::k_quick:
    case Keyword::k_history:
      return true;
    default:
      return false;
  }
}

bool is_star(const CompactToken& token) {
  return token.kind == CompactKind::other && token.text() == "*";
}

}  // namespace

// SELECT, VALUES, TABLE, and what stands in parentheses.
void Classifier::query(std::size_t i, Verb verb) {
  statement_.verb = verb;
  scan_.run(i, tokens_.size());
  set_side_effects(StatementClass::read);
}

void Classifier::set_side_effects(StatementClass without) {
  statement_.cls = without;
  if (scan_.assigns_variable && without == StatementClass::read)
    statement_.cls = StatementClass::session_state;
  if (scan_.calls_stored_function) statement_.cls = StatementClass::change;
  if (statement_.cls == StatementClass::change && scan_.limit_without_order()) {
    statement_.doubts |= doubt_limit_without_order;
  }
  if (scan_.broken()) unparsed();
}

// INSERT [modifiers] [INTO] t [PARTITION (…)] [(columns)] source
void Classifier::insert(std::size_t i, Verb verb) {
  become(StatementClass::change, verb);
  ++i;
  while (is_modifier(at(i))) ++i;
  if (is(i, K::k_into)) ++i;
  TableName target;
  const std::size_t behind = scan_.parse_name(i, target);
  if (behind == i) return unparsed();
  i = behind;
  scan_.add_write(std::move(target));
  if (is(i, K::k_partition) && is(i + 1, CompactKind::open)) i = behind_parentheses(tokens_, i + 1);
  const auto starts_query = [this](std::size_t at_token) {
    return is(at_token, K::k_select) || is(at_token, K::k_with) || is(at_token, K::k_table);
  };
  std::size_t source = i;
  while (is(source, CompactKind::open)) ++source;
  bool from_query = starts_query(source);
  if (!from_query && is(i, CompactKind::open)) {
    i = behind_parentheses(tokens_, i);  // the columns
    source = i;
    while (is(source, CompactKind::open)) ++source;
    from_query = starts_query(source);
  }
  if (ends_at(i)) return unparsed();
  if (from_query) statement_.doubts |= doubt_row_order;
  scan_.run(i, tokens_.size());
  if (scan_.broken()) return unparsed();
  if (from_query && scan_.limit_without_order()) statement_.doubts |= doubt_limit_without_order;
}

// UPDATE [modifiers] tables SET assignments …
void Classifier::update(std::size_t i) {
  become(StatementClass::change, Verb::update);
  ++i;
  while (is_modifier(at(i))) ++i;
  scan_.expect_listed_tables();
  scan_.run(i, tokens_.size());
  if (scan_.broken() || scan_.listed().empty() || ends_at(scan_.set_position())) return unparsed();
  written_by_set();
  if (scan_.limit_without_order()) statement_.doubts |= doubt_limit_without_order;
}

// Of several tables UPDATE changes those that qualify an assigned column; a bare column could be any's.
void Classifier::written_by_set() {
  if (scan_.listed().size() == 1) {
    scan_.add_write(TableName(scan_.listed().front().table));
    return;
  }
  std::vector<TableName> targets;
  bool starts = true;
  std::size_t depth = 0;
  for (std::size_t i = scan_.set_position() + 1; !ends_at(i); ++i) {
    if (is(i, CompactKind::open)) ++depth;
    if (is(i, CompactKind::close) && depth > 0) --depth;
    if (depth > 0) continue;
    if (is(i, K::k_where) || is(i, K::k_order) || is(i, K::k_limit)) break;
    if (starts && at(i).is_name()) {
      TableName target;
      if (is(i + 1, CompactKind::dot) && is(i + 3, CompactKind::dot)) {
        target.schema = name_of(at(i));
        target.table = name_of(at(i + 2));
      } else if (is(i + 1, CompactKind::dot)) {
        target.table = name_of(at(i));
      } else {
        for (const ListedTable& listed : scan_.listed()) scan_.add_write(TableName(listed.table));
        return;
      }
      targets.push_back(std::move(target));
    }
    starts = is(i, CompactKind::comma);
  }
  resolve_targets(targets, true);
}

// Aliases become the tables that they stand for; tables that no target stands for are read.
void Classifier::resolve_targets(const std::vector<TableName>& targets, bool others_are_read) {
  const std::vector<ListedTable>& listed = scan_.listed();
  std::vector<bool> written(listed.size(), false);
  constexpr std::size_t kMostTargets = 1024;  // servers join 61 tables at most
  if (targets.size() > kMostTargets || listed.size() > kMostTargets) return unparsed();
  for (const TableName& target : targets) {
    bool found = false;
    for (std::size_t k = 0; k < listed.size() && !found; ++k) {
      const ListedTable& table = listed[k];
      const std::string& name = table.alias.empty() ? table.table.table : table.alias;
      if (!equals_ignoring_case(name, target.table)) continue;
      if (!target.schema.empty() && !table.table.schema.empty() && target.schema != table.table.schema)
        continue;
      written[k] = found = true;
      scan_.add_write(TableName(table.table));
    }
    if (!found) scan_.add_write(TableName(target));
  }
  if (!others_are_read) return;
  for (std::size_t k = 0; k < listed.size(); ++k) {
    if (!written[k]) scan_.add_read(TableName(listed[k].table));
  }
}

// a, db.b, c.*: the tables before FROM or USING.
std::size_t Classifier::delete_targets(std::size_t i, std::vector<TableName>& targets) const {
  for (;;) {
    TableName target;
    const std::size_t behind = scan_.parse_name(i, target);
    if (behind == i) return i;
    i = behind;
    targets.push_back(std::move(target));
    if (is(i, CompactKind::dot) && is_star(at(i + 1))) i += 2;
    if (!is(i, CompactKind::comma)) return i;
    ++i;
  }
}

// DELETE FROM t …; DELETE a, b FROM tables …; DELETE FROM a, b USING tables …
void Classifier::delete_rows(std::size_t i) {
  become(StatementClass::destructive, Verb::delete_);
  ++i;
  while (is_modifier(at(i))) ++i;
  const bool from_first = is(i, K::k_from);
  if (from_first) ++i;
  std::vector<TableName> targets;
  i = delete_targets(i, targets);
  if (targets.empty()) return unparsed();
  if (is(i, from_first ? K::k_using : K::k_from)) {
    scan_.expect_listed_tables();
    scan_.run(i + 1, tokens_.size());
    if (scan_.broken() || scan_.listed().empty()) return unparsed();
    resolve_targets(targets, true);
  } else {
    if (!from_first || targets.size() != 1) return unparsed();
    scan_.add_write(std::move(targets.front()));
    scan_.run(i, tokens_.size());
    if (scan_.broken()) return unparsed();
  }
  if (statement_.cls == StatementClass::destructive && scan_.limit_without_order()) {
    statement_.doubts |= doubt_limit_without_order;
  }
}

// LOAD DATA | XML … INFILE 'x' … INTO TABLE t
void Classifier::load(std::size_t i) {
  if (is(i + 1, K::k_index)) return become(StatementClass::administration, Verb::administration, true);
  const bool xml = is(i + 1, K::k_xml);
  if (!xml && !is(i + 1, K::k_data)) return unparsed();
  become(StatementClass::change, xml ? Verb::load_xml : Verb::load_data);
  statement_.doubts |= doubt_load_data;
  for (++i; !ends_at(i); ++i) {
    if (!is(i, K::k_into) || !is(i + 1, K::k_table)) continue;
    TableName target;
    const std::size_t behind = scan_.parse_name(i + 2, target);
    if (behind == i + 2) break;
    scan_.add_write(std::move(target));
    scan_.run(behind, tokens_.size());
    if (scan_.broken()) unparsed();
    return;
  }
  unparsed();
}

void Classifier::call(std::size_t i) {
  become(StatementClass::change, Verb::call);
  TableName procedure;
  const std::size_t behind = scan_.parse_name(i + 1, procedure);
  if (behind == i + 1) return unparsed();
  statement_.name = procedure.table;
  if (!procedure.schema.empty()) scan_.add_write({procedure.schema, ""});
  scan_.run(behind, tokens_.size());
  if (scan_.broken()) unparsed();
}

// WITH [RECURSIVE] a AS (…), b AS (…) SELECT | UPDATE | DELETE …
void Classifier::with(std::size_t i) {
  std::size_t verb = i + 1;
  while (!ends_at(verb)) {
    if (is(verb, CompactKind::open)) {
      verb = behind_parentheses(tokens_, verb);
      const bool columns = is(verb, K::k_as);
      if (!columns && (is(verb, CompactKind::open) || is(verb, K::k_select) || is(verb, K::k_update) ||
                       is(verb, K::k_delete) || is(verb, K::k_values) || is(verb, K::k_table))) {
        break;
      }
      continue;
    }
    ++verb;
  }
  if (ends_at(verb)) return unparsed();
  scan_.run(i, verb);
  if (is(verb, K::k_update)) return update(verb);
  if (is(verb, K::k_delete)) return delete_rows(verb);
  query(verb, Verb::with);
}

void Classifier::truncate(std::size_t i) {
  become(StatementClass::destructive, Verb::truncate, true);
  ++i;
  if (is(i, K::k_table)) ++i;
  TableName target;
  if (scan_.parse_name(i, target) == i) return unparsed();
  scan_.add_write(std::move(target));
}

void Classifier::handler(std::size_t i) {
  become(StatementClass::session_state, Verb::handler);
  TableName table;
  if (scan_.parse_name(i + 1, table) == i + 1) return unparsed();
  scan_.add_read(std::move(table));
}

}  // namespace dw::sql
