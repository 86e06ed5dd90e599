// Reading what is shown from the mirror's dw_meta. Tables of later versions may be absent: their facts are
// empty then.
#pragma once

#include "common/mysql/connection.h"
#include "loader/report/status_facts.h"

namespace dw::load {

// Fills in what the mirror knows; `now` and `rules` are set. Throws mysql::SqlError.
void read_mirror_facts(mysql::Connection& mirror, StatusFacts& facts);

// What a page tells of the past. Throws mysql::SqlError.
StatusHistory read_history(mysql::Connection& mirror, Micros now);

}  // namespace dw::load
