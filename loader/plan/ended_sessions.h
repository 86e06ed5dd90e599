// Sessions that came to an end without a Quit row. Pure.
#pragma once

#include <cstdint>
#include <vector>

#include "common/log/batch.h"
#include "common/util/clock.h"
#include "loader/plan/session_table.h"

namespace dw::load {

// By how much two looks at a server's start may differ: it is told by uptime, in whole seconds.
constexpr Micros kStartWaver = kSecond;

// By the batch's process list: a client that was killed leaves no Quit row (facts.md, "What a row is").
std::vector<std::uint64_t> ended_sessions(const Batch& batch, const SessionTable& before);

// By a restart of the server, which is known from `source.started`: the last one known was `known`, 0 when
// none was. None before all that was logged until then is there. `behind`: the sessions at the batch's end.
std::vector<std::uint64_t> ended_by_restart(const Batch& batch, const SessionTable& behind, Micros known);

// Of `threads`, which the log shows in a transaction that changed something: those that have none on the
// server, as the batch's process list tells. A connection that is reset leaves no row (measured on both
// servers), and nor does a deadlock's victim (facts.md).
std::vector<std::uint64_t> without_transaction(const Batch& batch, const std::vector<std::uint64_t>& threads);

}  // namespace dw::load
