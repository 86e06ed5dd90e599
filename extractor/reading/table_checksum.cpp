#include "extractor/reading/table_checksum.h"

#include <chrono>

#include "common/sql/identifiers.h"

namespace dw::extract {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace

rows::RowChecksum TableChecksum::along_key(const rows::Table& table, const std::string& select,
                                           const TableRange& range, const std::function<void()>& on_piece) {
  if (table_ != sql_name(table)) size_ = ChunkSize(chunk_seconds_);
  table_ = sql_name(table);
  rows::RowChecksum sum;
  TableRange piece = range;
  for (bool last = false; !last;) {
    gate_.pass(on_piece);
    const auto start = Clock::now();
    rows::Key end = key_behind(table, piece, size_.rows());
    last = end.empty();
    piece.through = last ? range.through : end;
    const rows::RowChecksum one = of(table, select, condition(piece));
    sum += one;
    size_.learn(one.rows, 0, seconds_since(start));
    piece = {std::move(end), range.through};
    on_piece();
  }
  return sum;
}

rows::RowChecksum TableChecksum::of(const rows::Table& table, const std::string& select,
                                    const std::string& condition) {
  const auto row =
      server_.rows("SELECT " + select + " FROM " + sql_name(table) + " WHERE " + condition).at(0);
  return rows::checksum_from(row.at(0), row.at(1));
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
