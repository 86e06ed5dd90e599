#include "extractor/reading/table_checksum.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>

#include "common/sql/identifiers.h"
#include "common/util/clock.h"

namespace dw::extract {
namespace {

constexpr std::size_t kMostRanges = 50;

std::optional<std::int64_t> integer_of(const rows::Key& key) {
  std::int64_t out = 0;
  if (key.size() != 1) return std::nullopt;
  const std::string& text = key.front().literal;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(out) : std::nullopt;
}

// By the key alone: between two integers there are not more rows than integers.
bool has_few_rows(const rows::Table& table, const TableRange& range, std::uint64_t most) {
  if (table.key.size() != 1 || table.column(table.key.front()).kind != rows::ValueKind::integer) return false;
  const auto after = integer_of(range.after);
  const auto through = integer_of(range.through);
  return after && through && *after <= *through &&
         static_cast<std::uint64_t>(*through) - static_cast<std::uint64_t>(*after) <= most;
}

}  // namespace

std::vector<rows::RowChecksum> TableChecksum::of_ranges(const rows::Table& table, const std::string& select,
                                                        std::span<const TableRange> ranges,
                                                        const std::function<void()>& on_piece) {
  if (table_ != sql_name(table)) {
    table_ = sql_name(table);
    size_ = ChunkSize(chunk_seconds_);
    rows_in_range_ = 0;
  }
  const std::uint64_t room = rows_in_range_ == 0 ? 1 : size_.rows() / rows_in_range_;
  ranges = ranges.first(std::clamp<std::size_t>(room, 1, std::min(ranges.size(), kMostRanges)));
  const double start = steady_seconds();
  if (ranges.size() > 1) gate_.pass(on_piece);
  // Production may have more rows in them than the others of that table had.
  const TableRange all{ranges.front().after, ranges.back().through};
  const auto few = [&] {
    return has_few_rows(table, all, size_.rows()) || key_behind(table, all, size_.rows() + 1).empty();
  };
  if (ranges.size() < 2 || !few()) {
    const rows::RowChecksum one = along_key(table, select, ranges.front(), on_piece);
    rows_in_range_ = std::max<std::uint64_t>(one.rows, 1);
    return {one};
  }
  std::vector<std::string> conditions;
  for (const TableRange& range : ranges) conditions.push_back(condition(range));
  std::vector<rows::RowChecksum> out = together(table, select, conditions);
  std::uint64_t rows = 0;
  for (const rows::RowChecksum& one : out) rows += one.rows;
  size_.learn(rows, 0, steady_seconds() - start);
  on_piece();
  return out;
}

rows::RowChecksum TableChecksum::along_key(const rows::Table& table, const std::string& select,
                                           const TableRange& range, const std::function<void()>& on_piece) {
  rows::RowChecksum sum;
  TableRange piece = range;
  for (bool last = false; !last;) {
    gate_.pass(on_piece);
    const double start = steady_seconds();
    rows::Key end;
    if (!has_few_rows(table, piece, size_.rows())) end = key_behind(table, piece, size_.rows());
    last = end.empty();
    piece.through = last ? range.through : end;
    const rows::RowChecksum one = of(table, select, condition(piece));
    sum += one;
    size_.learn(one.rows, 0, steady_seconds() - start);
    piece = {std::move(end), range.through};
    on_piece();
  }
  return sum;
}

rows::RowChecksum TableChecksum::of(const rows::Table& table, const std::string& select,
                                    const std::string& condition) {
  return together(table, select, {&condition, 1}).front();
}

std::vector<rows::RowChecksum> TableChecksum::together(const rows::Table& table, const std::string& select,
                                                       std::span<const std::string> conditions) {
  std::vector<rows::RowChecksum> out(conditions.size());
  for (const auto& row : server_.rows(rows::checksum_query(select, sql_name(table), conditions)))
    out.at(std::stoul(row.at(0))) = rows::checksum_from(row.at(1), row.at(2));
  return out;
}

// The key of the last of so many rows; empty: there are not more.
rows::Key TableChecksum::key_behind(const rows::Table& table, const TableRange& range, std::uint64_t rows) {
  std::vector<rows::Column> columns;
  std::string order;
  for (const std::string& name : table.key) {
    columns.push_back(table.column(name));
    order += (order.empty() ? "" : ",") + sql::quote_identifier(name);
  }
  rows::Key out;
  server_.stream(
      "SELECT " + select_list(columns) + " FROM " + sql_name(table) + force_index(table) + " WHERE " +
          condition(range) + " ORDER BY " + order + " LIMIT " + std::to_string(rows - 1) + ",1",
      [&](mysql::Row row) {
        for (std::size_t i = 0; i < columns.size(); ++i)
          out.push_back({sql::quote_identifier(columns[i].name), rows::literal(columns[i], row[i])});
        return true;
      });
  return out;
}

}  // namespace dw::extract
