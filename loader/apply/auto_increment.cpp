#include "loader/apply/auto_increment.h"

#include "common/rows/counter.h"
#include "common/sql/identifiers.h"
#include "common/sql/server_schemas.h"
#include "loader/apply/bookkeeping.h"

namespace dw::load {

std::optional<std::uint64_t> shown_counter_of(mysql::Connection& connection, const std::string& schema,
                                              const std::string& table) {
  try {
    const auto shown = connection.rows("SHOW CREATE TABLE " + sql::quote_identifier(schema) + "." +
                                       sql::quote_identifier(table));
    if (shown.empty()) return std::nullopt;
    return rows::shown_counter(shown[0].at(1).value_or("")).value_or(1);
  } catch (const mysql::SqlError& error) {
    if (error.connection_is_gone()) throw;
    return std::nullopt;  // gone by now, or a table that cannot be opened
  }
}

AutoIncrements::Counters AutoIncrements::present() {
  Counters out;
  std::string sql =
      "SELECT t.TABLE_SCHEMA, t.TABLE_NAME, COALESCE(t.AUTO_INCREMENT, 1) FROM information_schema.TABLES t";
  if (connection_.is_mariadb()) {
    sql += " WHERE t.AUTO_INCREMENT IS NOT NULL";
  } else {
    // MySQL 8 and later answer from a cache of statistics unless told otherwise (manual,
    // information_schema_stats_expiry), and say NULL for a table that never had a row.
    connection_.execute("SET information_schema_stats_expiry=0");
    sql +=
        " JOIN information_schema.COLUMNS c ON c.TABLE_SCHEMA=t.TABLE_SCHEMA AND c.TABLE_NAME=t.TABLE_NAME "
        "AND c.EXTRA LIKE "
        "'%auto_increment%' WHERE 1";
  }
  connection_.stream(sql + " AND t.TABLE_SCHEMA NOT IN " + sql::kUnmirroredSchemaList, [&](mysql::Row row) {
    std::pair table{std::string(*row[0]), std::string(*row[1])};
    if (!left_out_.contains(table)) out[std::move(table)] = std::stoull(std::string(*row[2]));
    return true;
  });
  return out;
}

AutoIncrements::Counters AutoIncrements::written_down() {
  Counters out;
  connection_.stream("SELECT schema_name, table_name, next_value FROM dw_meta.auto_increments",
                     [&](mysql::Row row) {
                       out[{std::string(*row[0]), std::string(*row[1])}] = std::stoull(std::string(*row[2]));
                       return true;
                     });
  return out;
}

void AutoIncrements::write_down(const Counters& counters) {
  std::string rows;
  for (const auto& [table, value] : counters) {
    const auto known = known_.find(table);
    if (known != known_.end() && known->second == value) continue;
    rows += (rows.empty() ? "(" : ",(") + hex_literal(table.first) + "," + hex_literal(table.second) + "," +
            std::to_string(value) + ")";
  }
  if (!rows.empty())
    connection_.execute("REPLACE INTO dw_meta.auto_increments (schema_name, table_name, next_value) VALUES " +
                        rows);
  for (const auto& [table, value] : counters) known_[table] = value;
}

std::uint64_t AutoIncrements::exactly(const Table& table, std::uint64_t read) {
  if (connection_.is_mariadb()) return read;
  return shown_counter_of(connection_, table.first, table.second).value_or(read);
}

// What took ids before this object came, and was undone, shows nowhere else than in an open table.
void AutoIncrements::restore() {
  known_ = written_down();
  Counters now = present();
  for (auto& [table, value] : now) value = opened_ ? value : exactly(table, value);
  opened_ = true;
  for (auto& [table, value] : now) {
    const auto known = known_.find(table);
    if (known == known_.end() || known->second == value) continue;
    connection_.execute("ALTER TABLE " + sql::quote_identifier(table.first) + "." +
                        sql::quote_identifier(table.second) +
                        " AUTO_INCREMENT=" + std::to_string(known->second));
    value = known->second;
  }
  write_down(now);
}

void AutoIncrements::record() {
  Counters now = present();
  for (auto& [table, value] : now) {
    const auto known = known_.find(table);
    if (known == known_.end() || known->second != value) value = exactly(table, value);
  }
  write_down(now);
}

}  // namespace dw::load
