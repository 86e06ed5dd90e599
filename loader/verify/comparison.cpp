#include "loader/verify/comparison.h"

#include <algorithm>
#include <deque>
#include <map>
#include <utility>

#include "common/rows/row_digest.h"

namespace dw::load {
namespace {

std::string canonical(const std::vector<rows::Column>& columns, const StoredRow& row) {
  const std::vector<rows::Value> values(row.begin(), row.end());
  std::string out;
  rows::append_canonical(out, columns, values);
  return out;
}

std::string key_of(const std::vector<rows::Column>& columns, const std::vector<std::size_t>& key,
                   const StoredRow& row) {
  std::vector<rows::Column> parts;
  StoredRow values;
  for (const std::size_t place : key) {
    parts.push_back(columns[place]);
    values.push_back(row[place]);
  }
  return canonical(parts, values);
}

}  // namespace

std::vector<std::size_t> places_of(const std::vector<rows::Column>& columns,
                                   const std::vector<std::string>& names) {
  std::vector<std::size_t> out;
  for (const std::string& name : names) {
    const auto found = std::find_if(columns.begin(), columns.end(),
                                    [&](const rows::Column& column) { return column.name == name; });
    if (found == columns.end()) return {};
    out.push_back(static_cast<std::size_t>(found - columns.begin()));
  }
  return out;
}

std::vector<Difference> compare_rows(const std::vector<rows::Column>& columns,
                                     const std::vector<std::size_t>& key,
                                     const std::vector<StoredRow>& source,
                                     const std::vector<StoredRow>& mirror) {
  const auto name = [&](const StoredRow& row) {
    return key.empty() ? canonical(columns, row) : key_of(columns, key, row);
  };
  std::map<std::string, std::deque<const StoredRow*>> here;
  for (const StoredRow& row : mirror) here[name(row)].push_back(&row);
  std::vector<Difference> out;
  for (const StoredRow& row : source) {
    const auto found = here.find(name(row));
    if (found == here.end()) {
      out.push_back({row, std::nullopt});
      continue;
    }
    const StoredRow& other = *found->second.front();
    if (!key.empty() && canonical(columns, row) != canonical(columns, other)) out.push_back({row, other});
    found->second.pop_front();
    if (found->second.empty()) here.erase(found);
  }
  for (const auto& [unused, rows] : here) {
    for (const StoredRow* row : rows) out.push_back({std::nullopt, *row});
  }
  return out;
}

bool sorts_alike(const rows::Column& column) {
  if (column.kind != rows::ValueKind::text || column.charset == "ascii") return true;
  return column.collation.ends_with("_bin") && !column.collation.ends_with("_nopad_bin");
}

bool same_collations(const std::vector<rows::Column>& source, const std::vector<rows::Column>& mirror,
                     const std::vector<std::string>& key) {
  const auto collation = [](const rows::Column& column) {
    return column.collation.starts_with("utf8_") ? "utf8mb3_" + column.collation.substr(5) : column.collation;
  };
  return std::all_of(key.begin(), key.end(), [&](const std::string& name) {
    const auto there = places_of(source, {name});
    const auto here = places_of(mirror, {name});
    if (there.empty() || here.empty()) return false;
    const rows::Column& column = mirror[here.front()];
    return column.kind != rows::ValueKind::text || collation(source[there.front()]) == collation(column);
  });
}

bool arrange(const std::vector<rows::Column>& columns, std::vector<rows::Column>& wanted,
             std::vector<StoredRow>& rows) {
  if (columns.size() != wanted.size()) return false;
  std::vector<std::size_t> places;
  for (rows::Column& column : wanted) {
    const std::vector<std::size_t> place = places_of(columns, {column.name});
    if (place.empty()) return false;
    const rows::Column& other = columns[place.front()];
    const bool text_of_json = other.kind == rows::ValueKind::json && column.kind == rows::ValueKind::text &&
                              column.charset == "utf8mb4";
    if (text_of_json) {
      column.kind = other.kind;
      column.charset = other.charset;
    }
    if (other.kind != column.kind || other.charset != column.charset) return false;
    places.push_back(place.front());
  }
  if (std::is_sorted(places.begin(), places.end())) return true;
  for (StoredRow& row : rows) {
    StoredRow moved;
    for (const std::size_t place : places) moved.push_back(std::move(row[place]));
    row = std::move(moved);
  }
  return true;
}

}  // namespace dw::load
