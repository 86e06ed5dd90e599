// The policy `archive`: live tables stay equal to production's, and what leaves them is kept beside them.
//
// How: loader/retention/archive/archive.md. Rows that DELETE and its like take are kept by triggers; this
// says what must be kept before a statement runs that fires none.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "loader/retention/archive/archive_table.h"
#include "loader/retention/archive/names.h"
#include "loader/retention/retention.h"

namespace dw::load {

// Sends a table's rows to tables of their own: to `<table>__<value>` where `expression` over OLD gives one of
// `values`, to the table's ordinary archive else.
struct ArchiveRoute {
  std::string expression;
  std::vector<std::string> values;
};

struct ArchiveOptions {
  SplitBy split_by = SplitBy::none;
  History history = History::keys;
  std::map<TableId, ArchiveRoute> routes;
};

class Archive : public Retention {
 public:
  explicit Archive(ArchiveOptions options) : options_(std::move(options)) {}
  [[nodiscard]] Ruling rule(const sql::Statement& statement) const override;
  [[nodiscard]] const ArchiveOptions* archive() const override { return &options_; }

 private:
  ArchiveOptions options_;
};

}  // namespace dw::load
