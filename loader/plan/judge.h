// What is to be done with a statement, by its class, its schema and its transaction's fate. Pure.
#pragma once

#include <set>
#include <string>

#include "loader/plan/planner.h"
#include "loader/plan/transactions.h"

namespace dw::load {

class Judge {
 public:
  // `options` must outlive it.
  explicit Judge(const PlannerOptions& options);

  // Sets the unit's treatment and reason. Its database must be set.
  void judge(Unit& unit, Fate fate) const;

 private:
  void judge_unknown(Unit& unit) const;
  void judge_change(Unit& unit, Fate fate) const;
  [[nodiscard]] bool is_mirrored(const std::string& schema) const;
  [[nodiscard]] bool touches_mirrored(const Unit& unit) const;

  const PlannerOptions& options_;
  std::set<std::string> databases_;
};

}  // namespace dw::load
