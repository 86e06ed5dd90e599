// The server's wall clock, which MariaDB and MySQL up to 5.6 write into their log files, as UTC.
#pragma once

#include <optional>
#include <string>

#include "extractor/file_log/row_header.h"

namespace dw::extract {

// "+02:00", "Europe/Berlin", or "" for this machine's own zone. Holds for the whole process (it is the C
// library's). Throws Error(usage) for what is no zone.
void set_wall_clock(const std::string& zone);

// This machine's name for its time zone, now: "CET".
std::string wall_clock_name();

// UTC of what the wall clock showed. Of the hour that a clock set back shows twice, it is the first, unless
// `previous`, the time of the row before, is later than that.
Micros utc_of(const LocalTime& local, Micros previous);

}  // namespace dw::extract
