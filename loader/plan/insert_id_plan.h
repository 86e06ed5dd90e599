// Which statements of a plan the mirror must run with the session's own LAST_INSERT_ID(). Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <vector>

#include "common/log/batch.h"
#include "loader/plan/planner.h"

namespace dw::load {

// What a statement does to its session's LAST_INSERT_ID(). An INSERT that fails or gives no new id leaves it
// as it was (measured on MariaDB 10.11 and MySQL 9.7).
enum class SetsInsertId : std::uint8_t { never, maybe, surely };

struct InsertIdUses {
  // Asked for every statement that runs, and must be cheap.
  std::function<bool(const Unit&)> reads;
  // Asked only where it matters.
  std::function<SetsInsertId(const Unit&)> sets;
  // A statement that surely sets the value may fail, and then the one before it counts.
  bool may_fail = false;
};

struct InsertIdPlan {
  std::vector<bool> tracked;                 // by unit
  std::map<std::size_t, SetsInsertId> sets;  // by unit, where it was asked for
};

// Tracked is what reads the value, and what may have set the value that is read or that is there when the
// plan ends. In between a session's value is of no interest.
InsertIdPlan track_insert_ids(const Batch& batch, const Plan& plan, const InsertIdUses& uses);

}  // namespace dw::load
