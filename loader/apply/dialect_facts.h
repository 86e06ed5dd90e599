// What a mirror's Dialect has to know, asked of the mirror and taken from the batch.
#pragma once

#include <string>

#include "common/log/batch.h"
#include "common/mysql/connection.h"
#include "loader/dialect/dialect.h"

namespace dw::load {

// Throws mysql::SqlError.
DialectFacts dialect_facts(mysql::Connection& mirror, const SourceInfo& source);

// A session variable's value as the mirror takes it: names of collations and SQL modes differ.
std::string mirror_value(const std::string& variable, const std::string& value, const Dialect& dialect);

}  // namespace dw::load
