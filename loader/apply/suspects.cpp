#include "loader/apply/suspects.h"

#include <algorithm>
#include <limits>

#include <nlohmann/json.hpp>

#include "common/log/batch.h"
#include "common/sql/key_predicate.h"

namespace dw::load {
namespace {

using nlohmann::json;

// By their keys: what a request for them has room for (loader/verify), and of a table that changes all over
// its keys fewer rows to read than ranges would have.
constexpr std::size_t kMostKeys = 20'000;
constexpr std::size_t kMostKeyBytes = 300'000;
constexpr std::size_t kMostRanges = 8;     // of one table and reason in one commit
constexpr std::size_t kRangesKept = 4096;  // before they are joined
constexpr std::int64_t kSmallGap = 64;     // reading so many rows more costs less than another range

constexpr std::size_t kSafeDigits = 18;  // so many fit into 64 bits

std::int64_t end_of(const IdRange& range) {
  return range.to.value_or(std::numeric_limits<std::int64_t>::max());
}

// How many ids lie between two ranges in order.
std::uint64_t gap(const IdRange& left, const IdRange& right) {
  if (end_of(left) >= right.from) return 0;
  return static_cast<std::uint64_t>(right.from) - static_cast<std::uint64_t>(end_of(left)) - 1;
}

std::string hex_digits(const std::string& bytes) {
  const std::string literal = hex_literal(bytes);  // x'…'
  return literal.substr(2, literal.size() - 3);
}

// Integers, texts and dates as text, binary as {"hex": …}: see bookkeeping.h.
json row_json(const sql::KeyRow& row, const std::vector<sql::KeyColumn>& columns) {
  json out = json::array();
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (columns[i].type == sql::KeyType::binary) {
      out.push_back({{"hex", hex_digits(row[i])}});
    } else {
      out.push_back(row[i]);
    }
  }
  return out;
}

bool is_text(const sql::KeyRow& row, const std::vector<sql::KeyColumn>& columns) {
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (columns[i].type != sql::KeyType::binary && !is_utf8(row[i])) return false;
  }
  return true;
}

}  // namespace

std::vector<IdRange> joined(std::vector<IdRange> ranges, std::size_t most) {
  std::sort(ranges.begin(), ranges.end(), [](const IdRange& a, const IdRange& b) { return a.from < b.from; });
  std::vector<IdRange> out;
  for (const IdRange& range : ranges) {
    if (out.empty() || gap(out.back(), range) > static_cast<std::uint64_t>(kSmallGap)) {
      out.push_back(range);
    } else if (end_of(range) > end_of(out.back())) {
      out.back().to = range.to;
    }
  }
  if (out.size() <= most) return out;
  // The widest gaps stay open.
  std::vector<std::uint64_t> gaps;
  for (std::size_t i = 1; i < out.size(); ++i) gaps.push_back(gap(out[i - 1], out[i]));
  const auto place = gaps.begin() + static_cast<std::ptrdiff_t>(most - 1);
  std::nth_element(gaps.begin(), place, gaps.end(), std::greater<>());
  std::vector<IdRange> fewer{out.front()};
  for (std::size_t i = 1; i < out.size(); ++i) {
    if (gap(out[i - 1], out[i]) > *place) {
      fewer.push_back(out[i]);
    } else {
      fewer.back().to = out[i].to;
    }
  }
  return fewer;
}

Suspects::Group& Suspects::group(const std::string& schema, const std::string& table,
                                 const std::string& reason, const LogPlace& place) {
  Group& found = groups_[{schema, table, reason}];
  found.last = place;
  return found;
}

void Suspects::make_wider(Group& group) {
  group.whole = true;
  group.ranges.clear();
  group.rows.clear();
}

void Suspects::add_all(const std::string& reason, const LogPlace& place) {
  make_wider(group("", "", reason, place));
}

void Suspects::add_table(const std::string& schema, const std::string& table, const std::string& reason,
                         const LogPlace& place) {
  make_wider(group(schema, table, reason, place));
}

void Suspects::add_definition(const std::string& schema, const std::string& table, const std::string& reason,
                              std::string_view statement, const LogPlace& place) {
  Group& into = group(schema, table, reason, place);
  make_wider(into);
  into.statements.emplace(statement);
}

void Suspects::add_ids(const std::string& schema, const std::string& table, const std::string& column,
                       const IdRange& range, const std::string& reason, const LogPlace& place) {
  Group& into = group(schema, table, reason, place);
  if (into.whole) return;
  into.id_column = column;
  IdRange wider = range;
  wider.from -= std::min(into.lost_before_next, std::max<std::int64_t>(0, wider.from - 1));
  into.lost_before_next = 0;
  add_range(into, wider);
}

