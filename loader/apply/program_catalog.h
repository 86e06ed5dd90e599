// Reads the mirror's stored programs for the planner.
#pragma once

#include "common/mysql/connection.h"
#include "loader/plan/stored_programs.h"

namespace dw::load {

// Everything outside the server's own schemas and dw_meta. Leaves the connection's character set at utf8mb4.
// Throws mysql::SqlError, and Error(mirror_unreachable) when the account does not see the body of some
// function: what it runs could not be told from a client's statements then. (MySQL manual 28.3.30: another's
// definition takes SHOW_ROUTINE; MariaDB: SELECT on mysql.proc.)
StoredPrograms read_stored_programs(mysql::Connection& connection, bool lower_case_names);

}  // namespace dw::load
