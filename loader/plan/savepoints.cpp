#include "loader/plan/savepoints.h"

#include <algorithm>
#include <cctype>

namespace dw::load {

using sql::Verb;

bool is_savepoint(const sql::Statement& statement) {
  return statement.verb == Verb::savepoint || statement.verb == Verb::release_savepoint ||
         statement.verb == Verb::rollback_to_savepoint;
}

Savepoints::Savepoints(const std::vector<std::string>& names) {
  for (const std::string& name : names) points_.emplace_back(name, 0);
}

std::optional<std::uint64_t> Savepoints::follow(const sql::Statement& statement, std::uint64_t place) {
  std::string name = statement.name;  // servers compare it without case
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  const auto found =
      std::find_if(points_.begin(), points_.end(), [&](const auto& point) { return point.first == name; });
  if (statement.verb == Verb::savepoint) {
    if (found != points_.end()) points_.erase(found);
    points_.emplace_back(name, place);
    return std::nullopt;
  }
  if (found == points_.end()) return std::nullopt;
  const std::uint64_t at = found->second;
  const bool releases = statement.verb == Verb::release_savepoint;
  points_.erase(releases ? found : found + 1, points_.end());
  return releases ? std::nullopt : std::optional(at);
}

std::vector<std::string> Savepoints::names() const {
  std::vector<std::string> out;
  for (const auto& [name, place] : points_) out.push_back(name);
  return out;
}

}  // namespace dw::load
