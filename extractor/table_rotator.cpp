#include "extractor/table_rotator.h"

#include <algorithm>

namespace dw::extract {
namespace {

// An empty copy of the log table, until it takes its place.
constexpr const char* kNewTable = "general_log2";

std::string in_mysql(const char* table) {
  return std::string("mysql.") + table;
}

bool exists(Server& server, const char* table) {
  return server.value(
             "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'mysql' AND TABLE_NAME = "
             "'" +
             std::string(table) + "'") != "0";
}

bool is_empty(Server& server, const char* table) {
  return server.value("SELECT COUNT(*) FROM " + in_mysql(table)) == "0";
}

[[noreturn]] void refuse_foreign_table(const char* table) {
  throw Error(ExitCode::failed,
              "rotating the log: " + in_mysql(table) + " holds rows that are not dw-extract's",
              "look at them, then DROP TABLE " + in_mysql(table));
}

[[noreturn]] void refuse_changed() {
  throw Error(ExitCode::failed, "rotating the log: another program rotated it at the same moment",
              "nothing was thrown away; let only one program rotate");
}

const MeasuredGeneration* find_in_table(TableLogSource& source,
                                        const std::vector<MeasuredGeneration>& measured, const char* table) {
  const auto found = std::find_if(measured.begin(), measured.end(), [&](const MeasuredGeneration& item) {
    return source.table_of(item.generation) == table;
  });
  return found == measured.end() ? nullptr : &*found;
}

bool still_the_same(TableLogSource& source, const std::vector<MeasuredGeneration>& measured) {
  const std::vector<Generation> now = source.generations();
  return std::equal(now.begin(), now.end(), measured.begin(), measured.end(),
                    [](const Generation& left, const MeasuredGeneration& right) {
                      return left.fingerprint == right.generation.fingerprint;
                    });
}

// A leftover of a rotation that was cut short. That everything older than the current log was delivered has
// been checked, this table included.
void drop_delivered_old(Server& server, TableLogSource& source,
                        const std::vector<MeasuredGeneration>& measured) {
  if (!exists(server, kOldTable)) return;
  const bool known = find_in_table(source, measured, kOldTable) != nullptr;
  if (!known && !is_empty(server, kOldTable)) refuse_changed();
  server.execute("DROP TABLE " + in_mysql(kOldTable));
}

void make_new_table(Server& server) {
  if (exists(server, kNewTable)) {
    if (!is_empty(server, kNewTable)) refuse_foreign_table(kNewTable);
    server.execute("DROP TABLE " + in_mysql(kNewTable));
  }
  server.execute("CREATE TABLE " + in_mysql(kNewTable) + " LIKE " + in_mysql(kCurrentTable));
}

void swap_tables(Server& server, bool has_backup) {
  std::string sql = "RENAME TABLE ";
  if (has_backup) sql += in_mysql(kBackupTable) + " TO " + in_mysql(kOldTable) + ", ";
  sql += in_mysql(kCurrentTable) + " TO " + in_mysql(kBackupTable) + ", ";
  sql += in_mysql(kNewTable) + " TO " + in_mysql(kCurrentTable);
  server.execute(sql);
}

// What was given up must be what was looked at, to the last row.
void drop_what_was_given_up(Server& server, TableLogSource& source, const MeasuredGeneration* given_up) {
  source.generations();
  const auto size = given_up != nullptr && source.table_of(given_up->generation) == kOldTable
                        ? source.measure(given_up->generation)
                        : std::nullopt;
  const bool same =
      given_up != nullptr ? size && size->rows == given_up->size.rows : is_empty(server, kOldTable);
  if (!same) refuse_changed();
  server.execute("DROP TABLE " + in_mysql(kOldTable));
}

}  // namespace

bool lock_rotation(Server& server) {
  return server.value("SELECT GET_LOCK('dw-extract.rotate', 0)") == "1";
}

std::vector<MeasuredGeneration> measure_generations(LogSource& source) {
  std::vector<MeasuredGeneration> out;
  for (const Generation& generation : source.generations()) {
    const auto size = source.measure(generation);
    if (!size) {
      throw Error(ExitCode::failed, "the log was rotated while it was looked at", "try again");
    }
    out.push_back({generation, *size});
  }
  return out;
}

void rotate_tables(Server& server, TableLogSource& source, const std::vector<MeasuredGeneration>& measured) {
  if (!still_the_same(source, measured)) refuse_changed();
  const MeasuredGeneration* backup = find_in_table(source, measured, kBackupTable);
  drop_delivered_old(server, source, measured);
  make_new_table(server);
  const bool has_backup = exists(server, kBackupTable);
  swap_tables(server, has_backup);
  if (has_backup) drop_what_was_given_up(server, source, backup);
}

void rotate_rds(Server& server, TableLogSource& source, const std::vector<MeasuredGeneration>& measured) {
  if (!still_the_same(source, measured)) refuse_changed();
  server.execute("CALL mysql.rds_rotate_general_log");
}

}  // namespace dw::extract
