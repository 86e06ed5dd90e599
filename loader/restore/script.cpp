#include "loader/restore/script.h"

#include <map>

#include "common/sql/identifiers.h"

namespace dw::load::restore {
namespace {

struct ColumnLists {
  std::string names;     // `a`,`b`
  std::string literals;  // 1,'x'
};

ColumnLists written_columns(const Branch& branch, const Row& row) {
  ColumnLists out;
  for (std::size_t i = 0; i < branch.columns.size(); ++i) {
    if (branch.columns[i].generated) continue;
    const char* comma = out.names.empty() ? "" : ",";
    out.names += comma + sql::quote_identifier(branch.columns[i].name);
    out.literals += comma + literal(branch.columns[i], row.values[i]);
  }
  return out;
}

class Writer {
 public:
  Writer(const Plan& plan, Existing existing, const std::function<void(Statement)>& sink)
      : plan_(plan), existing_(existing), sink_(sink) {}

  void write(const Group& group) {
    if (group.circular) sink_({Statement::Kind::other, 0, "SET foreign_key_checks=0"});
    for (const std::size_t row : group.nodes) write_row(row);
    if (!group.circular) return;
    sink_({Statement::Kind::other, 0, "SET foreign_key_checks=1"});
    for (const std::size_t row : group.nodes) check_references(row);
  }

 private:
  [[nodiscard]] const Shape& shape_of(const Row& row) const { return plan_.shapes[row.shape]; }
  [[nodiscard]] const Branch& branch_of(const Row& row) const { return shape_of(row).branches[row.branch]; }

  [[nodiscard]] std::string key_condition(const Row& row) const {
    const auto& key = shape_of(row).key;
    const std::vector<Column> columns = columns_of(plan_, row, key);
    const std::vector<Value> values = values_of(plan_, row, key);
    std::string out;
    for (std::size_t i = 0; i < columns.size(); ++i)
      out += (i == 0 ? "" : " AND ") + equals(columns[i], values[i]);
    return out;
  }

  // Rows without a key are known by everything in them.
  [[nodiscard]] std::string whole_row_condition(const Row& row) const {
    const Branch& branch = branch_of(row);
    std::string out;
    for (std::size_t i = 0; i < branch.columns.size(); ++i) {
      if (branch.columns[i].generated) continue;
      out += (out.empty() ? "" : " AND ") + is_identical(branch.columns[i], row.values[i]);
    }
    return out;
  }

  void write_row(std::size_t number) {
    const Row& row = plan_.rows[number];
    const std::string table = quoted(shape_of(row).name);
    const ColumnLists columns = written_columns(branch_of(row), row);
    const std::string head =
        "INSERT INTO " + table + " (" + columns.names + ") SELECT " + columns.literals + " FROM DUAL WHERE ";
    if (!has_key(plan_, row)) {
      const std::string same = whole_row_condition(row);
      // The n-th of n rows that are alike is wanted where there are fewer than n.
      const std::size_t copies = ++copies_[table + " " + same];
      const std::string count = "(SELECT COUNT(*) FROM " + table + " WHERE " + same + ")<";
      return sink_({Statement::Kind::insert, number, head + count + std::to_string(copies)});
    }
    const std::string key = key_condition(row);
    if (overwrites(row)) write_update(number, table, key);
    sink_({Statement::Kind::insert, number,
           head + "NOT EXISTS (SELECT 1 FROM " + table + " WHERE " + key + ")"});
  }

  [[nodiscard]] bool overwrites(const Row& row) const {
    return existing_ == Existing::overwrite_all ||
           (existing_ == Existing::overwrite && row.part == Part::picked);
  }

  void write_update(std::size_t number, const std::string& table, const std::string& key) {
    const Row& row = plan_.rows[number];
    const Branch& branch = branch_of(row);
    std::string list;
    for (std::size_t i = 0; i < branch.columns.size(); ++i) {
      const Column& column = branch.columns[i];
      if (column.generated) continue;
      list += (list.empty() ? "" : ",") + sql::quote_identifier(column.name) + "=" +
              literal(column, row.values[i]);
    }
    sink_({Statement::Kind::update, number, "UPDATE " + table + " SET " + list + " WHERE " + key});
  }

  // "Subquery returns more than 1 row" (error 1242) where the row references nothing.
  void check_references(std::size_t number) {
    const Row& row = plan_.rows[number];
    for (const ForeignKey& foreign_key : shape_of(row).foreign_keys) {
      const std::vector<Column> columns = columns_of(plan_, row, foreign_key.columns);
      const std::vector<Value> values = values_of(plan_, row, foreign_key.columns);
      std::string match;
      bool references = !values.empty();
      for (std::size_t i = 0; i < values.size(); ++i) {
        Column parent = columns[i];
        parent.name = foreign_key.parent_columns[i];
        match += (i == 0 ? "" : " AND ") + equals(parent, values[i]);
        references = references && values[i];
      }
      if (!references) continue;
      sink_({Statement::Kind::other, number,
             "SET @dw_check=(SELECT 1 UNION ALL SELECT 2 FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM " +
                 quoted(foreign_key.parent) + " WHERE " + match + "))"});
    }
  }

  const Plan& plan_;
  Existing existing_;
  const std::function<void(Statement)>& sink_;
  std::map<std::string, std::size_t> copies_;
};

}  // namespace

std::vector<std::string> session_statements() {
  return {"SET NAMES utf8mb4", std::string("SET time_zone='+00:00', sql_mode='") + kSqlMode +
                                   "', foreign_key_checks=1, unique_checks=1"};
}

void write_rows(const Plan& plan, Existing existing, const std::function<void(Statement)>& sink) {
  Writer writer(plan, existing, sink);
  for (const Group& group : order_of(plan)) writer.write(group);
}

}  // namespace dw::load::restore
