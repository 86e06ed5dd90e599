// What production's binary log in row format saw, as a judge of what the mirror keeps.
//
// The log shows every row that was committed: inserted, changed, deleted. What a row was when it left must be
// in the mirror's `_all` views, and so must every row that is there at the end. Rows that foreign keys take
// along are not in MariaDB's log: they are among those that nothing seems to have taken, and must be found as
// well.
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/mysql/connection.h"
#include "tests/support/database_server.h"

namespace dw::test {

// Options with which a server writes such a log.
std::vector<std::string> witness_options(ServerKind kind);

struct WitnessColumn {
  std::string name;
  std::string type;   // as the log's metadata has it: "VARCHAR(20) CHARSET latin1 COLLATE latin1_swedish_ci"
  std::string value;  // as mariadb-binlog and mysqlbinlog print it
  bool operator==(const WitnessColumn&) const = default;
};

struct RowImage {
  std::string schema;
  std::string table;
  std::string now{};  // the table's name since it was renamed
  std::vector<WitnessColumn> columns;
  std::vector<std::string> key;                                // the primary key's columns
  std::vector<std::pair<std::string, std::string>> renamed{};  // columns, from and to, since it was logged
};

struct RowEvent {
  // Renames have the names in `from` and `to`; of a column, its table in `before.table`. Without schemas.
  enum class Kind { insert, update, remove, rename_table, rename_column } kind = Kind::insert;
  RowImage before;
  RowImage after;
  std::string from{};
  std::string to{};
};

// What the server's binary logs have: the row events that were committed, in order, the texts of renames, and
// the columns that foreign keys can set.
struct WitnessLog {
  std::vector<RowEvent> events;
  std::vector<std::string> renames;
  std::set<std::string> set_by_keys;
};
WitnessLog read_witness(const DatabaseServer& server);

enum class Former { keys, all };  // of which UPDATEs the former rows must be there

// What is not on the mirror, a line each; empty: nothing was lost. Foreign keys set columns without a trace
// in the log.
std::vector<std::string> lost_rows(const WitnessLog& log, mysql::Connection& mirror, ServerKind kind,
                                   Former former = Former::keys);

}  // namespace dw::test
