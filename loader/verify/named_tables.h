// The tables that somebody named on the command line. Pure.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "loader/retention/archive/shape.h"

namespace dw::load {

// A word is DB.TABLE, or the name of one table or one schema alone, where that says which is meant. `known`:
// what production and the mirror have. Throws Error(usage) for a word that names nothing, or several things.
std::set<TableId> tables_named(const std::vector<std::string>& words, const std::set<TableId>& known);

}  // namespace dw::load
