#include "loader/verify/repairer.h"

#include <algorithm>
#include <map>

#include "common/rows/key_range.h"
#include "common/rows/row_line.h"
#include "common/sql/identifiers.h"
#include "loader/baseline/insert_packets.h"

namespace dw::load {
namespace {

constexpr std::size_t kRowsInStatement = 200;
constexpr unsigned kDuplicate = 1062;  // ER_DUP_ENTRY

std::string quoted_hex(const std::string& bytes) {
  const std::string literal = hex_literal(bytes);  // x'…'
  return literal.substr(1);
}

}  // namespace

// By the key; without one by everything, and as many of them as are asked for.
std::string Repairer::same_row(const StoredRow& row) const {
  std::string out;
  const auto add = [&](const std::string& part) { out += (out.empty() ? "" : " AND ") + part; };
  for (const std::size_t place : key_) {
    const rows::Column& column = (*columns_)[place];
    const auto& value = row[place];
    add(sql::quote_identifier(column.name) + "=" +
        rows::literal(column, value ? std::optional<std::string_view>(*value) : std::nullopt));
  }
  if (!key_.empty()) return out;
  for (std::size_t i = 0; i < columns_->size(); ++i) {
    const std::string expression = rows::select_expression((*columns_)[i]);
    // As bytes: no collation and no rounding may take another row for it.
    add(row[i] ? "HEX(CAST(" + expression + " AS BINARY))=" + quoted_hex(*row[i]) : expression + " IS NULL");
  }
  return out;
}

std::string Repairer::insert_text(const StoredRow& row) const {
  std::string text;
  InsertPackets packets([&](const std::string& sql) { text = sql; });
  packets.begin(*table_);
  const std::vector<rows::Value> values(row.begin(), row.end());
  packets.add(values);
  packets.flush();
  return text;
}

void Repairer::note(const RepairPlace& place, const std::vector<const StoredRow*>& rows) {
  std::vector<LedgerEntry> entries;
  for (const StoredRow* row : rows) {
    LedgerEntry& entry = entries.emplace_back();
    entry.cursor = place.cursor;
    entry.time = place.time;
    entry.user_host = "dw-load";
    entry.database = table_->schema;
    entry.action = "displaced";
    entry.reason = place.reason;
    entry.text = insert_text(*row);
  }
  Bookkeeping(tables_.connection()).add(0, entries);
}

void Repairer::set_reason(mysql::Connection& mirror, const RepairPlace& place) {
  mirror.execute("SET @dw_reason='" + std::string(place.reason) + "', @dw_at=" + time_literal(place.time) +
                 ", @dw_event=" + hex_literal(place.cursor));
}

void Repairer::remove(const RepairPlace& place, const std::vector<const StoredRow*>& rows) {
  if (rows.empty()) return;
  mysql::Connection& mirror = tables_.connection();
  if (!archived_) note(place, rows);
  set_reason(mirror, place);
  const std::string head = "DELETE FROM " + sql_name(*table_) + " WHERE ";
  if (key_.empty()) {
    for (const StoredRow* row : rows) mirror.execute(head + same_row(*row) + " LIMIT 1");
    return;
  }
  for (std::size_t i = 0; i < rows.size(); i += kRowsInStatement) {
    std::string any;
    for (std::size_t j = i; j < std::min(i + kRowsInStatement, rows.size()); ++j)
      any += (any.empty() ? "(" : " OR (") + same_row(*rows[j]) + ")";
    mirror.execute(head + any);
  }
}

void Repairer::insert(const std::vector<const StoredRow*>& rows) {
  mysql::Connection& mirror = tables_.connection();
  for (std::size_t i = 0; i < rows.size(); i += kRowsInStatement) {
    const std::size_t end = std::min(i + kRowsInStatement, rows.size());
    mirror.execute("SAVEPOINT dw_rows");
    try {
      InsertPackets packets([&](const std::string& sql) { mirror.execute(sql); });
      packets.begin(*table_);
      for (std::size_t j = i; j < end; ++j) {
        const std::vector<rows::Value> values(rows[j]->begin(), rows[j]->end());
        packets.add(values);
      }
      packets.flush();
    } catch (const mysql::SqlError& error) {
      if (error.code() != kDuplicate) throw;
      mirror.execute("ROLLBACK TO dw_rows");
      for (std::size_t j = i; j < end; ++j) insert_alone(*rows[j]);
    }
  }
}

void Repairer::insert_alone(const StoredRow& row) {
  const std::string text = insert_text(row);
  try {
    tables_.connection().execute(text);
  } catch (const mysql::SqlError& error) {
    if (error.code() != kDuplicate) throw;
    displace(row);
    tables_.connection().execute(text);
  }
}

// The rows that have one of the row's unique values.
void Repairer::displace(const StoredRow& row) {
  mysql::Connection& mirror = tables_.connection();
  std::map<std::string, std::string> conditions;  // by index
  std::set<std::string> unusable;
  for (const auto& part :
       mirror.rows("SELECT INDEX_NAME, COLUMN_NAME FROM information_schema.STATISTICS WHERE NON_UNIQUE=0 AND "
                   "TABLE_SCHEMA=" +
                   hex_literal(table_->schema) + " AND TABLE_NAME=" + hex_literal(table_->name) +
                   " ORDER BY INDEX_NAME, SEQ_IN_INDEX")) {
    const std::string index = part[0].value_or("");
    const std::vector<std::size_t> place = places_of(*columns_, {part[1].value_or("")});
    if (place.empty() || !row[place.front()]) {
      unusable.insert(index);
      continue;
    }
    const rows::Column& column = (*columns_)[place.front()];
    std::string& condition = conditions[index];
    condition += (condition.empty() ? "" : " AND ") + sql::quote_identifier(column.name) + "=" +
                 rows::literal(column, *row[place.front()]);
  }
  for (const auto& [index, condition] : conditions) {
    if (unusable.contains(index)) continue;
    const std::vector<StoredRow> found = tables_.rows(*table_, *columns_, condition);
    std::vector<const StoredRow*> pointers;
    for (const StoredRow& one : found) {
      pointers.push_back(&one);
      std::vector<rows::Column> key_columns;
      std::vector<rows::Value> values;
      for (const std::size_t place : key_) {
        key_columns.push_back((*columns_)[place]);
        values.emplace_back(one[place]);
      }
      if (!key_.empty()) rows::append_row(displaced_.emplace_back(), key_columns, values);
    }
    gave_way_ += pointers.size();
    remove(gives_way_, pointers);
  }
}

std::uint64_t Repairer::repair(const rows::Table& table, const std::vector<rows::Column>& columns,
                               const std::vector<Difference>& differences) {
  table_ = &table;
  columns_ = &columns;
  key_ = places_of(columns, table.key);
  displaced_.clear();
  std::vector<const StoredRow*> wrong;
  std::vector<const StoredRow*> absent;
  std::vector<const StoredRow*> right;
  for (const Difference& one : differences) {
    if (one.source) right.push_back(&*one.source);
    if (one.mirror) (one.source ? wrong : absent).push_back(&*one.mirror);
  }
  if (absent_ == Absent::keep) absent.clear();
  remove({place_.cursor, place_.time, "absent"}, absent);
  remove(gives_way_, wrong);
  gave_way_ += wrong.size();
  insert(right);
  return absent.size() + right.size();
}

}  // namespace dw::load
