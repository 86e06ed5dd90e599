#include "common/util/finding.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "common/util/clock.h"

namespace dw {
namespace {

using nlohmann::json;
using Level = Finding::Level;

constexpr std::array<const char*, 3> kLevelNames{"good", "warning", "wrong"};
constexpr std::array<const char*, 3> kLevelLabels{"ok       ", "warning  ", "WRONG    "};
constexpr Micros kMostSkew = 30 * kSecond;
constexpr std::string_view kIndent = "         ";

std::size_t index_of(Level level) {
  return static_cast<std::size_t>(level);
}

std::ptrdiff_t count_of(const std::vector<Finding>& findings, Level level) {
  return std::count_if(findings.begin(), findings.end(),
                       [level](const Finding& one) { return one.level == level; });
}

Level level_of(const std::string& name) {
  const auto* const found = std::find(kLevelNames.begin(), kLevelNames.end(), name);
  if (found == kLevelNames.end()) throw Error(ExitCode::failed, "\"" + name + "\" is no level of a finding");
  return static_cast<Level>(found - kLevelNames.begin());
}

}  // namespace

Finding good(std::string about, std::string what) {
  return {std::move(about), Level::good, std::move(what), "", ExitCode::done};
}

Finding warning(std::string about, std::string what, std::string mend) {
  return {std::move(about), Level::warning, std::move(what), std::move(mend), ExitCode::done};
}

Finding wrong(std::string about, std::string what, std::string mend, ExitCode code) {
  return {std::move(about), Level::wrong, std::move(what), std::move(mend), code};
}

Finding clock_finding(std::string about, const std::string& pair, Micros one, Micros other) {
  const Micros skew = std::llabs(one - other);
  const std::string what = std::to_string(skew / kSecond) + " s between " + pair;
  if (skew <= kMostSkew) return good(std::move(about), what);
  return warning(std::move(about), what, "let both follow NTP: lag and --since are told by these clocks");
}

ExitCode exit_code_of(const std::vector<Finding>& findings) {
  const auto first = std::find_if(findings.begin(), findings.end(),
                                  [](const Finding& one) { return one.level == Level::wrong; });
  return first == findings.end() ? ExitCode::done : first->code;
}

std::string text_of(const std::vector<Finding>& findings) {
  std::string out;
  for (const Finding& one : findings) {
    out += kLevelLabels[index_of(one.level)] + one.about + ": " + one.what + "\n";
    if (!one.mend.empty()) out.append(kIndent).append("mend: ").append(one.mend).append("\n");
  }
  return out + std::to_string(count_of(findings, Level::wrong)) + " wrong, " +
         std::to_string(count_of(findings, Level::warning)) + " warnings, " +
         std::to_string(count_of(findings, Level::good)) + " ok\n";
}

json json_of(const std::vector<Finding>& findings) {
  json out = json::array();
  for (const Finding& one : findings) {
    out.push_back({{"about", one.about},
                   {"level", kLevelNames[index_of(one.level)]},
                   {"what", one.what},
                   {"mend", one.mend},
                   {"exit_code", static_cast<int>(one.code)}});
  }
  return out;
}

std::vector<Finding> findings_from(const json& json, std::string_view prefix) {
  std::vector<Finding> out;
  try {
    for (const auto& one : json) {
      out.push_back({std::string(prefix) + one.at("about").get<std::string>(),
                     level_of(one.at("level").get<std::string>()), one.at("what").get<std::string>(),
                     one.at("mend").get<std::string>(),
                     static_cast<ExitCode>(one.at("exit_code").get<int>())});
    }
  } catch (const nlohmann::json::exception& error) {
    throw Error(ExitCode::failed, std::string("these are no findings of a check: ") + error.what());
  }
  return out;
}

}  // namespace dw
