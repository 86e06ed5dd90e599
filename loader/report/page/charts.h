// Charts as inline SVG that stretches to its place: shapes only, in the page's own colours. What they say in
// numbers stands beside them as text. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace dw::load {

// A value for each day; the first one's index is 0.
struct Point {
  std::size_t day = 0;
  double value = 0;
};

// Bars side by side, one a day, of parts that stand on each other: `parts[i]` in the colour `s<i>`.
// `label` is what a screen reader says; `days`: how wide.
std::string stacked_bars(const std::vector<std::vector<Point>>& parts, std::size_t days,
                         const std::string& label);

// Areas that stand on each other, from the first day to the last; a day without a value keeps the one before.
std::string stacked_areas(const std::vector<std::vector<Point>>& parts, std::size_t days,
                          const std::string& label);

// A line for a table's cell, `label` as its tooltip and for screen readers; empty where there are less than
// two values.
std::string sparkline(const std::vector<Point>& points, std::size_t days, const std::string& label);

// The highest sum of a day.
double tallest(const std::vector<std::vector<Point>>& parts, std::size_t days);

}  // namespace dw::load
