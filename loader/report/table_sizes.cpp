#include "loader/report/table_sizes.h"

#include "common/sql/server_schemas.h"

namespace dw::load {

void record_table_sizes(mysql::Connection& mirror, const std::string& date) {
  // MySQL 8 and later answer from a cache of statistics unless told otherwise (manual,
  // information_schema_stats_expiry).
  if (!mirror.is_mariadb()) mirror.execute("SET information_schema_stats_expiry=0");
  mirror.execute(
      "INSERT IGNORE INTO dw_meta.table_sizes (day, table_schema, table_name, row_count, byte_count) SELECT "
      "'" +
      date +
      "', TABLE_SCHEMA, TABLE_NAME, TABLE_ROWS, DATA_LENGTH + INDEX_LENGTH FROM information_schema.TABLES "
      "WHERE "
      "TABLE_TYPE='BASE TABLE' AND TABLE_SCHEMA NOT IN " +
      sql::kUnmirroredSchemaList);
}

}  // namespace dw::load
