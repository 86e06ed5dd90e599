// How archive schemas, archive tables and triggers are called. Names are cut and hashed where they would be
// longer than the servers' 64 characters (MySQL manual 11.2.1).
#pragma once

#include <string>

#include "loader/retention/archive/shape.h"

namespace dw::load {

std::string archive_schema(const std::string& schema);  // app_archive
std::string view_schema(const std::string& schema);     // app_all

// A table of the archive: `table`, or with `__` before each part that is not empty, and before the number
// where it is above 1: orders__eu__2026_11__2.
std::string generation_name(const std::string& table, const std::string& route, const std::string& period,
                            unsigned number);

// Triggers, all of whose names begin with dw_archive_. MySQL compares them without case: two tables that
// differ in case only must not share one.
std::string delete_trigger_name(const std::string& table);
std::string update_trigger_name(const std::string& table);
std::string insert_trigger_name(const std::string& table);
bool is_own_trigger(const std::string& name);

// The event's period: "", "2026" or "2026_11".
enum class SplitBy : std::uint8_t { none, month, year };
std::string period_of(std::int64_t micros, SplitBy split);
// The first instant of the period behind it, as a DATETIME literal's text; empty for "".
std::string end_of_period(const std::string& period);

}  // namespace dw::load
