// The facts of a mirror and its history as one HTML page that needs nothing from outside.
//
// It may stand where others can read it: it has names of schemas and tables, numbers and times, but no text
// of a statement, no error's words, no cursor, no host, no key. Numbers that `status --json` has too carry
// their JSON pointer as data-status. Pure.
#pragma once

#include <string>

#include "loader/report/status_facts.h"

namespace dw::load {

std::string status_page(const StatusFacts& facts, const StatusHistory& history);

}  // namespace dw::load
