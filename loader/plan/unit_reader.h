// Reads a batch's events into units: its statements, and the session events between them. Pure.
#pragma once

#include <unordered_map>
#include <vector>

#include "common/log/batch.h"
#include "common/sql/server_version.h"
#include "loader/plan/absent_schemas.h"
#include "loader/plan/inner_statements.h"
#include "loader/plan/lock_waits.h"
#include "loader/plan/planner.h"
#include "loader/plan/session_table.h"
#include "loader/plan/transactions.h"

namespace dw::load {

// Follows sessions and transactions through the whole batch; units are not judged yet.
class UnitReader {
 public:
  // `transactions` hears of every statement by its unit's number.
  UnitReader(const Batch& batch, SessionTable sessions, Transactions& transactions,
             const PlannerOptions& options);

  std::vector<Unit> read();

  // The log's time behind the batch, as far as its rows tell.
  [[nodiscard]] Micros log_time() const { return latest_; }
  // As they are behind the batch.
  [[nodiscard]] const SessionTable& sessions() const { return sessions_; }
  [[nodiscard]] LockWaits& waits() { return waits_; }

 private:
  void read_session_event(std::uint32_t index);
  bool read_inner(std::uint32_t index);
  void read_statements(std::uint32_t index);
  Micros log_time(const Event& event);
  void add(std::uint32_t index, std::uint32_t ordinal, sql::Statement statement, bool may_run,
           SharedRun& run);

  const Batch& batch_;
  SessionTable sessions_;
  Transactions& transactions_;
  sql::ServerVersion server_;
  InnerStatements inner_;
  AbsentSchemas absent_;
  LockWaits waits_;
  Micros latest_ = 0;
  std::vector<Unit> units_;
  std::unordered_map<std::uint64_t, std::vector<std::size_t>> in_doubt_;  // units, by thread
};

}  // namespace dw::load
