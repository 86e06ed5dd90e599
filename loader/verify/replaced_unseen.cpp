#include "loader/verify/replaced_unseen.h"

#include "loader/apply/bookkeeping.h"
#include "loader/apply/unseen_replace.h"

namespace dw::load {

ReplacedUnseen::ReplacedUnseen(mysql::Connection& mirror) {
  const std::string prefix = kReplacedUnseen;
  for (const auto& row : mirror.rows(
           "SELECT schema_name, table_name, log_cursor, DATE_FORMAT(event_at, '%Y-%m-%dT%H:%i:%s.%fZ') FROM "
           "dw_meta.suspects WHERE cleared_at IS NULL AND LEFT(reason, " +
           std::to_string(prefix.size()) + ")=" + hex_literal(prefix) + " ORDER BY id")) {
    statements_[{row[0].value_or(""), row[1].value_or("")}] = {
        row[2].value_or(""), parse_time(row[3].value_or("")).value_or(now_micros())};
  }
}

const UnseenStatement* ReplacedUnseen::in(const TableId& table) const {
  auto found = statements_.find(table);
  if (found == statements_.end()) found = statements_.find({table.schema, ""});
  return found == statements_.end() ? nullptr : &found->second;
}

void note_replaced(mysql::Connection& mirror, const UnseenStatement& statement, std::uint64_t rows) {
  if (rows == 0) return;
  const std::string place =
      "event_at=" + time_literal(statement.time) + " AND log_cursor=" + hex_literal(statement.cursor);
  const std::string count = std::to_string(rows);
  const auto noted = mirror.execute("UPDATE dw_meta.ledger SET rows_kept=rows_kept+" + count +
                                    " WHERE action='retained' AND reason='replace' AND " + place);
  if (noted.affected_rows > 0) return;
  mirror.execute(
      "INSERT INTO dw_meta.ledger "
      "(batch_id,log_cursor,event_at,thread_id,user_host,database_name,action,reason,"
      "rows_kept,statement) SELECT batch_id,log_cursor,event_at,thread_id,user_host,database_name,'retained',"
      "'replace'," +
      count + ",statement FROM dw_meta.failures WHERE " + place + " ORDER BY id LIMIT 1");
}

}  // namespace dw::load
