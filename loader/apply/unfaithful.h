// What a replay of a statement's text cannot be trusted to repeat.
#pragma once

#include "common/sql/statement.h"

namespace dw::load {

inline constexpr std::uint32_t kUnfaithful =
    sql::doubt_now_fraction | sql::doubt_random | sql::doubt_uuid | sql::doubt_sysdate |
    sql::doubt_load_data | sql::doubt_connection | sql::doubt_limit_without_order | sql::doubt_row_count |
    sql::doubt_parameters;

}  // namespace dw::load
