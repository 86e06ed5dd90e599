// Going on from the checkpoint: what of a batch is still to be applied. Pure.
#pragma once

#include "common/log/batch.h"

namespace dw::load {

// Takes the events before `checkpoint` out of the batch; false when all of it was applied before. Throws
// Error(gap) when the batch begins behind the checkpoint, or belongs to a part of the log that has nothing to
// do with it: events between the two would be lost without a word.
bool leave_out_applied(Batch& batch, const Cursor& checkpoint);

}  // namespace dw::load
