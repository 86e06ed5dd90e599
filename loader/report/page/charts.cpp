#include "loader/report/page/charts.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "loader/report/page/html.h"

namespace dw::load {
namespace {

constexpr double kHeight = 100;
constexpr double kBar = 0.8;            // of a day's width
constexpr std::size_t kDaysApart = 90;  // more of them stand side by side without gaps
constexpr std::size_t kSparkPoints = 60;

std::string coordinate(double value) {
  std::array<char, 32> out{};
  std::snprintf(out.data(), out.size(), "%.2f", value);
  std::string text = out.data();
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text;
}

std::string chart(const std::string& shapes, std::size_t days, const std::string& label) {
  return "<svg class=\"chart\" role=\"img\" aria-label=\"" + escaped(label) + "\" viewBox=\"0 0 " +
         std::to_string(days) + " 100\" preserveAspectRatio=\"none\">" + shapes + "</svg>\n";
}

std::string shape(std::size_t part, const std::string& path) {
  return path.empty() ? "" : "<path class=\"s" + std::to_string(part) + "\" d=\"" + path + "\"/>";
}

// A value for every day: the one before where there is none.
std::vector<double> every_day(const std::vector<Point>& points, std::size_t days) {
  std::vector<double> out(days, 0);
  std::size_t next = 0;
  double value = 0;
  for (std::size_t day = 0; day < days; ++day) {
    while (next < points.size() && points[next].day <= day) value = points[next++].value;
    out[day] = value;
  }
  return out;
}

double highest(const std::vector<double>& values) {
  return values.empty() ? 0 : *std::max_element(values.begin(), values.end());
}

}  // namespace

double tallest(const std::vector<std::vector<Point>>& parts, std::size_t days) {
  std::vector<double> sums(days, 0);
  for (const auto& part : parts) {
    for (const Point& point : part) sums[point.day] += point.value;
  }
  return highest(sums);
}

std::string stacked_bars(const std::vector<std::vector<Point>>& parts, std::size_t days,
                         const std::string& label) {
  const double top = std::max(tallest(parts, days), 1e-9);
  const std::string width = days > kDaysApart ? "1" : coordinate(kBar);
  std::vector<double> below(days, 0);
  std::string shapes;
  for (std::size_t part = 0; part < parts.size(); ++part) {
    std::string path;
    for (const Point& point : parts[part]) {
      if (point.value <= 0) continue;
      const double height = point.value / top * kHeight;
      const double foot = kHeight - below[point.day];
      below[point.day] += height;
      path += "M" + std::to_string(point.day) + " " + coordinate(foot) + "h" + width + "v-" +
              coordinate(height) + "h-" + width + "z";
    }
    shapes += shape(part, path);
  }
  return chart(shapes, days, label);
}

std::string stacked_areas(const std::vector<std::vector<Point>>& parts, std::size_t days,
                          const std::string& label) {
  std::vector<std::vector<double>> tops;
  std::vector<double> sum(days, 0);
  for (const auto& part : parts) {
    const std::vector<double> values = every_day(part, days);
    for (std::size_t day = 0; day < days; ++day) sum[day] += values[day];
    tops.push_back(sum);
  }
  const double top = std::max(highest(sum), 1e-9);
  std::string shapes;
  // The highest first, so that the lower ones cover it.
  for (std::size_t part = tops.size(); part-- > 0;) {
    std::string path = "M0 100";
    for (std::size_t day = 0; day < days; ++day) {
      const std::string y = coordinate(kHeight - tops[part][day] / top * kHeight);
      path += "L" + std::to_string(day) + " " + y + "H" + std::to_string(day + 1);
    }
    shapes += shape(part, path + "V100z");
  }
  return chart(shapes, days, label);
}

std::string sparkline(const std::vector<Point>& points, std::size_t days, const std::string& label) {
  if (points.size() < 2 || days < 2) return "";
  const std::vector<double> values = every_day(points, days);
  const double top = std::max(highest(values), 1e-9);
  const std::size_t first = points.front().day;
  const std::size_t shown = std::min(kSparkPoints, days - first);
  std::string path;
  for (std::size_t i = 0; i < shown; ++i) {
    const std::size_t day = first + (days - 1 - first) * i / std::max<std::size_t>(1, shown - 1);
    const double x = static_cast<double>(day) / static_cast<double>(days - 1) * 100;
    path += (i == 0 ? "M" : "L") + coordinate(std::round(x * 10) / 10) + " " +
            coordinate(std::round((19 - values[day] / top * 18) * 10) / 10);
  }
  return "<svg class=\"spark\" role=\"img\" viewBox=\"0 0 100 20\" preserveAspectRatio=\"none\"><title>" +
         escaped(label) + "</title><path d=\"" + path + "\"/></svg>";
}

}  // namespace dw::load
