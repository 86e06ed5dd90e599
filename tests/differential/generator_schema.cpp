// The schema that a workload starts with.
#include "tests/differential/generator.h"

namespace dw::workload {

void Generator::make_schema() {
  const bool two = percent("schema_two_databases");
  emit("CREATE DATABASE app");
  if (two) emit("CREATE DATABASE app2");
  emit("USE app");
  session_->database = "app";
  const int count = random_.between(1, 5);
  for (int i = 1; i <= count; ++i) {
    make_table(two && random_.percent(30) ? "app2" : "app", "t" + std::to_string(number()));
  }
  for (int i = 0; i < count; ++i) {
    if (percent("schema_trigger")) make_trigger();
    if (percent("schema_trigger")) make_trigger();
  }
  if (percent("schema_function")) make_function();
  if (percent("schema_procedure")) make_procedure();
  if (percent("schema_procedure")) make_procedure();
  if (percent("schema_view")) make_view();
  // Some rows to begin with.
  for (const Table& table : tables_) emit(insert_text(table, "INSERT IGNORE INTO", random_.between(1, 4)));
}

void Generator::make_table(const std::string& database, const std::string& name) {
  NewTable made = random_table(random_, weights_, database, name);
  Table& table = made.table;
  table.group = ++last_group_;
  if (percent("schema_foreign_key") && table.transactional && !tables_.empty()) {
    const Table parent = random_.pick(tables_);
    const Column* key = parent.key.size() == 1 ? parent.find(parent.key[0]) : nullptr;
    if (parent.transactional && key != nullptr && key->kind == Kind::integer) {
      made.items.push_back("ref " + key->type + " NULL");
      std::string clause = "FOREIGN KEY (ref) REFERENCES " + parent.qualified() + " (" + key->name + ")";
      if (percent("schema_cascade")) {
        clause += random_.pick(
            {" ON DELETE CASCADE", " ON DELETE SET NULL", " ON DELETE CASCADE ON UPDATE CASCADE"});
      }
      made.items.push_back(clause);
      table.columns.push_back({.name = "ref", .type = key->type});
      table.group = parent.group;
    }
  }
  emit(made.create(name_of(table)));
  tables_.push_back(table);
}

void Generator::merge_groups(int one, int other) {
  for (Table& table : tables_) {
    if (table.group == other) table.group = one;
  }
  for (Routine& routine : functions_) {
    if (routine.group == other) routine.group = one;
  }
  for (Routine& routine : procedures_) {
    if (routine.group == other) routine.group = one;
  }
}

// A table that the body for `than` may write to: one behind it, so that nothing fires in a circle.
const Table* Generator::inner_target(const Table* than) {
  const std::size_t first = than == nullptr ? 0 : static_cast<std::size_t>(than - tables_.data()) + 1;
  if (first >= tables_.size()) return nullptr;
  return &tables_[first + random_.below(tables_.size() - first)];
}

// One write of a body. `values` are integer expressions that the body knows.
std::string Generator::inner_statement(const Table& table, const std::vector<std::string>& values) {
  std::vector<const Column*> columns;
  const std::string list = columns_of(table, columns);
  const std::string verb = random_.pick({"INSERT INTO ", "INSERT IGNORE INTO ", "REPLACE INTO "});
  switch (random_.below(4)) {
    case 0:
      for (const Column& column : table.columns) {
        if (column.kind != Kind::integer || column.generated || column.automatic) continue;
        return format({"UPDATE ", table.qualified(), " SET ", column.name, " = ", column.name, " + 1 WHERE ",
                       key_condition(table)});
      }
      [[fallthrough]];
    case 1:
      if (weights_["delete_key"] > 0 && random_.percent(30)) {
        return format({"DELETE FROM ", table.qualified(), " WHERE ", table.columns.front().name, " = ",
                       random_.pick(values)});
      }
      [[fallthrough]];
    default:
      break;
  }
  std::string row;
  for (const Column* column : columns) {
    row += row.empty() ? "" : ", ";
    row += column->kind == Kind::integer && !column->automatic && random_.percent(70)
               ? random_.pick(values)
               : value_for(*column, table);
  }
  return format({verb, table.qualified(), " (", list, ") VALUES (", row, ")"});
}

void Generator::make_trigger() {
  const Table& table = tables_[random_.below(tables_.size())];
  const std::string time = random_.pick({"BEFORE", "AFTER"});
  const std::string event = random_.pick({"INSERT", "UPDATE", "DELETE"});
  const std::string slot = table.qualified() + time + event;
  if (!triggers_.insert(slot).second) return;
  const std::string row =
      event == "DELETE" ? "OLD." : random_.pick({"NEW.", event == "UPDATE" ? "OLD." : "NEW."});
  std::vector<std::string> values{"7"};
  std::string settable;
  for (const Column& column : table.columns) {
    if (column.kind != Kind::integer) continue;
    values.push_back(row + column.name);
    if (!column.generated && !column.automatic && !table.is_key(column.name)) settable = column.name;
  }
  std::string body;
  const Table* target = percent("schema_nested_trigger") || table.group != 0 ? inner_target(&table) : nullptr;
  if (time == "BEFORE" && event != "DELETE" && !settable.empty() && random_.percent(40)) {
    body = "SET NEW." + settable + " = NEW." + settable + " + 1";
  } else if (target != nullptr) {
    merge_groups(table.group, target->group);
    body = inner_statement(*target, values);
    if (random_.percent(30)) {
      body = format({"IF ", values.back(), " > 5 THEN ", body, "; ELSE ", inner_statement(*target, values),
                     "; END IF"});
    }
    if (random_.percent(25)) body += "; " + inner_statement(*target, values);
  } else {
    return;
  }
  emit(format({"CREATE TRIGGER ", table.database, ".g", std::to_string(number()), " ", time, " ", event,
               " ON ", table.qualified(), " FOR EACH ROW BEGIN ", body, "; END"}));
}

void Generator::make_function() {
  const Table& table = random_.pick(tables_);
  Routine routine{.database = table.database, .name = "f" + std::to_string(number()), .group = table.group};
  std::string body = inner_statement(table, {"x", "x + 1"});
  if (random_.percent(40)) body = "IF x > 8 THEN " + body + "; END IF";
  emit(format({"CREATE FUNCTION ", routine.database, ".", routine.name,
               "(x INT) RETURNS INT MODIFIES SQL DATA BEGIN ", body, "; RETURN x + 1; END"}));
  functions_.push_back(routine);
}

void Generator::make_procedure() {
  const Table& table = random_.pick(tables_);
  Routine routine{.database = table.database, .name = "p" + std::to_string(number()), .group = table.group};
  routine.out_parameter = weights_["user_variable"] > 0 && random_.percent(30);
  routine.ends_transaction = random_.percent(30);
  std::string body;
  if (random_.percent(30)) body += "DECLARE CONTINUE HANDLER FOR SQLEXCEPTION BEGIN END; ";
  if (routine.ends_transaction) body += "START TRANSACTION; ";
  body += inner_statement(table, {"x", "x + 2"}) + "; ";
  if (random_.percent(40)) body += "IF x MOD 2 = 0 THEN " + inner_statement(table, {"x"}) + "; END IF; ";
  if (random_.percent(20))
    body += "WHILE x > 15 DO " + inner_statement(table, {"x"}) + "; SET x = x - 1; END WHILE; ";
  if (routine.ends_transaction) body += random_.pick({"COMMIT; ", "ROLLBACK; ", "COMMIT; "});
  if (routine.out_parameter) body += "SET y = x * 2; ";
  emit(format({"CREATE PROCEDURE ", routine.database, ".", routine.name,
               routine.out_parameter ? "(x INT, OUT y INT)" : "(x INT)", " BEGIN ", body, "END"}));
  procedures_.push_back(routine);
}

void Generator::make_view() {
  const Table& table = random_.pick(tables_);
  View view{table.database + ".v" + std::to_string(number()), table.qualified()};
  emit(format(
      {"CREATE VIEW ", view.name, " AS SELECT * FROM ", view.table, random_.pick({"", " WHERE 1=1"})}));
  views_.push_back(view);
}

}  // namespace dw::workload
