#include "extractor/reading/table_reader.h"

#include <algorithm>
#include <chrono>

#include "common/sql/identifiers.h"
#include "common/util/clock.h"
#include "extractor/reading/snapshot_marker.h"

namespace dw::extract {
namespace {

// Without a key there is one SELECT; signs of life come all the same.
constexpr std::uint64_t kRowsToASign = 10'000;

// Where the key's columns stand among `columns`.
std::vector<std::size_t> places_of_key(const rows::Table& table, std::span<const rows::Column> columns) {
  std::vector<std::size_t> out;
  for (const std::string& name : table.key) {
    const auto found = std::find_if(columns.begin(), columns.end(),
                                    [&](const rows::Column& one) { return one.name == name; });
    out.push_back(static_cast<std::size_t>(found - columns.begin()));
  }
  return out;
}

}  // namespace

std::string condition(const TableRange& range) {
  std::string out = "TRUE";
  if (!range.after.empty()) out += " AND (" + rows::behind(range.after) + ")";
  if (!range.through.empty()) out += " AND (" + rows::up_to(range.through) + ")";
  return out;
}

// The servers choose by themselves, but statistics can mislead them into sorting the table for each chunk.
// Other keys can be hidden from the optimizer, and naming them is an error then.
std::string force_index(const rows::Table& table) {
  return table.key_name == "PRIMARY" ? " FORCE INDEX (PRIMARY)" : "";
}

std::string sql_name(const rows::Table& table) {
  return sql::quote_identifier(table.schema) + "." + sql::quote_identifier(table.name);
}

std::string select_list(std::span<const rows::Column> columns) {
  std::string out;
  for (const rows::Column& column : columns)
    out += (out.empty() ? "" : ",") + rows::select_expression(column);
  return out;
}

void TableReader::read(const rows::Table& table, std::span<const rows::Column> columns,
                       const TableRange& range, const OnRow& on_row, const OnChunk& on_chunk) {
  const std::string select = "SELECT " + select_list(columns) + " FROM " + sql_name(table);
  std::uint64_t in_chunk = 0;
  if (table.key.empty()) {
    gate_.pass([&] { on_chunk(0); });
    server_.stream(select, [&](mysql::Row row) {
      const bool goes_on = on_row(row);
      if (++in_chunk % kRowsToASign == 0) on_chunk(kRowsToASign);
      return goes_on;
    });
    if (in_chunk % kRowsToASign != 0) on_chunk(in_chunk % kRowsToASign);
    return;
  }
  std::string order;
  for (const std::string& name : table.key) order += (order.empty() ? "" : ",") + sql::quote_identifier(name);
  const std::vector<std::size_t> key = places_of_key(table, columns);
  TableRange rest = range;
  ChunkSize size(chunk_seconds_, table.bytes / std::max<std::uint64_t>(table.estimated_rows, 1));
  bool goes_on = true;
  for (;;) {
    gate_.pass([&] { on_chunk(0); });
    const double start = steady_seconds();
    in_chunk = 0;
    std::uint64_t bytes = 0;
    const std::uint64_t limit = size.rows();
    server_.stream(select + force_index(table) + " WHERE " + condition(rest) + " ORDER BY " + order +
                       " LIMIT " + std::to_string(limit),
                   [&](mysql::Row row) {
                     for (const rows::Value& value : row) bytes += value ? value->size() : 0;
                     if (++in_chunk == limit) {
                       rest.after.clear();
                       for (const std::size_t i : key)
                         rest.after.push_back(
                             {sql::quote_identifier(columns[i].name), rows::literal(columns[i], row[i])});
                     }
                     goes_on = on_row(row);
                     return goes_on;
                   });
    size.learn(in_chunk, bytes, steady_seconds() - start);
    release_table(server_);
    if (in_chunk != 0) on_chunk(in_chunk);
    if (in_chunk < limit || !goes_on) return;
  }
}

void TableReader::read_where(const rows::Table& table, std::span<const rows::Column> columns,
                             const std::string& condition, const OnRow& on_row) {
  gate_.pass();
  server_.stream("SELECT " + select_list(columns) + " FROM " + sql_name(table) + " WHERE " + condition,
                 on_row);
}

}  // namespace dw::extract
