// The schemas that belong to the server or to dw itself, in the two forms that code needs: a test and a list
// for SQL.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

#include "common/sql/word_table.h"

namespace dw::sql {

inline constexpr std::array<std::string_view, 4> kServerSchemas{"mysql", "information_schema",
                                                                "performance_schema", "sys"};

// Every server has these, and they are never mirrored.
constexpr bool is_server_schema(std::string_view name) {
  return std::any_of(kServerSchemas.begin(), kServerSchemas.end(),
                     [&](std::string_view one) { return equals_ignoring_case(one, name); });
}

// For `… NOT IN`, on a source.
inline constexpr const char* kServerSchemaList = "('mysql','information_schema','performance_schema','sys')";

// For `… NOT IN`, on a mirror: dw's bookkeeping is none of production's either.
inline constexpr const char* kUnmirroredSchemaList =
    "('mysql','information_schema','performance_schema','sys','dw_meta')";

}  // namespace dw::sql
