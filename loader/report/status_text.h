// The facts of a mirror as a screen for people. Pure.
#pragma once

#include <string>

#include "loader/report/status_facts.h"

namespace dw::load {

std::string status_text(const StatusFacts& facts);

// One line for each reason why it is not well, with what to do; empty where it is.
std::string reasons_text(const StatusFacts& facts);

}  // namespace dw::load
