// What a transaction on the mirror is about to commit, for those who want to see it, and can still stop it.
#pragma once

#include <functional>
#include <vector>

#include "loader/apply/bookkeeping.h"
#include "loader/apply/counts.h"

namespace dw::load {

// A batch with DDL in it commits several times: ledger and failures are this commit's own, counts the batch's
// so far.
struct PendingCommit {
  const BatchEntry& batch;
  const Counts& counts;
  const std::vector<LedgerEntry>& ledger;
  const std::vector<FailureEntry>& failures;
  bool ends_batch = false;
};

// Called in front of each commit; an Error that it throws takes the transaction back.
using BeforeCommit = std::function<void(const PendingCommit&)>;

}  // namespace dw::load
