// What the generator knows of a table, and how it makes one up.
#pragma once

#include <string>
#include <vector>

#include "tests/differential/random.h"
#include "tests/differential/weights.h"

namespace dw::workload {

enum class Kind {
  integer,
  decimal,
  floating,
  date,
  datetime,
  time,
  year,
  text,
  binary,
  bit,
  choice,
  choices,
  json
};

struct Column {
  std::string name{};
  std::string type{};  // as in CREATE TABLE, with character set and collation
  std::string rest{};  // behind the type: NOT NULL, DEFAULT, AUTO_INCREMENT, AS (…)
  Kind kind = Kind::integer;
  int high = 20;   // integers: the values used; texts: the longest
  int digits = 0;  // of fractions of a second
  bool nullable = true;
  bool automatic = false;  // AUTO_INCREMENT
  bool generated = false;
  bool has_default = true;
};

struct Table {
  std::string database{};
  std::string name{};
  std::vector<Column> columns{};
  std::vector<std::string> key{};  // the primary key's columns
  int group = 0;                   // tables that one statement may touch together: triggers, foreign keys
  bool transactional = true;
  bool temporary = false;

  [[nodiscard]] const Column* find(const std::string& column) const;
  [[nodiscard]] const Column* automatic() const;
  [[nodiscard]] bool is_key(const std::string& column) const;
  [[nodiscard]] std::string qualified() const { return database + "." + name; }
};

// A column of any type but AUTO_INCREMENT.
Column random_column(Random& random, const Weights& weights, const std::string& name);

// A table and the text that creates it. Foreign keys are added by the caller: `more` stands before the ")".
struct NewTable {
  Table table;
  std::vector<std::string> items;  // of the CREATE TABLE's list
  std::string options;             // behind the list
  [[nodiscard]] std::string create(const std::string& name,
                                   const std::string& prefix = "CREATE TABLE ") const;
};
NewTable random_table(Random& random, const Weights& weights, const std::string& database,
                      const std::string& name);

// A value of the column's type as a literal; now and then NULL or one that the column refuses or cuts.
std::string random_literal(Random& random, const Column& column);
// The same as text without quotes, for parameters.
std::string random_plain_value(Random& random, const Column& column);
// 'text' with quotes and escapes.
std::string sql_quoted(const std::string& bytes);

}  // namespace dw::workload
