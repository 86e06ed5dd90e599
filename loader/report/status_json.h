// The facts of a mirror for programs. Every number on the screen and on the page is one of these. Pure.
#pragma once

#include <nlohmann/json.hpp>

#include "loader/report/status_facts.h"

namespace dw::load {

nlohmann::json status_json(const StatusFacts& facts);

}  // namespace dw::load
