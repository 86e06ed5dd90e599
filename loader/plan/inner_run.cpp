#include "loader/plan/inner_run.h"

#include <nlohmann/json.hpp>

namespace dw::load {

using nlohmann::json;

json to_json(const InnerRun& run) {
  json roots = json::array();
  for (const InnerRoot& root : *run.roots) {
    json one{{"kind", static_cast<int>(root.key.kind)}, {"schema", root.key.schema}, {"name", root.key.name}};
    if (root.times) one["times"] = *root.times;
    roots.push_back(std::move(one));
  }
  return {{"programs", std::move(roots)}, {"taken", run.taken}, {"in_doubt", run.in_doubt}};
}

SharedRun inner_run_from_json(const json& in) {
  auto roots = std::make_shared<std::vector<InnerRoot>>();
  for (const json& one : in.at("programs")) {
    InnerRoot root;
    root.key = {static_cast<ProgramKind>(one.at("kind").get<int>()), one.at("schema").get<std::string>(),
                one.at("name").get<std::string>()};
    if (one.contains("times")) root.times = one["times"].get<std::uint32_t>();
    roots->push_back(std::move(root));
  }
  auto run = std::make_shared<InnerRun>();
  run->roots = std::move(roots);
  run->taken = in.at("taken").get<std::vector<std::uint32_t>>();
  // A checkpoint of an earlier version has none.
  if (in.contains("in_doubt")) run->in_doubt = in["in_doubt"].get<std::vector<std::uint32_t>>();
  return run;
}

}  // namespace dw::load
