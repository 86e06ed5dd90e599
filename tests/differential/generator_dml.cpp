// Statements that read and write rows.
#include "tests/differential/generator.h"

namespace dw::workload {
namespace {

// Values that no log can tell: the seed is judged by the suspects then.
std::string nondeterministic(Random& random, const Column& column) {
  if (column.kind == Kind::datetime) return random.pick({"NOW(6)", "SYSDATE(6)"});
  if (column.kind == Kind::text) return "UUID()";
  return "FLOOR(RAND()*20)";
}

}  // namespace

std::string Generator::value_for(const Column& column, const Table& table) {
  if (column.automatic) {
    const std::size_t what = random_.below(10);
    if (what < 4) return "NULL";
    if (what == 4) return "0";
    if (what == 5) return "DEFAULT";
    return std::to_string(random_.between(1, 60));
  }
  if (values_of_the_moment_ && random_.percent(3) && !table.is_key(column.name))
    return nondeterministic(random_, column);
  if (column.kind == Kind::integer && weights_["user_variable"] > 0 && random_.percent(1)) return "@a";
  if (column.kind == Kind::integer && weights_["last_insert_id"] > 0 && random_.percent(1))
    return "LAST_INSERT_ID()";
  if (column.kind == Kind::datetime && column.digits == 0 && random_.percent(15)) return "NOW()";
  return random_literal(random_, column);
}

// The columns that an INSERT names; an automatic one is named in a third of them.
std::string Generator::columns_of(const Table& table, std::vector<const Column*>& chosen) {
  std::string list;
  for (const Column& column : table.columns) {
    if (column.generated) continue;
    const bool needed = table.is_key(column.name) || !column.has_default;
    if (column.automatic ? !random_.percent(35) : !needed && random_.percent(20)) continue;
    chosen.push_back(&column);
    list += (list.empty() ? "" : ", ") + column.name;
  }
  return list;
}

std::string Generator::value_row(const std::vector<const Column*>& columns, const Table& table) {
  std::string out = "(";
  for (std::size_t i = 0; i < columns.size(); ++i)
    out += (i == 0 ? "" : ", ") + value_for(*columns[i], table);
  return out + ")";
}

std::string Generator::insert_text(const Table& table, const std::string& verb, int rows) {
  std::vector<const Column*> columns;
  std::string out = columns_of(table, columns);
  out = verb + " " + name_of(table) + " (" + out + ") VALUES ";
  for (int i = 0; i < rows; ++i) out += (i == 0 ? "" : ", ") + value_row(columns, table);
  return out;
}

std::string Generator::assignments(const Table& table, const std::string& alias) {
  std::string out;
  const int count = random_.between(1, 2);
  for (int i = 0; i < count; ++i) {
    const Column& column = random_.pick(table.columns);
    if (column.generated || (table.is_key(column.name) && !random_.percent(8))) continue;
    const std::string name = alias + column.name;
    out += (out.empty() ? "" : ", ") + name + " = ";
    if (column.kind == Kind::integer && random_.percent(40)) {
      out += name + " + 1";
    } else if (column.kind == Kind::text && random_.percent(20)) {
      out += "CONCAT(" + name + ", 'x')";
    } else {
      out += column.automatic ? std::to_string(random_.between(1, 60)) : value_for(column, table);
    }
  }
  if (out.empty()) out = alias + table.columns.front().name + " = " + alias + table.columns.front().name;
  return out;
}

std::string Generator::key_condition(const Table& table, const std::string& alias) {
  if (table.key.empty()) {
    const Column& column = table.columns.front();
    return alias + column.name + " = " + sql_quoted(random_plain_value(random_, column));
  }
  std::string out;
  for (const std::string& name : table.key) {
    const Column* column = table.find(name);
    if (column == nullptr) continue;
    std::string value = random_plain_value(random_, *column);
    if (column->kind != Kind::integer) value = sql_quoted(value);
    out += (out.empty() ? "" : " AND ") + alias + name + " = " + value;
  }
  return out.empty() ? "1=1" : out;
}

std::string Generator::range_condition(const Table& table, const std::string& alias) {
  const Column& column = random_.pick(table.columns);
  if (column.nullable && random_.percent(15)) return alias + column.name + " IS NULL";
  if (column.kind == Kind::integer) {
    const int low = random_.between(0, 15);
    if (random_.percent(30))
      return text({alias, column.name, " IN (", std::to_string(low), ", ",
                   std::to_string(low + random_.between(1, 9)), ")"});
    return text({alias, column.name, " BETWEEN ", std::to_string(low), " AND ",
                 std::to_string(low + random_.between(1, 8))});
  }
  if (column.kind == Kind::text && random_.percent(40)) return alias + column.name + " LIKE 'a%'";
  return text({alias, column.name, random_.pick({" = ", " > ", " <= "}),
               sql_quoted(random_plain_value(random_, column))});
}

// Total, but for rows that are equal in all columns.
std::string Generator::order(const Table& table, const std::string& alias) {
  std::string out = " ORDER BY ";
  bool first = true;
  if (!table.key.empty()) {
    for (const std::string& name : table.key) {
      out += (first ? "" : ", ") + alias + name;
      first = false;
    }
    return out + (table.key.size() == 1 && random_.percent(40) ? " DESC" : "");
  }
  for (const Column& column : table.columns) {
    out += (first ? "" : ", ") + alias + column.name;
    first = false;
  }
  return out;
}

std::string Generator::simple_write(const Table& table) {
  switch (random_.below(4)) {
    case 0:
      return format(
          {"UPDATE ", name_of(table), " SET ", assignments(table), " WHERE ", key_condition(table)});
    case 1:
      return weights_["delete_key"] == 0
                 ? insert_text(table, "INSERT INTO", 2)
                 : format({"DELETE FROM ", name_of(table), " WHERE ", key_condition(table)});
    default:
      return insert_text(table, "INSERT INTO", 1);
  }
}

bool Generator::insert() {
  const Table* table = any_table();
  if (table == nullptr) return false;
  emit(insert_text(*table, random_.pick({"INSERT INTO", "INSERT INTO", "insert", "INSERT /* c */ INTO"}), 1));
  return true;
}

bool Generator::insert_rows() {
  const Table* table = any_table();
  if (table == nullptr) return false;
  emit(insert_text(*table, "INSERT INTO", random_.between(2, 6)));
  return true;
}

bool Generator::insert_select() {
  const Table* to = any_table();
  const Table* from = any_table(false);
  if (to == nullptr || from == nullptr) return false;
  std::vector<const Column*> columns;
  const std::string list = columns_of(*to, columns);
  std::string out = format({random_.pick({"INSERT INTO ", "INSERT IGNORE INTO ", "REPLACE INTO "}),
                            name_of(*to), " (", list, ") SELECT "});
  for (std::size_t i = 0; i < columns.size(); ++i) {
    out += i == 0 ? "" : ", ";
    const Column* same = from->find(columns[i]->name);
    if (columns[i]->automatic) {
      out += "NULL";
    } else if (same != nullptr && random_.percent(70)) {
      out += "s." + same->name;
    } else {
      out += value_for(*columns[i], *to) == "DEFAULT" ? "NULL" : random_literal(random_, *columns[i]);
    }
  }
  for (std::size_t at = 0; (at = out.find("DEFAULT", at)) != std::string::npos;) out.replace(at, 7, "NULL");
  emit(format({out, " FROM ", name_of(*from), " s", order(*from, "s."), " LIMIT ",
               std::to_string(random_.between(1, 8))}));
  return true;
}

bool Generator::insert_ignore() {
  const Table* table = any_table();
  if (table == nullptr) return false;
  emit(insert_text(*table, "INSERT IGNORE INTO", random_.between(1, 4)));
  return true;
}

bool Generator::insert_on_duplicate() {
  const Table* table = any_table();
  if (table == nullptr) return false;
  const std::string head = insert_text(*table, "INSERT INTO", random_.between(1, 3));
  std::string update = assignments(*table);
  const Column* automatic = table->automatic();
  const Column& column = random_.pick(table->columns);
  if (random_.percent(30) && !column.generated && !table->is_key(column.name))
    update = column.name + " = VALUES(" + column.name + ")";
  if (automatic != nullptr && weights_["last_insert_id"] > 0 && random_.percent(20)) {
    update += ", " + automatic->name + " = LAST_INSERT_ID(" + automatic->name + ")";
  }
  emit(head + " ON DUPLICATE KEY UPDATE " + update);
  return true;
}

bool Generator::insert_set() {
  const Table* table = any_table();
  if (table == nullptr) return false;
  std::vector<const Column*> columns;
  columns_of(*table, columns);
  std::string out = format({random_.pick({"INSERT INTO ", "REPLACE INTO ", "INSERT LOW_PRIORITY INTO "}),
                            name_of(*table), " SET "});
  for (std::size_t i = 0; i < columns.size(); ++i) {
    out += (i == 0 ? "" : ", ") + columns[i]->name + " = ";
    out += value_for(*columns[i], *table);
  }
  if (columns.empty()) return false;
  emit(out);
  return true;
}

bool Generator::replace() {
  const Table* table = any_table();
  if (table == nullptr) return false;
  emit(insert_text(
      *table,
      random_.pick({"REPLACE INTO", "REPLACE", "REPLACE DELAYED"}) == "REPLACE" ? "REPLACE" : "REPLACE INTO",
      random_.between(1, 3)));
  return true;
}

bool Generator::update_key() {
  const Table* table = any_table();
  if (table == nullptr) return false;
  emit(format({"UPDATE ", name_of(*table), " SET ", assignments(*table), " WHERE ", key_condition(*table)}));
  return true;
}

bool Generator::update_range() {
  const Table* table = any_table();
  if (table == nullptr) return false;
  emit(format({random_.pick({"UPDATE ", "UPDATE IGNORE "}), name_of(*table), " SET ", assignments(*table),
               " WHERE ", range_condition(*table)}));
  return true;
}

bool Generator::update_limit() {
  const Table* table = any_table();
  if (table == nullptr) return false;
  emit(format({"UPDATE ", name_of(*table), " SET ", assignments(*table), order(*table), " LIMIT ",
               std::to_string(random_.between(1, 4))}));
  return true;
}

bool Generator::update_join() {
  const Table* one = any_table(false);
  const Table* other = any_table(false);
  if (one == nullptr || other == nullptr || one == other) return false;
  const std::string on = "x." + one->columns.front().name + " = y." + other->columns.front().name;
  if (random_.percent(50)) {
    emit(format({"UPDATE ", name_of(*one), " x JOIN ", name_of(*other), " y ON ", on, " SET ",
                 assignments(*one, "x.")}));
  } else {
    emit(format({"UPDATE ", name_of(*one), " x, ", name_of(*other), " y SET ", assignments(*one, "x."),
                 " WHERE ", on, " AND ", range_condition(*other, "y.")}));
  }
  return true;
}

bool Generator::update_subquery() {
  const Table* one = any_table(false);
  const Table* other = any_table(false);
  if (one == nullptr || other == nullptr || one == other) return false;
  emit(format({"UPDATE ", name_of(*one), " SET ", assignments(*one), " WHERE ", one->columns.front().name,
               " IN (SELECT ", other->columns.front().name, " FROM ", name_of(*other), " WHERE ",
               range_condition(*other), ")"}));
  return true;
}

bool Generator::delete_key() {
  const Table* table = any_table();
  if (table == nullptr) return false;
  emit(format({"DELETE FROM ", name_of(*table), " WHERE ", key_condition(*table)}));
  return true;
}

bool Generator::delete_range() {
  const Table* table = any_table();
  if (table == nullptr) return false;
  emit(format({"DELETE FROM ", name_of(*table), " WHERE ", range_condition(*table)}));
  return true;
}

bool Generator::delete_limit() {
  const Table* table = any_table();
  if (table == nullptr) return false;
  emit(format(
      {"DELETE FROM ", name_of(*table), order(*table), " LIMIT ", std::to_string(random_.between(1, 3))}));
  return true;
}

bool Generator::delete_join() {
  const Table* one = any_table(false);
  const Table* other = any_table(false);
  if (one == nullptr || other == nullptr || one == other) return false;
  const std::string on = "x." + one->columns.front().name + " = y." + other->columns.front().name;
  const std::string victims = random_.pick({"x", "y", "x, y"});
  if (random_.percent(50)) {
    emit(format({"DELETE ", victims, " FROM ", name_of(*one), " x JOIN ", name_of(*other), " y ON ", on}));
  } else {
    emit(format(
        {"DELETE FROM ", victims, " USING ", name_of(*one), " AS x, ", name_of(*other), " AS y WHERE ", on}));
  }
  return true;
}

bool Generator::select() {
  const Table* table = any_table();
  if (table == nullptr) return false;
  emit(format({"SELECT * FROM ", name_of(*table), " WHERE ", range_condition(*table),
               random_.pick({"", "", " FOR UPDATE"})}));
  return true;
}

bool Generator::error() {
  const Table* table = any_table();
  if (table == nullptr) return false;
  const std::string name = name_of(*table);
  switch (random_.below(8)) {
    case 0:
      emit("INSER INTO " + name + " VALUES (1)");
      break;
    case 1:
      emit("INSERT INTO " + name + " VALUES (1,,2)");
      break;
    case 2:
      emit("UPDATE no_such_table SET a=1");
      break;
    case 3:
      emit("UPDATE " + name + " SET no_such_column = 1");
      break;
    case 4:
      emit("INSERT INTO " + name + " (" + table->columns.back().name + ") VALUES ('" + std::string(60, 'y') +
           "')");
      break;
    case 5:
      emit("INSERT INTO " + name + " () VALUES (1, 2)");
      break;
    case 6:
      emit("INSERT INTO " + name + " (" + table->columns.front().name + ") VALUES (NULL), (1), (1)");
      break;
    default:
      emit("DELETE FROM " + name + " WHERE 'open");
  }
  return true;
}

bool Generator::user_variable() {
  const Table* table = any_table();
  if (table == nullptr) return false;
  const std::string first = table->columns.front().name;
  switch (random_.below(4)) {
    case 0:
      emit("SET @a = " + std::to_string(random_.below(20)) + ", @b := 'it''s'");
      break;
    case 1:
      emit(format({"SELECT MAX(", first, ") INTO @a FROM ", name_of(*table)}));
      break;
    case 2:
      emit(format({"SELECT @a := COUNT(*) FROM ", name_of(*table)}));
      break;
    default: {
      const Column& column = random_.pick(table->columns);
      if (column.generated) return false;
      emit(format(
          {"UPDATE ", name_of(*table), " SET ", column.name, " = @a WHERE ", range_condition(*table)}));
    }
  }
  return true;
}

bool Generator::last_insert_id() {
  const Table* from = any_table();
  const Table* to = any_table();
  if (from == nullptr || to == nullptr) return false;
  if (random_.percent(50)) emit(insert_text(*from, "INSERT INTO", random_.between(1, 2)));
  for (const Column& column : to->columns) {
    if (column.kind != Kind::integer || column.generated || column.automatic) continue;
    if (random_.percent(60)) {
      emit(format({"UPDATE ", name_of(*to), " SET ", column.name, " = LAST_INSERT_ID() WHERE ",
                   range_condition(*to)}));
    } else {
      emit(format({"UPDATE ", name_of(*to), " SET ", column.name, " = LAST_INSERT_ID(", column.name,
                   " + 1) WHERE ", key_condition(*to)}));
    }
    return true;
  }
  return false;
}

bool Generator::sql_prepare() {
  const Table* table = any_table();
  if (table == nullptr) return false;
  if (random_.percent(50)) {
    emit("PREPARE p1 FROM " + sql_quoted(simple_write(*table)));
    emit("EXECUTE p1");
    if (random_.percent(40)) emit("EXECUTE p1");
  } else {
    const Column& column = random_.pick(table->columns);
    if (column.generated) return false;
    emit("PREPARE p1 FROM " + sql_quoted(format({"UPDATE ", name_of(*table), " SET ", column.name,
                                                 " = ? WHERE ", range_condition(*table)})));
    emit("SET @p = " + (column.automatic ? std::to_string(random_.between(1, 60))
                                         : sql_quoted(random_plain_value(random_, column))));
    emit("EXECUTE p1 USING @p");
  }
  if (random_.percent(60)) emit("DEALLOCATE PREPARE p1");
  return true;
}

bool Generator::binary_prepared() {
  const Table* table = any_table();
  if (table == nullptr) return false;
  std::vector<const Column*> columns;
  const std::string list = columns_of(*table, columns);
  Step step{.action = Action::prepared};
  std::string marks;
  for (const Column* column : columns) {
    marks += marks.empty() ? "?" : ", ?";
    const bool null = column->automatic ? random_.percent(50) : column->nullable && random_.percent(10);
    step.parameters.push_back(null ? std::nullopt : std::optional(random_plain_value(random_, *column)));
  }
  step.text = format({random_.pick({"INSERT INTO ", "REPLACE INTO ", "INSERT IGNORE "}), name_of(*table),
                      " (", list, ") VALUES (", marks, ")"});
  emit(step);
  return true;
}

bool Generator::multi_statement() {
  std::string packet;
  const int count = random_.between(2, 4);
  for (int i = 0; i < count; ++i) {
    const Table* table = any_table();
    if (table == nullptr) return false;
    packet += (i == 0 ? "" : random_.pick({"; ", ";", ";\n"})) + simple_write(*table);
  }
  emit(packet + (random_.percent(30) ? ";" : ""));
  return true;
}

bool Generator::call() {
  if (procedures_.empty()) return false;
  const Routine& routine = random_.pick(procedures_);
  if (!free_group(routine.group)) return false;
  touch(routine.group);
  emit(format({"CALL ", routine.database, ".", routine.name, "(", std::to_string(random_.below(20)),
               routine.out_parameter ? ", @a)" : ")"}));
  if (routine.ends_transaction) ended();
  return true;
}

bool Generator::call_function() {
  if (functions_.empty()) return false;
  const Routine& routine = random_.pick(functions_);
  if (!free_group(routine.group)) return false;
  const std::string call =
      format({routine.database, ".", routine.name, "(", std::to_string(random_.below(20)), ")"});
  const Table* table = any_table(false);
  touch(routine.group);
  if (table == nullptr || random_.percent(40)) {
    emit(random_.pick({"SELECT ", "DO ", "SET @a = "}) + call);
    return true;
  }
  for (const Column& column : table->columns) {
    if (column.kind != Kind::integer || column.generated || table->is_key(column.name)) continue;
    emit(format(
        {"UPDATE ", name_of(*table), " SET ", column.name, " = ", call, " WHERE ", key_condition(*table)}));
    return true;
  }
  emit("SELECT " + call);
  return true;
}

bool Generator::view_write() {
  if (views_.empty()) return false;
  const View& view = random_.pick(views_);
  const Table* table = find_table(view.table);
  if (table == nullptr || !free_group(table->group)) return false;
  touch(table->group);
  if (random_.percent(50)) {
    emit(format({"UPDATE ", view.name, " SET ", assignments(*table), " WHERE ", key_condition(*table)}));
  } else if (random_.percent(50) && weights_["delete_key"] > 0) {
    emit(format({"DELETE FROM ", view.name, " WHERE ", key_condition(*table)}));
  } else {
    std::vector<const Column*> columns;
    const std::string list = columns_of(*table, columns);
    emit(format({"INSERT INTO ", view.name, " (", list, ") VALUES ", value_row(columns, *table)}));
  }
  return true;
}

}  // namespace dw::workload
