// Finds the rows of a restore on the mirror: those that were asked for, and by foreign keys those that they
// need.
//
// Reads only, in one consistent snapshot. Keys and references of integers, dates and the like go many to a
// query; those of characters are looked for one by one, so that the column's own collation says what is
// equal. The rows are kept in memory.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/mysql/connection.h"
#include "loader/restore/catalog.h"
#include "loader/restore/image_query.h"
#include "loader/restore/plan.h"
#include "loader/restore/row_state.h"

namespace dw::load::restore {

struct Request {
  sql::TableName table{};
  Condition where{};
  std::string as_of{};         // "2026-11-21 01:02:03.000000", UTC; empty: the last state
  bool with_children = false;  // rows that reference the picked ones, too
};

class Collector {
 public:
  // `target`: where the rows will go, for tables that the mirror has no more; may be null. Both must outlive
  // the collector.
  Collector(mysql::Connection& mirror, Catalog* target);

  // Throws Error(usage) where the request names what is not there, and mysql::SqlError.
  Plan collect(const Request& request);

 private:
  struct Image {
    Origin origin{};
    Row row{};
    bool wanted = false;
  };
  using Key = std::vector<Value>;
  using Found = std::map<Key, std::vector<std::size_t>>;  // rows of the plan by what was looked for

  void open_snapshot(const Request& request);
  std::optional<std::size_t> shape_of(const sql::TableName& table);
  std::optional<Shape> read_shape(const sql::TableName& table);

  std::vector<Image> images(std::size_t shape, std::size_t branch, const Condition& condition,
                            const Condition& wanted);
  std::vector<Row> pick(std::size_t shape, const Condition& condition);
  std::vector<Row> pick_by_keys(std::size_t shape, const std::vector<Key>& keys, const Condition& wanted);
  std::vector<std::size_t> add(std::vector<Row> rows, Part part);

  void add_children();
  void add_children_of(std::size_t shape, const std::vector<std::size_t>& rows);
  void add_parents();
  void add_parents_of(const ForeignKey& foreign_key, const std::vector<std::size_t>& rows);
  void look_up(std::size_t shape, const std::vector<std::string>& columns, const std::vector<Key>& keys,
               Found& found);

  mysql::Connection& mirror_;
  Catalog catalog_;
  Catalog* target_;
  Request request_;
  Plan plan_;
  std::map<std::pair<std::string, std::string>, std::optional<std::size_t>> shapes_;
  std::map<std::pair<std::size_t, Key>, std::vector<std::size_t>> places_;  // of rows that are the same
  std::map<std::string, Found> looked_up_;                                  // by parent table and columns
  std::set<std::string> missing_;
};

}  // namespace dw::load::restore
