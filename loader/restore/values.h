// Values on their way: read from the mirror exactly, written as literals that every server reads as the same
// value again.
//
// The literals are for a session with NAMES utf8mb4, time zone +00:00 and kSqlMode. Measured on MariaDB 10.11
// and MySQL 9.7: FLOAT prints six digits, and as DOUBLE all that it has; BIT is an integer with +0; geometry
// comes and goes as the server's own bytes; MariaDB knows no negative zero.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "loader/restore/shape.h"

namespace dw::load::restore {

// Bytes as the connection gave them with character_set_results NULL; nullopt is NULL.
using Value = std::optional<std::string>;

// Strict, so that nothing is cut off; dates with zeros, the 31st of February and an id of 0 are let in.
inline constexpr const char* kSqlMode =
    "STRICT_ALL_TABLES,ALLOW_INVALID_DATES,NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION";

// The expression that gives the column's value without loss.
std::string exact_value(const Column& column);

// What `exact_value` gave, as the same value always looks the same: integers without leading zeros.
Value normal_value(const Column& column, std::optional<std::string_view> value);

std::string literal(const Column& column, const Value& value);

// `a`=1 AND `b`='x', with <=> where the value is NULL.
std::string equals(const Column& column, const Value& value);

// The same for a comparison that holds only for what is wholly alike: of every type, in every collation.
std::string is_identical(const Column& column, const Value& value);

}  // namespace dw::load::restore
