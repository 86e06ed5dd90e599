// What a session's last statement may be followed by: rows of the log that stored programs made. Pure data,
// kept with the checkpoint.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "loader/plan/stored_programs.h"

namespace dw::load {

// A program that the statement itself runs.
struct InnerRoot {
  ProgramKey key;
  std::optional<std::uint32_t> times;  // how often, where the text tells
  auto operator<=>(const InnerRoot&) const = default;
};
using SharedRoots = std::shared_ptr<const std::vector<InnerRoot>>;

struct InnerRun {
  SharedRoots roots;
  // Rows so far, by statement of the programs reached: those that were certain, and those in doubt.
  std::vector<std::uint32_t> taken;
  std::vector<std::uint32_t> in_doubt;
};
using SharedRun = std::shared_ptr<const InnerRun>;

// What a statement means for its session beyond its text.
struct ProgramNote {
  SharedRun run;                            // from here on; null: none
  std::optional<std::string> event_schema;  // the session is a scheduled event's, of this schema
  std::optional<std::string> database;      // the statement runs in this one, not in the session's
};

nlohmann::json to_json(const InnerRun& run);
SharedRun inner_run_from_json(const nlohmann::json& in);

}  // namespace dw::load
