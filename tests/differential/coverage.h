// Which of the rows that differ the mirror's open suspects (dw_meta.suspects) name, and how many rows they
// name in all: a net of everything would miss nothing and tell nothing.
//
// A row is found by its primary key; in a table without one, by all its columns. Keys are compared as text,
// letters of either case alike, integers by value.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/mysql/connection.h"

namespace dw::test {

// A row by its columns' names, these in lower case.
using NamedRow = std::map<std::string, std::optional<std::string>>;

// The open suspects.
class SuspectNet {
 public:
  explicit SuspectNet(mysql::Connection& mirror);

  [[nodiscard]] bool has(const std::string& schema, const std::string& table) const;
  [[nodiscard]] bool covers(const std::string& schema, const std::string& table, const NamedRow& row) const;
  // Entries by scope: keys, ids, table, all.
  [[nodiscard]] const std::array<std::size_t, 4>& by_scope() const { return by_scope_; }

 private:
  struct Range {
    std::string column;
    std::int64_t from = 0;
    std::optional<std::int64_t> to;
  };
  struct Named {
    bool whole = false;
    std::vector<Range> ranges;
    std::map<std::vector<std::string>, std::set<std::vector<std::string>>> rows;  // by their columns
  };

  static void read_keys(const std::string& text, Named& into);

  std::map<std::string, Named> tables_;  // schema.table; "schema.": every table of it; ".": everything
  std::array<std::size_t, 4> by_scope_{};
};

struct TableCoverage {
  std::string table;             // schema.name
  std::size_t rows = 0;          // on either server
  std::size_t rows_covered = 0;  // of these
  std::size_t missing = 0;       // on the mirror
  std::size_t extra = 0;
  std::size_t other_values = 0;
  std::size_t covered = 0;  // of those that differ
  bool suspect = false;     // has any open suspect
  std::string uncovered;    // the first row that differs and is not covered; empty: none

  [[nodiscard]] std::size_t differing() const { return missing + extra + other_values; }
};

// Every table that both servers have, in order.
std::vector<TableCoverage> measure_coverage(mysql::Connection& source, mysql::Connection& mirror,
                                            const SuspectNet& net, const std::vector<std::string>& schemas);

}  // namespace dw::test
