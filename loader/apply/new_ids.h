// Whether an INSERT makes the server give every row a new AUTO_INCREMENT value. Pure.
#pragma once

#include <string>

#include "common/sql/statement.h"

namespace dw::load {

// `INSERT | REPLACE … (columns) VALUES …` that does not name `auto_increment_column` (lower case). Of other
// forms it says false: they may bring a value of their own, or no row at all.
bool gives_new_ids(const sql::Statement& statement, const std::string& auto_increment_column);

}  // namespace dw::load
