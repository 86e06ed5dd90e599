// What a first copy has already of the statements that are replayed behind it. Pure.
//
// The replay begins before the oldest transaction that was under way when the copy's snapshot was opened, and
// so passes statements whose rows the snapshot holds. Which those are, the markers tell
// (common/rows/reading_format.md): a statement is judged by the place where its transaction committed. A copy
// that was broken off has several snapshots, and each table the marker of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/log/batch.h"
#include "loader/baseline/copy_state.h"
#include "loader/plan/planner.h"

namespace dw::load {

// Statements that the copy has are not to run: they become `ignore`. Those of which it is not known get a
// suspicion: what had begun and was perhaps committed by the snapshot's opening is left out, what was logged
// while it was opened runs.
//
// Gives the units that run and stand before the marker of a table that they write: the table's counter has
// passed the ids that they were given.
std::vector<std::size_t> leave_out_copied(Plan& plan, const Batch& batch, const CopyState& copy);

// Why tables are suspect.
inline constexpr std::string_view kUnderWay = "under way when production was copied";

// In place of a nonce, of a snapshot that a dump's session opened itself.
std::string dump_nonce(std::uint64_t thread);

// The nonces of the markers that the plan passes.
std::vector<std::string> markers_passed(const Plan& plan, const Batch& batch, const CopyState& copy);

}  // namespace dw::load