void Suspects::add_range(Group& group, const IdRange& range) {
  if (!group.ranges.empty()) {
    IdRange& last = group.ranges.back();
    if (range.from >= last.from && gap(last, range) == 0) {  // the usual case: ids ascend
      if (end_of(range) > end_of(last)) last.to = range.to;
      return;
    }
  }
  group.ranges.push_back(range);
  if (group.ranges.size() > kRangesKept) group.ranges = joined(std::move(group.ranges), kMostRanges);
}

void Suspects::add_lost_ids(const std::string& schema, const std::string& table, std::int64_t count,
                            const std::string& reason) {
  Group& into = groups_[{schema, table, reason}];
  into.lost_before_next += count;
  if (!into.ranges.empty() && into.ranges.back().to) *into.ranges.back().to += count;
}

void Suspects::add_rows(const std::string& schema, const std::string& table,
                        const std::vector<sql::KeyColumn>& columns, const std::vector<sql::KeyRow>& rows,
                        const std::string& reason, const LogPlace& place) {
  Group& into = group(schema, table, reason, place);
  if (into.whole) return;
  into.columns = columns;
  for (const sql::KeyRow& row : rows) {
    if (!is_text(row, columns)) return make_wider(into);
    if (!into.rows.insert(row).second) continue;
    for (const std::string& value : row) into.key_bytes += value.size();
  }
  const bool too_many = into.rows.size() > kMostKeys || into.key_bytes > kMostKeyBytes;
  if (too_many || into.rows_are_ranges) rows_to_ranges(into);
}

void Suspects::add_counter(const std::string& schema, const std::string& table,
                           const std::vector<sql::KeyColumn>& columns, const std::string& reason,
                           const LogPlace& place) {
  Group& into = group(schema, table, reason, place);
  into.columns = columns;
  into.counter = true;
}

void Suspects::rows_to_ranges(Group& group) {
  if (group.columns.size() != 1 || group.columns[0].type != sql::KeyType::integer) return make_wider(group);
  group.rows_are_ranges = true;
  group.id_column = group.columns[0].name;
  for (const sql::KeyRow& row : group.rows) {
    if (row[0].size() > kSafeDigits) return make_wider(group);
    const std::int64_t id = std::stoll(row[0]);
    add_range(group, {id, id});
  }
  group.rows.clear();
  group.key_bytes = 0;
}

// Whether a few ranges of ids hold these rows and not many more.
bool Suspects::lie_together(const Group& group) {
  const bool integer = group.columns.size() == 1 && group.columns[0].type == sql::KeyType::integer;
  if (group.rows.size() <= sql::kMostKeyRows || !integer) return false;
  std::vector<IdRange> ids;
  for (const sql::KeyRow& row : group.rows) {
    if (row[0].size() > kSafeDigits) return false;
    const std::int64_t id = std::stoll(row[0]);
    ids.push_back({id, id});
  }
  std::uint64_t rows = 0;
  for (const IdRange& range : joined(std::move(ids), kMostRanges))
    rows += static_cast<std::uint64_t>(*range.to - range.from) + 1;
  return rows <= 2 * group.rows.size();
}

void Suspects::emit(const Name& name, const Group& group, const SuspectEntry& base,
                    std::vector<SuspectEntry>& out) {
  if (group.whole) {
    SuspectEntry& one = out.emplace_back(base);
    one.scope = std::get<0>(name).empty() ? SuspectScope::all : SuspectScope::table;
    if (one.scope == SuspectScope::all) one.table.clear();
    if (!group.statements.empty())
      one.keys = json{{"statements", group.statements}}.dump(-1, ' ', false, json::error_handler_t::replace);
    return;
  }
  for (const IdRange& range : joined(group.ranges, kMostRanges)) {
    SuspectEntry& one = out.emplace_back(base);
    one.scope = SuspectScope::ids;
    json keys{{"column", group.id_column}, {"from", range.from}};
    if (range.to) keys["to"] = *range.to;
    one.keys = keys.dump();
  }
  if (group.rows.empty() && !group.counter) return;
  json rows = json::array();
  for (const sql::KeyRow& row : group.rows) rows.push_back(row_json(row, group.columns));
  json columns = json::array();
  for (const sql::KeyColumn& column : group.columns) columns.push_back(column.name);
  SuspectEntry& one = out.emplace_back(base);
  one.scope = SuspectScope::keys;
  one.keys = json{{"columns", std::move(columns)}, {"rows", std::move(rows)}}.dump();
}

std::vector<SuspectEntry> Suspects::take(const Batch& batch) {
  std::vector<SuspectEntry> out;
  for (auto& [name, group] : groups_) {
    const auto& [schema, table, reason] = name;
    if (lie_together(group)) rows_to_ranges(group);
    SuspectEntry base;
    base.schema = schema;
    base.table = table;
    base.reason = reason;
    base.cursor =
        group.last.cursor.empty() ? batch.cursor_before(group.last.event).text() : group.last.cursor;
    base.time = group.last.time;
    base.thread = group.last.thread;
    emit(name, group, base, out);
  }
  groups_.clear();
  return out;
}

}  // namespace dw::load
