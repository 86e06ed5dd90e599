// The page's pieces of HTML: what a table, a tile or a legend looks like. Arguments that are names or
// captions are escaped here; those that are content are HTML already. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/util/clock.h"

namespace dw::load {

// To the second, UTC, with the exact time for programs.
std::string time_element(Micros time);

// `schema.table`: a name that is too long for a phone breaks where it has parts.
std::string name_element(std::string_view name);

// One of a row, of a number; and of words, which stand to the left.
std::string cell(const std::string& content);
std::string word_cell(const std::string& content);

// `rows`: what stands in its body. It scrolls sideways for itself, and a `tall` one up and down too.
enum class TableHeight { whole, tall };
std::string table(const std::string& caption, const std::vector<std::string>& columns,
                  const std::string& rows, TableHeight height = TableHeight::whole);

// Folded until somebody opens it.
std::string details(const std::string& summary, const std::string& content);

// What each colour of a chart is; `names` are HTML.
std::string legend(const std::vector<std::string>& names);

// A number with its name above it and `more` in small letters below.
std::string tile(const std::string& term, const std::string& value, const std::string& more = "");

}  // namespace dw::load
