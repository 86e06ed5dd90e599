#include "loader/apply/temporary_tables.h"

#include <algorithm>
#include <cstdlib>
#include <set>

#include "common/rows/counter.h"
#include "common/sql/identifiers.h"

namespace dw::load {
namespace {

constexpr const char* kPrefix = "temporary_";

std::string full_name(const std::string& schema, const std::string& table) {
  return sql::quote_identifier(schema) + "." + sql::quote_identifier(table);
}

std::string copy_name(std::uint64_t copy) {
  return full_name("dw_meta", kPrefix + std::to_string(copy));
}

}  // namespace

void TemporaryTables::created(std::uint64_t thread, const std::string& schema, const std::string& table) {
  dropped(thread, schema, table);
  tables_.push_back({thread, schema, table, "", false});
}

void TemporaryTables::renamed(std::uint64_t thread, const std::string& schema, const std::string& table,
                              const std::string& new_schema, const std::string& new_table) {
  if (Table* found = find(thread, schema, table)) {
    found->schema = new_schema;
    found->table = new_table;
  }
}

void TemporaryTables::dropped(std::uint64_t thread, const std::string& schema, const std::string& table) {
  std::erase_if(tables_, [&](const Table& one) {
    return one.thread == thread && one.schema == schema && one.table == table;
  });
}

TemporaryTables::Table* TemporaryTables::find(std::uint64_t thread, const std::string& schema,
                                              const std::string& table) {
  const auto found = std::find_if(tables_.begin(), tables_.end(), [&](const Table& one) {
    return one.thread == thread && one.schema == schema && one.table == table;
  });
  return found == tables_.end() ? nullptr : &*found;
}

void TemporaryTables::committed() {
  for (Table& table : tables_) table.committed = true;
}

std::string TemporaryTables::put_aside(Table& table) {
  const std::string from = present_name(table);
  table.aside = "dw_aside_" + std::to_string(next_++);
  return "ALTER TABLE " + from + " RENAME TO " + present_name(table);
}

std::string TemporaryTables::put_back(Table& table) {
  const std::string from = present_name(table);
  table.aside.clear();
  return "ALTER TABLE " + from + " RENAME TO " + present_name(table);
}

std::string present_name(const TemporaryTables::Table& table) {
  return full_name(table.schema, table.aside.empty() ? table.table : table.aside);
}

std::string drop_temporary(const std::string& quoted_name) {
  return "DROP TEMPORARY TABLE IF EXISTS " + quoted_name;
}

std::vector<std::uint64_t> TemporaryCopies::present() {
  std::vector<std::uint64_t> out;
  const auto rows = connection_.rows(
      "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA='dw_meta' AND TABLE_NAME LIKE "
      "'temporary|_%' ESCAPE '|'");
  for (const auto& row : rows) {
    const std::string number = row[0].value_or("").substr(std::string(kPrefix).size());
    if (!number.empty() && number.find_first_not_of("0123456789") == std::string::npos)
      out.push_back(std::stoull(number));
  }
  return out;
}

// LIKE does not copy the counter.
std::uint64_t TemporaryCopies::next_id_of(const std::string& table) {
  const auto shown = connection_.rows("SHOW CREATE TABLE " + table);
  return rows::shown_counter(shown.at(0).at(1).value_or("")).value_or(0);
}

void TemporaryCopies::copy_rows(const std::string& from, const std::string& to) {
  std::string columns;
  for (const auto& row : connection_.rows("SHOW COLUMNS FROM " + from)) {
    const std::string extra = row.at(5).value_or("");
    const bool computed = extra.find("VIRTUAL GENERATED") != std::string::npos ||
                          extra.find("STORED GENERATED") != std::string::npos;
    if (!computed) columns += (columns.empty() ? "" : ",") + sql::quote_identifier(row.at(0).value_or(""));
  }
  connection_.execute("SET sql_mode='NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES'");
  connection_.execute("INSERT INTO " + to + " (" + columns + ") SELECT " + columns + " FROM " + from);
}

void TemporaryCopies::make(const std::string& from, TemporaryTable& table) {
  const auto others = present();
  table.copy = others.empty() ? 1 : *std::max_element(others.begin(), others.end()) + 1;
  table.next_id = next_id_of(from);
  connection_.execute("CREATE TABLE " + copy_name(table.copy) + " LIKE " + from);
}

void TemporaryCopies::fill(const TemporaryTable& table, const std::string& from) {
  copy_rows(from, copy_name(table.copy));
}

void TemporaryCopies::restore(const TemporaryTable& table, const std::string& to) {
  connection_.execute("CREATE TEMPORARY TABLE " + to + " LIKE " + copy_name(table.copy));
  if (table.next_id != 0)
    connection_.execute("ALTER TABLE " + to + " AUTO_INCREMENT=" + std::to_string(table.next_id));
  copy_rows(copy_name(table.copy), to);
}

void TemporaryCopies::drop_others(const SessionTable& sessions) {
  std::set<std::uint64_t> needed;
  for (const auto& [thread, session] : sessions.all()) {
    for (const TemporaryTable& one : session.values.temporaries) needed.insert(one.copy);
  }
  for (const std::uint64_t copy : present()) {
    if (!needed.contains(copy)) connection_.execute("DROP TABLE " + copy_name(copy));
  }
}

}  // namespace dw::load
