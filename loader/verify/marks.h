// Where a reading of production stands in a batch, and the batch up to there. Pure.
//
// The texts of the marks are in common/rows/reading_format.md.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "common/log/batch.h"

namespace dw::load {

struct Marks {
  std::optional<std::size_t> list;  // its index among the events; none: an earlier batch had it
  std::size_t inside = 0;
};

// nullopt: the reading's snapshot was opened behind what the batch has.
std::optional<Marks> find_marks(const Batch& batch, const std::string& nonce);

// Leaves the events up to event `last`, itself included: the next batch begins behind it. What the header
// says of sessions that had ended by its own end is left out, for they may have ended behind the cut.
void cut_behind(Batch& batch, std::size_t last);

}  // namespace dw::load
