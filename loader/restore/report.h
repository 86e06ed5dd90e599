// What a restore tells people: its plan, and what it did. Pure.
#pragma once

#include <string>
#include <vector>

#include "loader/restore/collector.h"
#include "loader/restore/plan.h"
#include "loader/restore/target.h"

namespace dw::load::restore {

// "restore of app.orders where customer_id=7, in its last state"
std::string title(const Request& request);

// Tables in the order in which they are written, with their rows: picked, referenced, from the archive. Then
// what to know before it is done.
std::string plan_text(const Plan& plan);

// By table: rows added, changed, left as they were.
std::string result_text(const Plan& plan, const std::vector<Written>& written);

}  // namespace dw::load::restore
