// Statements that change the schema.
#include <algorithm>

#include "tests/differential/generator.h"

namespace dw::workload {

// DDL commits, and waits for everybody's transactions.
bool Generator::may_alter() {
  if (!others_idle() || session_->xa) return false;
  ended();
  return true;
}

Table* Generator::table_to_alter() {
  if (tables_.empty() || !may_alter()) return nullptr;
  return &tables_[random_.below(tables_.size())];
}

bool Generator::truncate() {
  const Table* table = table_to_alter();
  if (table == nullptr) return false;
  emit(random_.pick({"TRUNCATE TABLE ", "TRUNCATE "}) + name_of(*table));
  return true;
}

bool Generator::add_column() {
  Table* table = table_to_alter();
  if (table == nullptr) return false;
  Column column = random_column(random_, weights_, "n" + std::to_string(number()));
  const std::string where = random_.pick({"", " FIRST", " AFTER "});
  emit(format({"ALTER TABLE ", name_of(*table), random_.pick({" ADD COLUMN ", " ADD "}), column.name, " ",
               column.type, column.rest, where == " AFTER " ? where + table->columns.front().name : where}));
  if (where == " FIRST") {
    table->columns.insert(table->columns.begin(), column);
  } else {
    table->columns.push_back(column);
  }
  return true;
}

bool Generator::drop_column() {
  Table* table = table_to_alter();
  if (table == nullptr || table->columns.size() < 3) return false;
  const std::string name = table->columns.back().name;
  if (table->is_key(name)) return false;
  emit(format({"ALTER TABLE ", name_of(*table), " DROP COLUMN ", name}));
  table->columns.pop_back();
  return true;
}

bool Generator::modify_column() {
  Table* table = table_to_alter();
  if (table == nullptr) return false;
  for (Column& column : table->columns) {
    if (table->is_key(column.name) || column.generated) continue;
    if (column.kind == Kind::integer) {
      column.type = "BIGINT";
    } else if (column.kind == Kind::text) {
      column.type = "VARCHAR(60) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci";
    } else {
      continue;
    }
    column.rest = " NULL";
    column.nullable = column.has_default = true;
    const std::string old = column.name;
    if (random_.percent(30)) {
      column.name = "r" + std::to_string(number());
      emit(format({"ALTER TABLE ", name_of(*table), " CHANGE ", old, " ", column.name, " ", column.type,
                   column.rest}));
    } else {
      emit(format({"ALTER TABLE ", name_of(*table), " MODIFY COLUMN ", old, " ", column.type, column.rest}));
    }
    return true;
  }
  return false;
}

bool Generator::add_index() {
  const Table* table = table_to_alter();
  if (table == nullptr) return false;
  const Column& column = random_.pick(table->columns);
  if (column.type == "BLOB" || column.type.starts_with("TEXT") || column.kind == Kind::json) return false;
  const std::string index = "i" + std::to_string(number());
  if (random_.percent(40)) {
    emit(format({"CREATE ", random_.pick({"", "UNIQUE "}), "INDEX ", index, " ON ", name_of(*table), " (",
                 column.name, ")"}));
  } else {
    emit(format({"ALTER TABLE ", name_of(*table), random_.pick({" ADD INDEX ", " ADD UNIQUE "}), index, " (",
                 column.name, ")"}));
  }
  return true;
}

bool Generator::drop_index() {
  const Table* table = table_to_alter();
  if (table == nullptr) return false;
  emit(format({"DROP INDEX ", random_.pick({"k1", "u1", "i1"}), " ON ", name_of(*table)}));
  return true;
}

bool Generator::rename_table() {
  Table* table = table_to_alter();
  if (table == nullptr) return false;
  const std::string old = name_of(*table);
  table->name = "m" + std::to_string(number());
  emit(random_.percent(50) ? "RENAME TABLE " + old + " TO " + table->qualified()
                           : "ALTER TABLE " + old + " RENAME TO " + table->qualified());
  return true;
}

bool Generator::swap_tables() {
  Table* table = table_to_alter();
  if (table == nullptr) return false;
  const std::string name = table->qualified();
  const std::string shadow = name + "_new";
  emit("CREATE TABLE " + shadow + " LIKE " + name);
  emit("INSERT INTO " + shadow + " SELECT * FROM " + name);
  emit(format({"RENAME TABLE ", name, " TO ", name, "_old, ", shadow, " TO ", name}));
  if (weights_["drop_table"] > 0) emit("DROP TABLE " + name + "_old");
  return true;
}

bool Generator::create_like() {
  const Table* table = table_to_alter();
  if (table == nullptr) return false;
  Table copy = *table;
  copy.name = "l" + std::to_string(number());
  copy.group = ++last_group_;
  emit(format({"CREATE TABLE ", name_of(copy), " LIKE ", name_of(*table)}));
  tables_.push_back(copy);
  return true;
}

bool Generator::create_select() {
  const Table* table = table_to_alter();
  if (table == nullptr) return false;
  Table copy = *table;
  copy.name = "s" + std::to_string(number());
  copy.group = ++last_group_;
  copy.key.clear();
  for (Column& column : copy.columns) column.automatic = column.generated = false;
  emit(format({"CREATE TABLE ", name_of(copy), random_.pick({" AS SELECT * FROM ", " SELECT * FROM "}),
               name_of(*table)}));
  tables_.push_back(copy);
  return true;
}

bool Generator::create_table() {
  if (!may_alter()) return false;
  make_table(session_->database, "t" + std::to_string(number()));
  return true;
}

bool Generator::drop_table() {
  if (tables_.size() < 2) return false;
  const Table* table = table_to_alter();
  if (table == nullptr) return false;
  emit(format({random_.pick({"DROP TABLE ", "DROP TABLE IF EXISTS "}), name_of(*table)}));
  tables_.erase(tables_.begin() + (table - tables_.data()));
  return true;
}

bool Generator::temporary_table() {
  if (session_->xa) return false;
  if (!session_->temporary.empty() && random_.percent(40)) {
    emit("DROP TEMPORARY TABLE " + name_of(session_->temporary.back()));
    session_->temporary.pop_back();
    return true;
  }
  std::string name = "tmp" + std::to_string(random_.between(1, 2));
  if (!tables_.empty() && random_.percent(20) && others_idle()) {
    name = tables_.front().name;  // hides the table of that name
  }
  NewTable made = random_table(random_, weights_, session_->database, name);
  made.table.temporary = true;
  const auto same = [&](const Table& t) { return t.qualified() == made.table.qualified(); };
  if (std::any_of(session_->temporary.begin(), session_->temporary.end(), same)) return false;
  emit(made.create(name, "CREATE TEMPORARY TABLE "));
  session_->temporary.push_back(made.table);
  return true;
}

// Runs once, now; by another thread.
bool Generator::event() {
  const Table* table = table_to_alter();
  if (table == nullptr) return false;
  emit(format({"CREATE EVENT ", table->database, ".e", std::to_string(number()),
               " ON SCHEDULE AT CURRENT_TIMESTAMP DO ", simple_write(*table)}));
  script_.push_back({.action = Action::wait, .number = 300});
  return true;
}

}  // namespace dw::workload
